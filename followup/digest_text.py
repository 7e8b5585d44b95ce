"""The morning report as plain text, at most 88 characters wide."""

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from domain.digest import Brief, Change, Digest, Item, Notice, Row

WIDTH = 88
_QUOTE = 160
"""Characters of a sentence that are shown."""
_HOUR = 60
_ASKED_BELOW = 0.5
"""Confidence below which a gap is a question (D5.3)."""
_MOST_NAMED = 6
HEADINGS = {"overdue": "OVERDUE", "at_risk": "AT RISK", "unknown": "NOT KNOWN"}
_WHY = {
    "undocumented": "no note, no recap",
    "off_calendar": "agreed by mail, in no calendar",
    "ad_hoc": "spoken of in a mail, in no calendar",
}


def digest_text(digest: Digest) -> str:
    """Write the report; it says that nobody waits only when every source is covered (SEMANTICS 7)."""
    local = ZoneInfo(digest.zone)
    parts = [
        [f"{digest.company}, {digest.today.astimezone(local):%A} {_date(digest.today, local)}", *whose(digest)],
        [changes(digest)] if changes(digest) else [],
        list(_waiting(digest, local)),
        list(_promises(digest.promises, local)),
        list(_briefs(digest.briefs, local)),
        list(_meetings(digest, local)),
        list(_cleared(digest.cleared)),
        list(_not_known(digest.stale, local)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def subject(digest: Digest) -> str:
    """The subject of the mail: how many wait, before it is opened."""
    states = [item.row["state"] for _, owned in digest.waiting for item in owned]
    told = [
        f"{states.count(state)} {words}"
        for state, words in (("overdue", "overdue"), ("at_risk", "at risk"), ("unknown", "not known"))
        if state in states
    ]
    if not told and digest.unlisted:
        told = [f"{digest.unlisted} still waiting"]
    if digest.stale:
        told.append("incomplete")
    return f"{digest.company}: {', '.join(told) or 'today'}"


def changes(digest: Digest) -> str:
    """One line on what changed since the last report; nothing in the first one."""
    if digest.since is None:
        return ""
    counted = [
        f"{number} {word}"
        for number, word in (
            (digest.count(Change.NEW), "new"),
            (digest.count(Change.WORSE), "worse"),
            (digest.count(Change.STILL) + digest.unlisted, "still waiting"),
            (len(digest.cleared), "cleared"),
        )
        if number
    ]
    since = f"since {moment(digest.since, ZoneInfo(digest.zone))}"
    return f"{', '.join(counted)} {since}." if counted else f"No change {since}."


def nobody_waits(digest: Digest) -> str:
    """What is said when there is nothing to list; never "all clear" over a gap in coverage."""
    if digest.unlisted:
        return ""
    if digest.stale:
        return "No complete picture: nobody is waiting in what could be read; see below."
    return "Nobody is waiting for you." if digest.reader else "Nobody is waiting for us."


def whose(digest: Digest) -> list[str]:
    """Whose accounts it is about, in a line; none where it is everybody's."""
    return [f"The accounts of {plain(digest.reader)}"] if digest.reader else []


def rest(digest: Digest) -> str:
    """How many wait that are not listed."""
    lines = []
    if digest.unlisted:
        verb = "waits" if digest.unlisted == 1 else "wait"
        lines.append(f"{digest.unlisted} more {verb}, told before or further down the list: accountline overdue.")
    if digest.in_time:
        more = " more" if digest.waiting or digest.unlisted else ""
        lines.append(f"{digest.in_time}{more} {'is' if digest.in_time == 1 else 'are'} open and in time.")
    return " ".join(lines)


def timing(row: Row, zone: tzinfo) -> Iterator[str]:
    """In whose place, since when, due when, how far over, asked how often."""
    if row.get("away_until"):
        whose = f"for {plain(row['for'])}, who is" if row["for"] else "its owner is"
        yield f"{whose} away until {moment(row['away_until'], zone)}"
    yield f"since {moment(row['clock_start'], zone)}"
    if row["state"] == "unknown":
        yield "may be answered where we could not look"
    elif row["state"] == "overdue":
        yield f"was due {moment(row['due'], zone)}"
        yield f"{duration(row['business_minutes_over'])} of business time over"
    else:
        yield f"due {moment(row['due'], zone)}"
    if row["chasers"]:
        yield "asked again once" if row["chasers"] == 1 else f"asked again {row['chasers']} times"
    for also in row.get("also", ()):
        yield f"{str(also['what']).replace('_', ' ')} since {moment(also['since'], zone)}"


def proof(row: Row) -> str:
    """The sentence that proves a flag."""
    return shortened(row["evidence"][0]["quote"] if row["evidence"] else row["subject"])


def gap_reason(row: Row) -> str:
    """Why a meeting is listed."""
    return "was it held?" if row["confidence"] < _ASKED_BELOW else _WHY[row["gap"]]


def brief_facts(brief: Brief, zone: tzinfo) -> Iterator[str]:
    """What to know before a meeting, a line each."""
    people = [plain(person) for person in brief.meeting["participants"]]
    if people:
        more = f" and {len(people) - _MOST_NAMED} more" if len(people) > _MOST_NAMED else ""
        yield f"with {', '.join(people[:_MOST_NAMED])}{more}"
    yield f"last contact {moment(brief.last_contact, zone)}" if brief.last_contact else "no contact so far"
    for row in brief.waiting[:2]:
        yield f'{HEADINGS.get(row["state"], "open").lower()}: "{proof(row)}"'
    for row in brief.promises[:3]:
        who = "we promised" if row["side"] == "ours" else "they promised"
        by = f", by {moment(row['due'], zone)}" if row["due"] else ""
        yield f'{who}: "{shortened(row["quote"])}"{by}'
    for row in brief.complaints[:2]:
        yield f'complaint ({row["cause"]}): "{shortened(row["quotes"][0])}"'


def shortened(text: str) -> str:
    """Text from strangers on one line, cut."""
    line = plain(text)
    return line if len(line) <= _QUOTE else line[: _QUOTE - 1].rstrip() + "\u2026"


def plain(text: str) -> str:
    """Text from strangers on one line, without characters that steer terminals or turn the writing direction."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def moment(at: datetime, zone: tzinfo) -> str:
    """Such as ``Thu 5 Mar 10:12``."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def duration(minutes: int) -> str:
    """Such as ``8 h 30 min``."""
    hours, left = divmod(minutes, _HOUR)
    return " ".join(
        part for part in (f"{hours} h" if hours else "", f"{left} min" if left or not hours else "") if part
    )


def _waiting(digest: Digest, zone: tzinfo) -> Iterator[str]:
    if not digest.waiting and not digest.in_time and nobody_waits(digest):
        yield nobody_waits(digest)
        return
    yield "WAITING FOR US"
    for owner, owned in digest.waiting:
        yield from ("", plain(owner) or "Nobody's yet")
        for item in owned:
            yield from _obligation(item, zone, marked=digest.since is not None)
    if rest(digest):
        yield ""
        yield from _wrapped(rest(digest), 0)


def _obligation(item: Item, zone: tzinfo, *, marked: bool) -> Iterator[str]:
    row = item.row
    asked = ", ".join(row["kinds"])
    mark = f"  {item.change}" if marked and item.change is not Change.STILL else ""
    yield from _wrapped(
        f"{HEADINGS[row['state']]}  {plain(row['account'])}: {plain(row['contact'])} ({asked}){mark}", 2
    )
    yield from _wrapped(f'"{proof(row)}"', 4)
    yield from _wrapped(", ".join(timing(row, zone)) + f"  [{row['id']}]", 4)


def _promises(rows: Sequence[Row], zone: tzinfo) -> Iterator[str]:
    if rows:
        yield from ("WE PROMISED", "")
    for row in rows:
        due = f", {'was ' if row['state'] == 'broken' else ''}due {moment(row['due'], zone)}" if row["due"] else ""
        yield from _wrapped(f"{plain(row['account'])}: {plain(row['by'])}{due}  [{row['id']}]", 2)
        yield from _wrapped(f'"{shortened(row["quote"])}"', 4)


def _briefs(briefs: Sequence[Brief], zone: tzinfo) -> Iterator[str]:
    if briefs:
        yield from ("MEETINGS TODAY", "")
    for brief in briefs:
        meeting = brief.meeting
        begins, ends = (meeting[name].astimezone(zone) for name in ("starts_at", "ends_at"))
        accounts = ", ".join(plain(account) for account in meeting["accounts"])
        yield from _wrapped(f"{begins:%H:%M} to {ends:%H:%M}  {accounts}: {shortened(meeting['title'])}", 2)
        for fact in brief_facts(brief, zone):
            yield from _wrapped(fact, 4)


def _meetings(digest: Digest, zone: tzinfo) -> Iterator[str]:
    if digest.gaps:
        yield from ("UNRECORDED MEETINGS", "")
    for item in digest.gaps:
        row = item.row
        when = f", {moment(row['starts_at'], zone)}" if row["starts_at"] else ""
        accounts = ", ".join(plain(account) for account in row["accounts"])
        yield from _wrapped(f"{accounts}: {shortened(row['title'])}{when}: {gap_reason(row)}  [{row['id']}]", 2)
        if row["evidence"]:
            yield from _wrapped(f'"{shortened(row["evidence"][-1]["quote"])}"', 4)
    if digest.gaps_unlisted:
        more = "more" if digest.gaps else "unrecorded meetings told before"
        yield from _wrapped(
            f"{digest.gaps_unlisted} {more}: accountline meetings --unrecorded.", 2 if digest.gaps else 0
        )


def _cleared(notices: Sequence[Notice]) -> Iterator[str]:
    if notices:
        yield from _wrapped(f"Cleared: {cleared(notices)}.", 0)


def cleared(notices: Sequence[Notice]) -> str:
    """What needs nothing any more, by name."""
    named = "; ".join(shortened(notice.title) for notice in notices[:_MOST_NAMED])
    return f"{named}; and {len(notices) - _MOST_NAMED} more" if len(notices) > _MOST_NAMED else named


def _not_known(rows: Sequence[Row], zone: tzinfo) -> Iterator[str]:
    for row in rows:
        yield from _wrapped(unknown_since(row, zone), 0)


def unknown_since(row: Row, zone: tzinfo) -> str:
    """Since when a source tells nothing."""
    since, name = row["last_success"], plain(row["name"])
    return f"Not known since {moment(since, zone)}: source {name}" if since else f"Never read: source {name}"


def _wrapped(text: str, indent: int) -> list[str]:
    space = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=space, subsequent_indent=f"{space}  ", break_on_hyphens=False)


def _date(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y}"
