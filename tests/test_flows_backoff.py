"""When a source that failed is tried again: the arithmetic, and what a run on schedule makes of it."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_desk import BOOK, CONFIG, NOW, mail

from domain.errors import AuthError, SourceError, SourceUnreachable
from flows import stages
from flows.backoff import LONGEST, Record, after, is_due, rest_after
from flows.composition import Desk
from flows.once import PLAIN, ingest_once
from flows.settings import SourceConfig, load_settings
from store.database import open_store
from store.pages import Saved
from store.queries import status

MINUTES = timedelta(minutes=1)
INTERVAL = 5 * MINUTES


def failed(times: int, state: str = "failed", interval: timedelta = INTERVAL) -> Record:
    """Return the record of a source that failed so often in a row, the last time at NOW."""
    record = Record()
    for _ in range(times):
        record = after(record, "desk", state, now=NOW, interval=interval, edition="a")
    return record


def rest(record: Record) -> timedelta:
    """Return how long it rests."""
    assert record.next_attempt
    return record.next_attempt - NOW


class TestArithmetic:
    @pytest.mark.parametrize(("times", "minutes"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 60), (6, 60), (500, 60)])
    def test_each_failure_doubles_the_rest_up_to_an_hour(self, times: int, minutes: int) -> None:
        """A fifth of it is chance, so that sources which failed together do not come back together."""
        assert 0.8 * minutes * MINUTES <= rest(failed(times)) <= minutes * MINUTES

    def test_refused_credentials_rest_an_hour_at_once(self) -> None:
        """Only a person can mend them, and a server locks out who tries too often."""
        assert 0.8 * LONGEST <= rest(failed(1, "auth_dead")) <= LONGEST

    def test_a_long_interval_is_kept(self) -> None:
        """A source read twice a day is not tried every hour because it failed."""
        assert rest(failed(3, interval=timedelta(hours=12))) >= timedelta(hours=9)

    def test_success_forgets_all(self) -> None:
        """From then on it is read at every run."""
        well = after(failed(7), "desk", "ok", now=NOW, interval=INTERVAL, edition="a")

        assert well == Record()
        assert is_due(well, now=NOW, edition="a")

    def test_it_is_due_when_rested_or_when_somebody_edited_something(self) -> None:
        """Not before."""
        record = failed(3)
        assert record.next_attempt

        assert not is_due(record, now=record.next_attempt - timedelta(seconds=1), edition="a")
        assert is_due(record, now=record.next_attempt, edition="a")
        assert is_due(record, now=NOW, edition="b")

    def test_names_are_told_apart(self) -> None:
        """Two sources on one server that was down are tried at different moments."""
        records = [after(Record(), name, "failed", now=NOW, interval=INTERVAL, edition="a") for name in ("ana", "ben")]

        assert records[0].next_attempt != records[1].next_attempt

    def test_two_listeners_to_one_server_do_not_come_back_together(self) -> None:
        """Five seconds, then twice as long each time, up to ten minutes; a fifth of each is chance."""
        first, longest = timedelta(seconds=5), timedelta(minutes=10)
        ana = [rest_after("ana", n, first=first, longest=longest) for n in range(1, 30)]
        ben = [rest_after("ben", n, first=first, longest=longest) for n in range(1, 30)]

        assert all(0.8 * full <= it <= full for it, full in zip(ana, (first * 2**n for n in range(7)), strict=False))
        assert all(0.8 * longest <= it <= longest for it in ana[7:])
        assert all(one != other for one, other in zip(ana, ben, strict=True))

    @given(
        states=st.lists(st.sampled_from(["ok", "failed", "auth_dead"]), max_size=50),
        interval=st.timedeltas(MINUTES, timedelta(days=2)),
    )
    def test_no_history_ends_in_a_rest_without_end(self, states: list[str], interval: timedelta) -> None:
        """Nor in a busy loop."""
        record = Record()
        for state in states:
            record = after(record, "desk", state, now=NOW, interval=interval, edition="a")

        if record.next_attempt:
            assert 0.8 * min(interval, LONGEST) <= rest(record) <= max(interval, LONGEST)


SOURCES = "".join(f'[[sources]]\nname = "{name}"\nkind = "eml"\npath = "{name}"\n' for name in ("well", "ill"))


class Office:
    """Two sources of files, one of which fails as told; it remembers when each was read."""

    def __init__(self, folder: Path) -> None:
        for name in ("well", "ill"):
            (folder / name).mkdir()
        (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
        self.config = folder / "accountline.toml"
        self.config.write_text(CONFIG + SOURCES, encoding="utf-8")
        self.trouble: SourceError | None = SourceUnreachable("The server does not answer.")
        self.read: list[tuple[str, datetime]] = []

    def run(self, now: datetime, *, scheduled: bool = True, **steps: Any) -> list[str]:
        """Run once; return which sources were read."""
        before = len(self.read)
        nothing = replace(
            PLAIN, read=lambda _: 0, attach=lambda _: None, settle=lambda _: (0, 0), meet=lambda _: (0, 0)
        )
        ingest_once(
            load_settings(self.config), None, now, replace(nothing, pull=self._pull, **steps), scheduled=scheduled
        )
        return [name for name, _ in self.read[before:]]

    def _pull(self, desk: Desk, source: SourceConfig) -> Saved:
        self.read.append((source.name, desk.now))
        if source.name == "ill" and self.trouble:
            raise self.trouble
        return stages.pull(desk, source)

    def status(self, now: datetime) -> dict[str, Any]:
        """Return what ``status`` says of the source that fails."""
        settings = load_settings(self.config)
        names = [(source.name, source.kind) for source in settings.sources]
        with open_store(settings.store_url, read_only=True) as store:
            told = status(store, now=now, sources=names, stale_after=settings.stale_after())["sources"]
        ill: dict[str, Any] = told[1]
        return ill


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Offer both sources, one of them failing."""
    return Office(tmp_path)


class TestRuns:
    def test_hours_of_failures_are_a_handful_of_attempts(self, office: Office) -> None:
        """The other source is read every five minutes meanwhile, as ever."""
        for tick in range(4 * 12):
            office.run(NOW + tick * INTERVAL)

        count = Counter(name for name, _ in office.read)
        assert count["well"] == 4 * 12
        assert 6 <= count["ill"] <= 9

    def test_status_shows_failures_and_the_next_attempt(self, office: Office) -> None:
        """With the sentence; all of it is gone once the source is well."""
        office.run(NOW)
        told = office.status(NOW)
        assert (told["state"], told["failures"], told["error"]) == ("failed", 1, "The server does not answer.")
        assert NOW < told["next_attempt"] <= NOW + INTERVAL

        office.trouble = None
        office.run(NOW + INTERVAL)
        told = office.status(NOW + INTERVAL)
        assert (told["state"], told["failures"], told["next_attempt"], told["error"]) == ("ok", 0, None, "")

    def test_a_run_somebody_typed_tries_everything(self, office: Office) -> None:
        """Backoff is for machines."""
        office.run(NOW)

        assert office.run(NOW + timedelta(seconds=1)) == ["well"]
        assert office.run(NOW + timedelta(seconds=2), scheduled=False) == ["well", "ill"]

    def test_refused_credentials_are_tried_again_when_the_configuration_was_edited(self, office: Office) -> None:
        """Else once an hour."""
        office.trouble = AuthError("The server refused the password.")
        office.run(NOW)
        assert office.run(NOW + 30 * MINUTES) == ["well"]

        office.config.write_text(office.config.read_text("utf-8") + "# another password\n", encoding="utf-8")

        assert office.run(NOW + 31 * MINUTES) == ["well", "ill"]
        assert office.status(NOW + 31 * MINUTES)["state"] == "auth_dead"
        assert office.run(NOW + 60 * MINUTES) == ["well"]
        assert office.run(NOW + 95 * MINUTES) == ["well", "ill"]

    def test_mail_of_others_is_understood_before_a_failing_source_is_tried(self, office: Office) -> None:
        """A server that stalls delays nobody but itself."""
        office.run(NOW)
        (office.config.parent / "well" / "a.eml").write_bytes(mail("a"))
        heard: list[str] = []

        def parse(desk: Desk) -> Any:
            heard.append(office.read[-1][0])
            return stages.parse(desk)

        assert office.run(NOW + INTERVAL, parse=parse) == ["well", "ill"]
        assert heard == ["well", "ill"]
