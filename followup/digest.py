"""The morning report as plain text: who waits for us, which meetings went unrecorded, and what is not known."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]

WIDTH = 88
_QUOTE = 160
"""Characters of a sentence that are shown."""
_HOUR = 60
_ASKED_BELOW = 0.5
"""Confidence below which a gap is a question (D5.3)."""
_HEADINGS = {"overdue": "OVERDUE", "at_risk": "AT RISK", "unknown": "NOT KNOWN"}
_WHY = {
    "undocumented": "no note, no recap",
    "off_calendar": "agreed by mail, in no calendar",
    "ad_hoc": "spoken of in a mail, in no calendar",
}


def digest_text(
    *,
    company: str,
    today: datetime,
    zone: str,
    overdue: Sequence[Row],
    gaps: Sequence[Row],
    stale: Sequence[Row],
) -> str:
    """Write the morning report, at most 88 characters wide.

    Args:
        company: Our name.
        today: The moment it is written for.
        zone: IANA zone all times are shown in.
        overdue: Rows as ``overdue`` lists them (INTERFACE), with aware datetimes.
        gaps: Rows as ``meetings --unrecorded`` lists them.
        stale: Sources without coverage, as ``status`` lists them: ``name`` and ``last_success`` (None: never).

    Returns:
        Lines ending in a newline. It says that nobody waits only when every source is covered (SEMANTICS 7).
    """
    local = ZoneInfo(zone)
    parts = [
        [f"{company}, {today.astimezone(local):%A} {_date(today, local)}"],
        list(_waiting(overdue, local, complete=not stale)),
        list(_meetings(gaps, local)),
        list(_not_known(stale, local)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _waiting(rows: Sequence[Row], zone: tzinfo, *, complete: bool) -> Iterator[str]:
    urgent = [row for row in rows if row["state"] in _HEADINGS]
    still_open = len(rows) - len(urgent)
    if not rows:
        nobody = "Nobody is waiting for us."
        yield nobody if complete else "No complete picture: nobody is waiting in what could be read; see below."
        return
    yield "WAITING FOR US"
    for owner, owned in _by_owner(urgent):
        yield from ("", owner or "Nobody's yet")
        for state in _HEADINGS:
            for row in owned:
                if row["state"] == state:
                    yield from _obligation(row, zone)
    if still_open:
        yield from (
            "",
            f"{still_open}{' more' if urgent else ''} {'is' if still_open == 1 else 'are'} open and in time.",
        )


def _by_owner(rows: Iterable[Row]) -> list[tuple[str, list[Row]]]:
    owners: dict[str, list[Row]] = {}
    for row in rows:
        owners.setdefault(_plain(row["owner"] or ""), []).append(row)
    # Whatever belongs to nobody comes last: somebody has to take it.
    return sorted(owners.items(), key=lambda item: (not item[0], item[0]))


def _obligation(row: Row, zone: tzinfo) -> Iterator[str]:
    asked = ", ".join(row["kinds"])
    yield from _wrapped(f"{_HEADINGS[row['state']]}  {_plain(row['account'])}: {_plain(row['contact'])} ({asked})", 2)
    proof = row["evidence"][0]["quote"] if row["evidence"] else row["subject"]
    yield from _wrapped(f'"{_shortened(proof)}"', 4)
    yield from _wrapped(", ".join(_timing(row, zone)) + f"  [{row['id']}]", 4)


def _timing(row: Row, zone: tzinfo) -> Iterator[str]:
    yield f"since {_moment(row['clock_start'], zone)}"
    if row["state"] == "unknown":
        yield "may be answered where we could not look"
    elif row["state"] == "overdue":
        yield f"was due {_moment(row['due'], zone)}"
        yield f"{_duration(row['business_minutes_over'])} of business time over"
    else:
        yield f"due {_moment(row['due'], zone)}"
    if row["chasers"]:
        yield "asked again once" if row["chasers"] == 1 else f"asked again {row['chasers']} times"
    for also in row.get("also", ()):
        yield f"{str(also['what']).replace('_', ' ')} since {_moment(also['since'], zone)}"


def _meetings(rows: Sequence[Row], zone: tzinfo) -> Iterator[str]:
    if rows:
        yield from ("UNRECORDED MEETINGS", "")
    for row in rows:
        when = f", {_moment(row['starts_at'], zone)}" if row["starts_at"] else ""
        accounts = ", ".join(_plain(account) for account in row["accounts"])
        why = "was it held?" if row["confidence"] < _ASKED_BELOW else _WHY[row["gap"]]
        yield from _wrapped(f"{accounts}: {_shortened(row['title'])}{when}: {why}  [{row['id']}]", 2)
        if row["evidence"]:
            yield from _wrapped(f'"{_shortened(row["evidence"][-1]["quote"])}"', 4)


def _not_known(rows: Sequence[Row], zone: tzinfo) -> Iterator[str]:
    for row in rows:
        since, name = row["last_success"], _plain(row["name"])
        text = f"Not known since {_moment(since, zone)}: source {name}" if since else f"Never read: source {name}"
        yield from _wrapped(text, 0)


def _wrapped(text: str, indent: int) -> list[str]:
    space = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=space, subsequent_indent=f"{space}  ", break_on_hyphens=False)


def _shortened(text: str) -> str:
    plain = _plain(text)
    return plain if len(plain) <= _QUOTE else plain[: _QUOTE - 1].rstrip() + "\u2026"


def _plain(text: str) -> str:
    """Text from strangers on one line, without characters that steer terminals or turn the writing direction."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _moment(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def _date(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, _HOUR)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part
    )
