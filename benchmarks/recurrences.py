"""Calendars with expected results, read by our own parser: how many agree, and why the others do not.

    python benchmarks/recurrences.py DATA_FOLDER

DATA_FOLDER holds, at any depth, ``.jsonl`` files of cases and folders named ``ics`` with calendar files. A case is
either a rule with the times it should give (``rrule``, ``dtstart``, ``instances`` or ``exception``), or calendar texts
by name with what they should become (``ics``, ``php``). Calendar files must be read without an exception and in
bounded time. Exits with 1 when a difference has no explanation in ``docs/calendar-notes.md``.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

from domain.events import Event
from domain.itip_fold import fold
from domain.mail import Address
from extraction.calendar_objects import parse_events
from extraction.itip import read_itip

Case = dict[str, Any]
FAR = datetime(2040, 1, 1, tzinfo=UTC)
SLOW = 20.0
ORGANIZER = "bar@example.org"
CAUSES: tuple[tuple[str, Callable[[Case], bool]], ...] = (
    ("the expectation says the feature is not there upstream", lambda c: "UNIMPLEMENTED" in str(c.get("instances"))),
    ("years after 9000 are not expanded", lambda c: str(c.get("dtstart", "")) >= "9000"),
    (
        "numbered weekdays of a year with days of a month: the month is not taken from DTSTART",
        lambda c: "BYMONTHDAY" in c.get("rrule", "") and re.search(r"BYDAY=[^;]*\d", c.get("rrule", "")) is not None,
    ),
    ("other calendar systems (RFC 7529)", lambda c: "RSCALE" in c.get("rrule", "") or "SKIP" in c.get("rrule", "")),
)


def main() -> int:
    """Run every case below the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    unexplained = 0
    for path in sorted(folder.rglob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            cases = [json.loads(line) for line in file]
        if cases and ("rrule" in cases[0] or "php" in cases[0]):
            unexplained += _report(path.name, cases)
    files = [file for place in sorted(folder.rglob("ics")) if place.is_dir() for file in sorted(place.iterdir())]
    unexplained += _read_all(files)
    return 1 if unexplained else 0


def _report(name: str, cases: list[Case]) -> int:
    counted: Counter[str] = Counter()
    for case in cases:
        problem = rule_difference(case) if "rrule" in case else text_difference(case)
        reason = next((why for why, applies in CAUSES if applies(case)), "") if problem else ""
        counted["agree" if not problem else "explained" if reason else "differ"] += 1
        if problem:
            print(f"  {case['id']}: {problem}\n      {reason or 'NOT EXPLAINED'}")
    print(f"{name}: {len(cases)} cases, {counted['agree']} agree, {counted['explained']} differ as explained, ", end="")
    print(f"{counted['differ']} differ without explanation")
    return counted["differ"]


def rule_difference(case: Case) -> str:
    """What a rule gives otherwise than expected, ``""`` when nothing."""
    days = len(case["dtstart"]) == len("20260101")
    start = f"DTSTART;VALUE=DATE:{case['dtstart']}" if days else f"DTSTART:{case['dtstart']}"
    text = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\n{start}\nRRULE:{case['rrule']}\nEND:VEVENT\nEND:VCALENDAR\n"
    try:
        wanted = [_moment(instance) for instance in case.get("instances", [])]
    except ValueError:
        return "no expected times"
    until = min([*wanted[-1:], _moment(case["dtstart"])][0], datetime(9998, 1, 1, tzinfo=UTC)) + timedelta(days=1)
    events, problems = parse_events(text.encode(), zone="UTC", until=until, max_occurrences=100_000)
    if "exception" in case:
        return "" if problems else f"expected an error, got {len(events)} occurrences"
    first = _moment(case["start-at"]) if "start-at" in case else datetime.min.replace(tzinfo=UTC)
    found = [event.starts_at for event in events if event.starts_at >= first]
    wanted = [moment for moment in wanted if moment >= first]
    return "" if found == wanted else f"expected {_short(wanted)}, got {_short(found)}"


def _moment(text: str) -> datetime:
    layout = "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d"
    return datetime.strptime(text.rstrip("Z"), layout).replace(tzinfo=UTC)


def _short(moments: list[datetime]) -> str:
    return f"{len(moments)} times {[f'{moment:%Y-%m-%d %H:%M}' for moment in moments[:3]]}"


def text_difference(case: Case) -> str:
    """What calendar texts become otherwise than expected, ``""`` when nothing or when nothing can be compared."""
    texts: dict[str, str] = {name: text for name, text in case["ics"] if name}
    sent = [text for name, text in case["ics"] if not name and "METHOD:" in text]
    if "itip" in texts:
        return _differ(
            _folded(texts.get("old", ""), [texts["itip"]]), _events(texts.get("expected", texts.get("old", "")))
        )
    if "input" in texts or "ics" in texts:
        return _series_difference(case, texts.get("input") or texts["ics"], texts.get("output", ""))
    before, after = texts.get("oldMessage") or texts.get("message", ""), texts.get("newMessage", "")
    if not sent or not after:
        return ""
    return _mirrored(before, after, sent)


def _series_difference(case: Case, text: str, expected: str) -> str:
    bounds = re.findall(r"expand\(\s*new .DateTime\('([\d-]+)'\),\s*new .DateTime\('([\d-]+)'\)", case["php"])
    zone = (re.findall(r"new .DateTimeZone\('([\w/]+)'\)", case["php"]) or ["UTC"])[0]
    first, last = (datetime.fromisoformat(bound).replace(tzinfo=UTC) for bound in (bounds or [("1970-01-01",) * 2])[0])
    found = [e for e in _events(text, zone=zone) if first <= e.starts_at and (not bounds or e.starts_at < last)]
    if expected:
        wanted = sorted((e.starts_at, e.ends_at) for e in _events(expected))
        got = sorted((e.starts_at, e.ends_at) for e in found)
        return "" if got == wanted else f"expected {_short([s for s, _ in wanted])}, got {_short([s for s, _ in got])}"
    named = re.findall(r"new .DateTimeImmutable\('([\d :-]+)', \$tz\)", case["php"])
    listed = sorted(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for at in named)
    starts = sorted(e.starts_at for e in found)
    return "" if not listed or starts == listed else f"expected {_short(listed)}, got {_short(starts)}"


def _mirrored(before: str, after: str, sent: list[str]) -> str:
    """The messages that tell of a change, applied to what was before, give what is after."""
    found, wanted = _folded(before, sent), _events(after)
    if "METHOD:REPLY" in sent[0]:
        return _differ(found, wanted)
    # An organizer's messages go to each attendee by itself: those who are off the list see it cancelled.
    times = {e.starts_at for e in wanted} <= {e.starts_at for e in found}
    return "" if times else "the organizer's message does not give the new times"


def _differ(found: list[Event], wanted: list[Event]) -> str:
    """Who answered what to the occurrences both know: upstream's texts often leave a series' rule away."""
    told, expected = _answers(found), _answers(wanted)
    common = sorted(told.keys() & expected.keys())
    if not common and (told or expected):
        return f"expected {_short([e.starts_at for e in wanted])}, got {_short([e.starts_at for e in found])}"
    return next(
        (f"{rid}: expected {expected[rid]}, got {told[rid]}" for rid in common if told[rid] != expected[rid]), ""
    )


def _answers(events: list[Event]) -> dict[str, Any]:
    return {
        e.recurrence_id: (e.status, sorted((a.address, str(a.partstat)) for a in e.attendees if not a.organizer))
        for e in events
    }


def _folded(before: str, sent: list[str]) -> list[Event]:
    messages = []
    for number, text in enumerate(sent):
        told = _completed(text)
        role = "ATTENDEE" if "METHOD:REPLY" in told else "ORGANIZER"
        sender = (re.findall(rf"^{role}[^\n]*mailto:(\S+)", told, re.MULTILINE | re.IGNORECASE) or [ORGANIZER])[0]
        received_at = datetime(2014, 1, 1, tzinfo=UTC)
        address = Address("", sender.lower())
        read = read_itip(((told.encode(), True),), sender=address, received_at=received_at, zone="UTC")
        messages += [replace(message, mail=str(number)) for message in read]
    return [merged.event for merged in fold(_events(before), messages).events.values()]


def _events(text: str, *, zone: str = "UTC") -> list[Event]:
    if not text.strip():
        return []
    until = datetime(2015, 1, 1, tzinfo=UTC) if "DAILY" in text else FAR
    return parse_events(_completed(text).encode(), zone=zone, until=until)[0]


def _completed(text: str) -> str:
    """What upstream's texts leave out and mail must have: a time, an organizer, a stamp."""
    told = text.replace("DTSTAMP:**ANY**", "DTSTAMP:20140101T000000Z").replace("RRULE;", "RRULE:")
    parts = re.split(r"(?=BEGIN:VEVENT)", told)
    for number, part in enumerate(parts):
        if not part.startswith("BEGIN:VEVENT"):
            continue
        more = "" if "METHOD:REPLY" in parts[0] or "DTSTART" in part else "DTSTART:20140716T120000Z\n"
        more += "" if re.search(r"^ORGANIZER", part, re.MULTILINE) else f"ORGANIZER:mailto:{ORGANIZER}\n"
        parts[number] = part.replace("BEGIN:VEVENT\n", f"BEGIN:VEVENT\n{more}", 1)
    return "".join(parts)


def _read_all(files: list[Path]) -> int:
    raised = slow = with_problem = 0
    for file in files:
        began = time.monotonic()
        try:
            _, problems = parse_events(file.read_bytes(), zone="Europe/Berlin", until=datetime(2027, 6, 1, tzinfo=UTC))
        except Exception as error:  # noqa: BLE001 - that there is none is what is measured
            raised += 1
            print(f"  {file}: {type(error).__name__} {error}")
            continue
        with_problem += bool(problems)
        slow += time.monotonic() - began > SLOW
    print(f"{len(files)} calendar files: {raised} raised, {slow} took longer than {SLOW:.0f} s, ", end="")
    print(f"{with_problem} with something that cannot be read")
    return raised + slow


if __name__ == "__main__":
    sys.exit(main())
