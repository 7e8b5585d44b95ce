"""The morning report as HTML for mail programs."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from domain.digest import Brief, Change, Digest, Item, Row
from followup.digest_text import (
    HEADINGS,
    brief_facts,
    changes,
    cleared,
    gap_reason,
    moment,
    nobody_waits,
    plain,
    proof,
    rest,
    shortened,
    subject,
    timing,
    unknown_since,
    whose,
)

_COLOURS = {"overdue": "#b91c1c", "at_risk": "#b45309", "unknown": "#4b5563"}


@cache
def _template() -> Template:
    """Everything put into it is escaped: it is the words of strangers."""
    environment = Environment(
        loader=PackageLoader("flows"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("digest.html")


def digest_html(digest: Digest) -> str:
    """Write the report as one page without anything to load."""
    zone = ZoneInfo(digest.zone)
    local = digest.today.astimezone(zone)
    quiet = not digest.waiting and not digest.in_time
    return _template().render(
        subject=subject(digest),
        preview=next((proof(item.row) for item in digest.items), ""),
        title=digest.company,
        day=f"{local:%A} {local.day} {local:%B %Y}",
        whose=whose(digest),
        changes=changes(digest),
        unknown=[f"{unknown_since(row, zone)}." for row in digest.stale],
        nobody=nobody_waits(digest) if quiet else "",
        waiting=[(plain(owner), [_item(item, digest, zone) for item in owned]) for owner, owned in digest.waiting],
        rest=rest(digest),
        promises=[_promise(row, zone) for row in digest.promises],
        briefs=[_brief(brief, zone) for brief in digest.briefs],
        gaps=[_gap(item.row, zone) for item in digest.gaps],
        gaps_rest=f"{digest.gaps_unlisted} more: accountline meetings --unrecorded" if digest.gaps_unlisted else "",
        cleared=cleared(digest.cleared),
    )


def _item(item: Item, digest: Digest, zone: ZoneInfo) -> Mapping[str, Any]:
    row = item.row
    told = digest.since is not None and item.change is not Change.STILL
    return {
        "id": row["id"],
        "state": HEADINGS[row["state"]].lower(),
        "colour": _COLOURS[row["state"]],
        "change": str(item.change) if told else "",
        "account": plain(row["account"]),
        "contact": plain(row["contact"]),
        "asked": ", ".join(row["kinds"]),
        "proof": proof(row),
        "timing": ", ".join(timing(row, zone)),
    }


def _promise(row: Row, zone: ZoneInfo) -> Mapping[str, Any]:
    broken = row["state"] == "broken"
    due = f"{'was ' if broken else ''}due {moment(row['due'], zone)}" if row["due"] else ""
    return {
        "account": plain(row["account"]),
        "by": plain(row["by"]),
        "due": due,
        "colour": "#b91c1c" if broken else "#4b5563",
        "quote": shortened(row["quote"]),
    }


def _brief(brief: Brief, zone: ZoneInfo) -> Mapping[str, Any]:
    meeting = brief.meeting
    begins, ends = (meeting[name].astimezone(zone) for name in ("starts_at", "ends_at"))
    return {
        "when": f"{begins:%H:%M}\u2013{ends:%H:%M}",
        "accounts": ", ".join(plain(account) for account in meeting["accounts"]),
        "title": shortened(meeting["title"]),
        "facts": list(brief_facts(brief, zone)),
    }


def _gap(row: Row, zone: ZoneInfo) -> Mapping[str, Any]:
    return {
        "id": row["id"],
        "accounts": ", ".join(plain(account) for account in row["accounts"]),
        "title": shortened(row["title"]),
        "when": moment(row["starts_at"], zone) if row["starts_at"] else "",
        "reason": gap_reason(row),
        "quote": shortened(row["evidence"][-1]["quote"]) if row["evidence"] else "",
    }
