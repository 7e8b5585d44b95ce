"""The bundled sample as it lies on disk: complete, readable, moved by whole weeks, and free of real names."""

import csv
import mailbox
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from recurring_ical_events import of as occurrences_of

from domain.errors import ConfigError
from flows.sample.clock import ZONE, StoryClock
from flows.sample.unpack import SampleFiles, unpack

AUTUMN = datetime(2026, 11, 23, 13, tzinfo=UTC)
MOMENTS = {
    "an ordinary Monday": AUTUMN,
    "clocks went forward inside the fortnight": datetime(2026, 4, 2, 7, tzinfo=UTC),
    "clocks went back inside the fortnight": datetime(2026, 10, 29, 8, tzinfo=UTC),
    "clocks go forward next Sunday": datetime(2027, 3, 26, 12, tzinfo=UTC),
    "the turn of the year": datetime(2027, 1, 3, 23, 59, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 12, tzinfo=UTC),
}
MAIL_SOURCES = ("desk", "ana", "ben", "team", "archive")
BROKEN = "solv-scan-1"
UNREADABLE = "recovered-0001.eml"
NOT_IN_ANY_BOX = "rott-anleitung-0@rottmann-metallbau.example"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleFiles:
    """The sample on an ordinary Monday; tests only read it."""
    return unpack(tmp_path_factory.mktemp("sample"), now=AUTUMN)


def raw_mails(source: Path) -> Iterator[bytes]:
    """The bytes of every mail of one source, whatever its kind."""
    if source.suffix == ".mbox" or any(source.glob("*.mbox")):
        for path in [source] if source.is_file() else sorted(source.glob("*.mbox")):
            box = mailbox.mbox(path, create=False)
            yield from (box.get_bytes(key) for key in box.keys())  # noqa: SIM118 - iterating a box gives messages
            box.close()
        return
    yield from (path.read_bytes() for path in sorted(source.rglob("*")) if path.is_file() and path.name != UNREADABLE)


def all_mails(sample: SampleFiles) -> tuple[EmailMessage, ...]:
    """Every copy of every mail, parsed by the standard library."""
    return parsed(tuple(sample.sources[name] for name in MAIL_SOURCES))


@cache
def parsed(sources: tuple[Path, ...]) -> tuple[EmailMessage, ...]:
    """Parsed once per folder: the tests only read."""
    return tuple(message_from_bytes(data, policy=policy.default) for source in sources for data in raw_mails(source))


def decoded(part: MIMEPart) -> bytes:
    """The bytes a text part says, whatever its line ends."""
    payload = part.get_payload(decode=True)
    return payload.replace(b"\r\n", b"\n").strip() if isinstance(payload, bytes) else b""


def mail_ids(sample: SampleFiles) -> set[str]:
    """Distinct Message-IDs without brackets."""
    return {str(mail["Message-ID"]).strip("<> ") for mail in all_mails(sample) if mail["Message-ID"]}


def files_below(root: Path) -> dict[str, bytes]:
    """Content by relative path."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


class TestTarget:
    def test_a_folder_with_other_things_is_left_alone(self, tmp_path: Path) -> None:
        """Unpacking replaces a sample, never somebody's mail."""
        (tmp_path / "mail").mkdir()
        (tmp_path / "mail" / "mine.eml").write_text("Subject: mine\n\n", "utf-8")
        with pytest.raises(ConfigError, match="name another folder"):
            unpack(tmp_path, now=AUTUMN)
        assert list(files_below(tmp_path)) == ["mail/mine.eml"]


class TestSize:
    def test_more_than_150_distinct_mails_and_nine_accounts(self, sample: SampleFiles) -> None:
        """A stranger sees a fortnight of a busy small firm."""
        recent = [mail for mail in all_mails(sample) if "old-" not in str(mail["Message-ID"])]
        assert len({str(mail["Message-ID"]) for mail in recent}) >= 150
        assert len(list(csv.DictReader(sample.account_book.read_text("utf-8").splitlines()))) == 9

    def test_listed_is_what_a_reader_of_the_files_counts(self, sample: SampleFiles) -> None:
        """Counts are those of the files on disk, the unreadable mail included."""
        counted = {name: sum(1 for _ in raw_mails(sample.sources[name])) for name in MAIL_SOURCES}
        counted["ben"] += 1
        assert counted == {name: sample.listed[name] for name in MAIL_SOURCES}

    def test_25_calendar_entries_and_40_occurrences_in_the_fortnight(self, sample: SampleFiles) -> None:
        """Occurrences of a series count, the same entry in two calendars counts once."""
        entries, occurrences = set(), set()
        for name in ("ana", "ben", "filip"):
            calendar = Calendar.from_ical(sample.sources[f"{name}-calendar"].read_bytes())
            entries |= {str(event["UID"]) for event in calendar.walk("VEVENT")}
            found = occurrences_of(calendar).between(sample.today - timedelta(days=14), sample.today)
            occurrences |= {(str(event["UID"]), str(event["DTSTART"].to_ical())) for event in found}
        assert len(entries) >= 25
        assert len(occurrences) >= 40


class TestMail:
    def test_every_mail_parses_without_defects_but_the_one_that_is_broken_on_purpose(self, sample: SampleFiles) -> None:
        """The broken one still says who wrote it."""
        broken = {
            str(mail["Message-ID"]): mail for mail in all_mails(sample) if any(part.defects for part in mail.walk())
        }
        assert [name for name in broken if BROKEN not in name] == []
        assert str(broken[f"<{BROKEN}@solvane.example>"]["From"]) == "Marcus Holt <marcus.holt@solvane.example>"

    def test_one_file_is_no_mail_at_all(self, sample: SampleFiles) -> None:
        """It has neither header nor text, so it belongs into quarantine."""
        mail = message_from_bytes((sample.sources["ben"] / "Inbox" / UNREADABLE).read_bytes())
        assert mail.keys() == []

    def test_replies_name_mails_that_exist(self, sample: SampleFiles) -> None:
        """References and In-Reply-To resolve inside the sample."""
        named = {
            reference
            for mail in all_mails(sample)
            for header in ("In-Reply-To", "References")
            for reference in re.findall(r"<([^>]+)>", str(mail[header] or ""))
        }
        assert named <= mail_ids(sample)
        assert NOT_IN_ANY_BOX not in named

    def test_copies_of_a_mail_differ_in_received_and_list_headers_only(self, sample: SampleFiles) -> None:
        """A mail to three colleagues lies in three boxes with the same words."""
        texts: dict[str, set[bytes]] = {}
        for mail in all_mails(sample):
            body = mail.get_body(("plain", "html"))
            if mail["Message-ID"] and body and not mail["List-Post"]:
                texts.setdefault(str(mail["Message-ID"]), set()).add(decoded(body))
        assert [name for name, bodies in texts.items() if len(bodies) != 1] == []

    def test_many_shapes(self, sample: SampleFiles) -> None:
        """Plain, alternative, HTML only, calendar, report, attachments; three charsets; three quoting habits."""
        mails = all_mails(sample)
        shapes = Counter(part.get_content_type() for mail in mails for part in mail.walk())
        charsets = {part.get_content_charset() for mail in mails for part in mail.walk()}
        html_only = [mail for mail in mails if mail.get_content_type() == "text/html"]
        wanted = {"text/calendar", "multipart/report", "application/pdf", "image/jpeg"}
        assert wanted <= shapes.keys()
        assert {"utf-8", "iso-8859-1", "windows-1252"} <= charsets
        assert len(html_only) >= 8

    def test_server_times_follow_the_story_not_the_date_header(self, sample: SampleFiles) -> None:
        """D4.23: one mail is backdated by a week; its Received line is right."""
        backdated = next(mail for mail in all_mails(sample) if "brig-dieline-1" in str(mail["Message-ID"]))
        received = parsedate_to_datetime(str(backdated["Received"]).rpartition(";")[2].strip())
        assert received - parsedate_to_datetime(str(backdated["Date"])) > timedelta(days=7)

    def test_maildir_names_and_mbox_lines_carry_the_instant_of_receipt(self, sample: SampleFiles) -> None:
        """Server time where the rule book looks for it (SEMANTICS 6)."""
        for path in (sample.sources["ana"] / "cur").iterdir():
            received = message_from_bytes(path.read_bytes())["Received"].rpartition(";")[2].strip()
            assert int(path.name.partition(".")[0]) == parsedate_to_datetime(received).timestamp()
        lines = re.findall(rb"^From MAILER-DAEMON (.+)$", sample.sources["archive"].read_bytes(), re.MULTILINE)
        assert len(set(lines)) == sample.listed["archive"]

    def test_no_name_of_the_real_world(self, sample: SampleFiles) -> None:
        """Every domain is reserved (RFC 2606)."""
        text = b"\n".join([*files_below(sample.root).values()]).replace(b"=\r\n", b"").replace(b"=\n", b"")
        text = re.sub(rb"\r?\n[ \t]", b"", text)
        domains = set(re.findall(rb"[\w.+-]+@([a-z0-9][a-z0-9.-]*[a-z0-9])", text, re.IGNORECASE))
        domains |= set(re.findall(rb"https?://([a-z0-9.-]+)", text, re.IGNORECASE))
        assert len(domains) > 20
        assert [domain for domain in sorted(domains) if not domain.endswith(b".example")] == []

    def test_no_placeholder_is_left(self, sample: SampleFiles) -> None:
        """Dates in the words are written out."""
        leftovers = [path for path, data in files_below(sample.root).items() if re.search(rb"\{\w{3}[+-]?\d* ", data)]
        assert leftovers == []


class TestTime:
    @given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
    def test_the_story_ends_at_the_latest_thursday_nine_oclock(self, now: datetime) -> None:
        """Company time, not after now, within the week before it."""
        today = StoryClock.ending_before(now).local("Thu 09:00")
        assert today <= now.astimezone(ZONE)
        assert now - today <= timedelta(days=7, hours=1)
        assert (today.weekday(), today.hour) == (3, 9)

    def test_nine_oclock_sharp_is_today(self) -> None:
        """At the very minute the new week has begun, a second earlier it has not."""
        sharp = datetime(2026, 11, 19, 9, tzinfo=ZONE)
        assert StoryClock.ending_before(sharp).local("Thu 09:00") == sharp
        earlier = sharp - timedelta(seconds=1)
        assert StoryClock.ending_before(earlier).local("Thu 09:00") == datetime(2026, 11, 12, 9, tzinfo=ZONE)

    @pytest.mark.parametrize("now", MOMENTS.values(), ids=MOMENTS.keys())
    def test_moving_keeps_weekdays_and_local_times(self, sample: SampleFiles, tmp_path: Path, now: datetime) -> None:
        """The story is moved by whole weeks of local time, also across a change of clocks."""
        moved = unpack(tmp_path, now=now)
        assert wall_times(moved) == wall_times(sample)
        assert moved.today <= now
        assert moved.today > now - timedelta(days=7, hours=1)

    def test_quoted_dates_move_along(self, sample: SampleFiles, tmp_path: Path) -> None:
        """Attribution lines and Outlook's header blocks show the date of the mail they quote."""
        moved = unpack(tmp_path, now=AUTUMN + timedelta(weeks=30))
        for files, expected in ((sample, "Am 17.11.2026 um 09:32 schrieb"), (moved, "Am 15.06.2027 um 09:32 schrieb")):
            reply = next(mail for mail in all_mails(files) if "rott-ack-2" in str(mail["Message-ID"]))
            assert expected in reply.get_content()

    def test_same_week_same_bytes(self, sample: SampleFiles, tmp_path: Path) -> None:
        """Unpacking twice in a week, or over an earlier copy, changes nothing."""
        unpack(tmp_path, now=AUTUMN - timedelta(weeks=9))
        unpack(tmp_path, now=AUTUMN + timedelta(days=2))
        assert files_below(tmp_path) == files_below(sample.root)


def wall_times(files: SampleFiles) -> list[tuple[str, int, str]]:
    """Message-ID, weekday and Berlin time of the Date header of every copy, and DTSTART of every calendar entry."""
    times = []
    for mail in all_mails(files):
        local = parsedate_to_datetime(str(mail["Date"])).astimezone(ZONE)
        times.append((str(mail["Message-ID"]), local.weekday(), f"{local:%H:%M:%S}"))
    for name in ("ana", "ben", "filip"):
        for event in Calendar.from_ical(files.sources[f"{name}-calendar"].read_bytes()).walk("VEVENT"):
            field: Any = event["DTSTART"]
            start = field.dt
            local_time = start.astimezone(ZONE) if isinstance(start, datetime) and start.tzinfo else start
            clock = f"{local_time:%H:%M}" if isinstance(start, datetime) else ""
            times.append((str(event["UID"]), local_time.weekday(), clock))
    return sorted(times)


class TestConfiguration:
    def test_its_sources_are_the_files(self, sample: SampleFiles) -> None:
        """Names, kinds and paths of the configuration fit what lies beside it."""
        config = tomllib.loads(sample.config.read_text("utf-8"))
        named = {source["name"]: sample.root / source["path"] for source in config["sources"]}
        assert named == dict(sample.sources)
        assert all(path.exists() for path in named.values())
        assert {source["kind"] for source in config["sources"]} == {"maildir", "mbox", "eml", "ics"}

    def test_no_public_holidays(self, sample: SampleFiles) -> None:
        """The sample moves with the present date; a holiday would move its due times."""
        config: dict[str, Any] = tomllib.loads(sample.config.read_text("utf-8"))
        assert config["response"]["holidays"] == []
