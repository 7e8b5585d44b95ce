"""Writes the sample to disk: mail in three shapes, calendars, account book and configuration."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domain.errors import ConfigError
from flows.sample.agenda import Agenda, read_agenda
from flows.sample.clock import TODAY, StoryClock
from flows.sample.compose import Composer, stamped
from flows.sample.script import STORY, Letter, read_letters, read_people
from flows.sample.special import UNREADABLE

OWN = ("ana", "ben", "clara", "deniz", "eva", "filip", "desk")
ALIASES = {"hello": "desk", "ana+tidewater": "ana"}
MAILDIRS = ("desk", "ana")
FOLDERS_OF_EML = ("ben",)
SOURCE_OF = {"desk": "desk", "ana": "ana", "ben": "ben"}
CALENDARS = ("ana", "ben", "filip")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFiles:
    """What ``unpack`` wrote.

    Attributes:
        root: Folder of everything.
        config: ``accountline.toml``.
        account_book: ``accounts.csv``.
        sources: Paths by source name, as the configuration has them.
        listed: Items by source name: mails, or distinct UIDs in a calendar.
        today: The instant the story ends (UTC), a Thursday 09:00 in Berlin.
    """

    root: Path
    config: Path
    account_book: Path
    sources: Mapping[str, Path]
    listed: Mapping[str, int]
    today: datetime


def unpack(target: Path, *, now: datetime) -> SampleFiles:
    """Write the sample into a folder, moved by whole weeks to end at the latest Thursday 09:00 (Berlin).

    The same story time gives the same bytes.

    Args:
        target: Made if missing; must be empty, or hold an earlier sample, whose mail and calendars are replaced.
        now: Aware; the story ends at the latest Thursday 09:00 company time not after it.

    Raises:
        ConfigError: ``target`` holds something else; nothing was touched.
    """
    _refuse_foreign(target)
    clock, people = StoryClock.ending_before(now), read_people()
    agenda = Agenda(read_agenda(), people, clock)
    composer = Composer(people, read_letters(), clock, agenda)
    boxes = _Boxes(target / "mail", composer)
    for letter in composer.letters.values():
        boxes.deliver(letter)
    boxes.close()
    listed = dict(boxes.counts)
    sources = {name: target / "mail" / name for name in ("desk", "ana", "ben", "team")}
    sources["archive"] = target / "mail" / "archive.mbox"
    (target / "calendars").mkdir(parents=True, exist_ok=True)
    for owner in CALENDARS:
        path = target / "calendars" / f"{owner}.ics"
        path.write_text(agenda.calendar(owner), "utf-8", newline="")
        sources[f"{owner}-calendar"] = path
        listed[f"{owner}-calendar"] = sum(owner in entry["in"] for entry in agenda.entries)
    for name in ("accounts.csv", "accountline.toml"):
        shutil.copyfile(STORY / name, target / name)
    return SampleFiles(
        root=target,
        config=target / "accountline.toml",
        account_book=target / "accounts.csv",
        sources=sources,
        listed=listed,
        today=clock.instant(TODAY),
    )


def _refuse_foreign(target: Path) -> None:
    if not target.exists() or all(path.name.startswith(".") for path in target.iterdir()):
        return
    config = target / "accountline.toml"
    mark = (STORY / "accountline.toml").read_text("utf-8").splitlines()[0]
    if not config.is_file() or not config.read_text("utf-8", "replace").startswith(mark):
        raise ConfigError(f"{target} is not empty and holds no sample; name another folder.")


class _Boxes:
    """Puts a copy of every letter where it would lie: in the box of each colleague it names."""

    def __init__(self, root: Path, composer: Composer) -> None:
        self.root = root
        self.composer = composer
        self.counts = dict.fromkeys(("desk", "ana", "ben", "team", "archive"), 0)
        self._mboxes: dict[str, list[tuple[datetime, bytes]]] = {}
        if root.exists():
            shutil.rmtree(root)
        for name in MAILDIRS:
            for folder in ("", ".Sent"):
                for part in ("cur", "new", "tmp"):
                    (root / name / folder / part).mkdir(parents=True)

    def deliver(self, letter: Letter) -> None:
        """Copy one letter into every box it belongs to, as its receiver or sender."""
        data, at = self.composer.render(letter), self.composer.received_at(letter)
        for box, sent in self._homes(letter).items():
            copy = data if sent else stamped(data, "kestrelrow.example", f"{box} {letter.id}", at)
            if box in MAILDIRS:
                self._maildir(box, letter, copy, sent=sent)
            elif box in FOLDERS_OF_EML:
                path = self.root / box / ("Sent" if sent else "Inbox") / f"{at:%Y%m%d-%H%M} {letter.id}.eml"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(stamped(data, "kestrelrow.example", f"{box} {letter.id}", at))
                self.counts[box] += 1
            else:
                self._mboxes.setdefault(box, []).append((at, copy))
                self.counts["archive" if box == "archive" else "team"] += 1

    def close(self) -> None:
        """Write the mbox files, oldest first, and the mail nothing can read."""
        for box, mails in self._mboxes.items():
            path = self.root / ("archive.mbox" if box == "archive" else f"team/{box}.mbox")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"".join(_mbox_entry(at, data) for at, data in sorted(mails)))
        (self.root / "ben" / "Inbox" / "recovered-0001.eml").write_bytes(UNREADABLE)
        self.counts["ben"] += 1

    def _homes(self, letter: Letter) -> dict[str, bool]:
        if "In" in letter.options:
            return {box: False for box in letter.options["In"].split(", ") if box != "nowhere"}
        author = ALIASES.get(letter.sender, letter.sender)
        homes = {author: True} if author in OWN else {}
        if "Echo" in letter.options:
            return {author: False}
        for name in (*letter.to, *letter.cc):
            if ALIASES.get(name, name) in OWN:
                homes.setdefault(ALIASES.get(name, name), False)
        return homes

    def _maildir(self, box: str, letter: Letter, data: bytes, *, sent: bool) -> None:
        folder = self.root / box / (".Sent" if sent else "") / "cur"
        self.counts[box] += 1
        seconds = int(self.composer.received_at(letter).timestamp())
        name = f"{seconds}.M{self.counts[box]:06d}P41{self.counts[box]:03d}.imap.kestrelrow.example:2,S"
        (folder / name).write_bytes(data.replace(b"\r\n", b"\n"))


def _mbox_entry(at: datetime, data: bytes) -> bytes:
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    quoted = b"\n".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in lines)
    head = f"From MAILER-DAEMON {at.astimezone(UTC):%a %b %e %H:%M:%S %Y}\n".encode()
    return head + quoted.rstrip(b"\n") + b"\n\n"
