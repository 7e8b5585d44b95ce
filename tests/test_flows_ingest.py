"""The ingest flow: Prefect around the same steps, privacy before storage, one run at a time."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from engines import future_url
from program import run
from small_desk import ASK, BOOK, CONFIG, NOW, entry, mail, raw
from store_dump import Dump, differences, dump

from domain.errors import ConfigError, CursorExpired, SourceUnreachable, StoreError
from domain.sources import Cursor, Held, Listing, Page
from flows import stages
from flows.once import PLAIN, ingest_once
from flows.settings import load_settings
from store.database import open_store, single_writer
from store.migrate import upgrade
from store.queries import status

both_engines = pytest.mark.usefixtures("engine")

EML = '[[sources]]\nname = "files"\nkind = "eml"\npath = "mails"\n'
ICS = '[[sources]]\nname = "calendar"\nkind = "ics"\npath = "calendar.ics"\n'


def configured(folder: Path, *mails: bytes, more: str = "") -> Path:
    """Write a configuration with mail files beside it."""
    (folder / "mails").mkdir(parents=True)
    for number, data in enumerate(mails):
        file = folder / "mails" / f"{number}.eml"
        file.write_bytes(data)
        os.utime(file, (NOW.timestamp(), NOW.timestamp()))  # two folders with the same files are alike
    (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
    store = f'[store]\nurl = "{future_url(folder)}"\n'
    (folder / "accountline.toml").write_text(CONFIG + store + EML + more, encoding="utf-8")
    return folder / "accountline.toml"


def ingest(config: Path, names: list[str] | None = None) -> dict[str, Any]:
    """Run once without Prefect."""
    return ingest_once(load_settings(config), names, NOW)


def stored(config: Path) -> Dump:
    """All rows of all tables."""
    return dump(load_settings(config).store_url)


def everything_in(config: Path) -> bytes:
    """All rows, and the bytes of the store and of what belongs to it where it is a file."""
    files = b"".join(file.read_bytes() for file in config.parent.glob("accountline.db*"))
    return repr(stored(config)).encode() + files


class TestPrefect:
    def test_it_makes_the_same_store_as_the_plain_run(self, tmp_path: Path) -> None:
        """Take the decorators off and it still runs; with a server of its own, as users have it."""
        mails = [mail("a"), mail("b", "Any news?", answers=["a"], at=NOW), b"\x00", mail("", "Please call me.")]
        plain, config = (configured(tmp_path / name, *mails, more=ICS) for name in ("plain", "home"))
        for calendar in (plain.with_name("calendar.ics"), config.with_name("calendar.ics")):
            calendar.write_bytes(entry("m1", "Pier review", starts_at=NOW).data)
            os.utime(calendar, (NOW.timestamp(), NOW.timestamp()))  # one that has just changed is read again
        ingest(plain)

        words = ("ingest", "--now", NOW.isoformat(), "--format", "json")
        done = run(*words, config=config, PREFECT_HOME=str(tmp_path / "prefect"))

        assert done.returncode == 0, done.stderr
        assert differences(stored(config), stored(plain)) == {}


@both_engines
class TestARun:
    def test_a_run_reports_in_the_words_of_the_interface(self, tmp_path: Path) -> None:
        """Exactly these fields."""
        report = ingest(configured(tmp_path / "a", mail("a"), b"\x00", mail("a")))

        (source,) = report["sources"]
        assert set(report) == {"sources", "signals", "flags"}
        assert set(source) == {
            *("name", "kind", "state", "listed", "new", "updated", "duplicates", "quarantined", "removed"),
            *("seconds", "bytes", "error"),
        }
        assert (source["listed"], source["new"], source["duplicates"], source["quarantined"]) == (3, 3, 1, 1)
        assert report["flags"] == {"opened": 1, "closed": 0}

    def test_a_second_run_finds_nothing(self, tmp_path: Path) -> None:
        """Every table stays as it was."""
        config = configured(tmp_path / "a", mail("a"), b"\x00", mail("b", sender="kim@stranger.example"))
        ingest(config)
        before = stored(config)

        report = ingest(config)

        assert (report["sources"][0]["new"], report["signals"]) == (0, 0)
        assert differences(stored(config), before) == {}

    def test_only_the_sources_asked_for_are_read(self, tmp_path: Path) -> None:
        """The others keep what they had."""
        other = EML.replace("files", "others").replace("mails", "none")
        config = configured(tmp_path / "a", mail("a"), more=other)

        assert [source["name"] for source in ingest(config, ["files"])["sources"]] == ["files"]

    def test_a_source_that_is_none(self, tmp_path: Path) -> None:
        """Nothing is begun."""
        config = configured(tmp_path / "a", mail("a"))

        with pytest.raises(ConfigError, match="did you mean `files`"):
            ingest(config, ["file"])
        assert not (config.parent / "accountline.db").exists()

    def test_a_missing_path_fails_that_source_only(self, tmp_path: Path) -> None:
        """The others are done."""
        config = configured(tmp_path / "a", mail("a"), more=EML.replace("files", "gone").replace("mails", "none"))

        states = {source["name"]: source["state"] for source in ingest(config)["sources"]}

        assert states == {"files": "ok", "gone": "failed"}

    def test_two_runs_at_once(self, tmp_path: Path) -> None:
        """The second is told so, and changes nothing."""
        config = configured(tmp_path / "a", mail("a"))
        settings = load_settings(config)
        with open_store(settings.store_url, read_only=False) as store:
            upgrade(store)
            before = stored(config)
            with single_writer(store), pytest.raises(StoreError, match="Another ingest is writing to"):
                ingest(config)

        assert differences(stored(config), before) == {}
        assert ingest(config)["sources"][0]["new"] == 1


@dataclass
class Unsteady:
    """A source of three pages that breaks off or forgets, as told; it remembers the cursors it was asked with."""

    name: str = "files"
    breaks: int = 0
    expired: bool = False
    asked: list[Cursor] = field(default_factory=list)

    def changes(self, cursor: Cursor, held: Held) -> Iterator[Page]:  # noqa: ARG002 - it counts by itself
        """Hand out one mail a page from the cursor on."""
        self.asked.append(cursor)
        if cursor and self.expired:
            self.expired = False
            raise CursorExpired("The server forgot.")
        for number in range(cursor.get("next", 0), 3):
            if number == 2 and self.breaks:
                self.breaks -= 1
                raise SourceUnreachable("The connection broke.")
            yield Page(items=(raw(f"{number}", mail(f"m{number}")),), next_cursor={"next": number + 1})
        uids = frozenset({"0", "1", "2"})
        yield Page(items=(), next_cursor={"next": 3}, listings=(Listing(folder="INBOX", server_count=3, uids=uids),))

    def check(self) -> str:
        """Say something."""
        return "It is there."


@both_engines
class TestInterruptions:
    def test_a_dropped_connection_goes_on_at_the_saved_page(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also at once: a retry is the step called again."""
        source = Unsteady(breaks=1)
        monkeypatch.setattr(stages, "source_of", lambda _config: source)

        def retrying(*given: Any) -> Any:
            try:
                return stages.pull(*given)
            except SourceUnreachable:
                return stages.pull(*given)

        config = configured(tmp_path / "a")
        report = ingest_once(load_settings(config), None, NOW, replace(PLAIN, pull=retrying))

        assert source.asked == [{}, {"next": 2}]
        assert report["sources"][0]["state"] == "ok"
        assert len(stored(config)["message"]) == 3

    def test_a_run_that_broke_off_keeps_what_it_had(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is understood already; the next run fetches the rest only."""
        source = Unsteady(breaks=1)
        monkeypatch.setattr(stages, "source_of", lambda _config: source)
        config = configured(tmp_path / "a")

        first, second = ingest(config), ingest(config)

        assert [first["sources"][0]["state"], second["sources"][0]["state"]] == ["failed", "ok"]
        assert first["flags"]["opened"] == 2
        assert (second["sources"][0]["new"], second["flags"]["opened"]) == (1, 1)

    def test_an_expired_cursor_starts_over_without_losing_rows(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Everything is listed again and recognised; nothing is flagged twice."""
        source = Unsteady()
        monkeypatch.setattr(stages, "source_of", lambda _config: source)
        config = configured(tmp_path / "a")
        ingest(config)
        before = stored(config)
        source.expired = True

        report = ingest(config)

        assert source.asked == [{}, {"next": 3}, {}]
        assert (report["sources"][0]["state"], report["sources"][0]["new"]) == ("ok", 0)
        assert differences(stored(config), before) == {}


@both_engines
class TestPrivacy:
    """SEMANTICS 7: exclusions act before anything is stored."""

    SECRETS = (b"Wolfsbane", b"wolfsbane@")

    @pytest.mark.parametrize(
        "rule",
        ['{ address = "Wolfsbane@ward.clinic.example" }', '{ domain = "clinic.example" }'],
    )
    def test_an_excluded_address_or_domain_leaves_nothing(self, tmp_path: Path, rule: str) -> None:
        """Not one word in the bytes of the store; counted all the same."""
        private = mail("p", "Wolfsbane twice a day.", sender="wolfsbane@ward.clinic.example", subject="Wolfsbane")
        config = configured(tmp_path / "a", private, more=f"[privacy]\nexclude = [{rule}]\n")

        report = ingest(config)

        assert report["sources"][0]["listed"] == 1
        assert stored(config)["message"] == []
        assert all(word not in everything_in(config) for word in self.SECRETS)

    def test_an_excluded_folder_leaves_nothing(self, tmp_path: Path) -> None:
        """Whatever lies there."""
        config = configured(
            tmp_path / "a", mail("p", "Wolfsbane twice a day."), more='[privacy]\nexclude = [{ folder = "Mails" }]\n'
        )

        ingest(config)

        assert b"Wolfsbane" not in everything_in(config)

    def test_other_mail_is_kept(self, tmp_path: Path) -> None:
        """The rule hits what it names."""
        config = configured(tmp_path / "a", mail("a"), more='[privacy]\nexclude = [{ domain = "clinic.example" }]\n')

        ingest(config)

        assert len(stored(config)["message"]) == 1

    def test_mail_among_us_is_not_stored(self, tmp_path: Path) -> None:
        """Neither at once nor after it was known to belong to nobody."""
        lunch = mail("l", "Wolfsbane for lunch?", sender="ben@northwind.example")
        answer = mail(
            "m", "Wolfsbane it is.", to="ben@northwind.example", sender="ana@northwind.example", answers=["l"]
        )
        config = configured(tmp_path / "a", lunch, answer, mail("a"))

        ingest(config)

        found = stored(config)
        assert [row[1] for row in found["message"]] == ["a@host.example"]
        assert len(found["blob"]) == 1
        assert sum("internal" in row for row in found["item"]) == 2

    def test_what_is_left_out_counts_as_held(self, tmp_path: Path) -> None:
        """The counts of the server and ours still agree."""
        config = configured(
            tmp_path / "a", mail("a", ASK), mail("b"), more='[privacy]\nexclude = [{ domain = "tidewater.example" }]\n'
        )
        ingest(config)
        settings = load_settings(config)

        with open_store(settings.store_url, read_only=True) as store:
            told = status(store, now=NOW, sources=[("files", "eml")], stale_after={"files": None})
        (folder,) = told["sources"][0]["folders"]
        assert (folder["server_count"], folder["held"], folder["left_out"]) == (2, 2, 2)
