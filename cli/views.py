"""What the tables show: few, short columns, the words that prove it last."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cli.output import Column, Moment, Row, View, plain

_STATE_STYLES = {
    "overdue": "bold red",
    "broken": "bold red",
    "failed": "bold red",
    "auth_dead": "bold red",
    "at_risk": "yellow",
    "stale": "yellow",
    "unknown": "magenta",
    "never": "magenta",
    "ok": "green",
}
_HOUR = 60


def state_style(row: Row) -> str:
    """Return the rich style of a row's state."""
    return _STATE_STYLES.get(str(row.get("state", "")), "")


def minutes(count: int) -> str:
    """Return business time as people say it: ``25 min``, ``2 h``, ``2 h 05``."""
    hours, rest = divmod(int(count), _HOUR)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02}" if rest else f"{hours} h"


def _due(row: Row, moment: Moment) -> str:
    over = row.get("business_minutes_over") or 0
    if row.get("state") == "overdue" and over > 0:
        return f"{minutes(over)} over"
    return f"by {moment.show(row.get('due'))}" if row.get("due") else ""


def _quote(row: Row, _moment: Moment) -> str:
    evidence = row.get("evidence") or []
    return f"“{evidence[0].get('quote', '')}”" if evidence else ""


def _owner(row: Row, _moment: Moment) -> str:
    owner = row.get("owner") or ""
    return f"{owner} (for {row['for']})" if row.get("for") else f"{owner} (away)" if row.get("away_until") else owner


def _names(row: Row, _moment: Moment) -> str:
    return ", ".join(row.get("accounts") or [row.get("account") or ""])


def _lag(row: Row, _moment: Moment) -> str:
    seconds = row.get("lag_seconds")
    if seconds is None:
        return ""
    lag = timedelta(seconds=int(seconds))
    return f"{lag.days} d" if lag.days else minutes(lag.seconds // 60)


def _coverage(row: Row, _moment: Moment) -> str:
    folders: list[dict[str, Any]] = row.get("folders") or []
    if not folders:
        return ""
    held = sum(folder.get("held") or 0 for folder in folders)
    known = [folder["server_count"] for folder in folders if folder.get("server_count") is not None]
    return f"{held} of {sum(known)}" if known else str(held)


def _quarantined(row: Row, _moment: Moment) -> str:
    return str(sum(folder.get("quarantined") or 0 for folder in row.get("folders") or []))


def _seconds(row: Row, _moment: Moment) -> str:
    return f"{row.get('seconds') or 0:.1f}"


def _when(row: Row, moment: Moment) -> str:
    starts, ends = row.get("starts_at"), row.get("ends_at")
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        first, last = moment.show(starts), moment.show(ends)
        return f"{first}-{last.rpartition(' ')[2]}" if first.rpartition(" ")[0] == last.rpartition(" ")[0] else first
    return plain(starts, moment)


def _both_ways(what: str) -> Callable[[Row, Moment], str]:
    """Show what comes and what goes: ``+3 -1``."""

    def show(row: Row, _moment: Moment) -> str:
        gained, lost = row.get(f"{what}_in") or 0, row.get(f"{what}_out") or 0
        return " ".join(part for part in (f"+{gained}" if gained else "", f"-{lost}" if lost else "") if part) or "0"

    return show


def _examples(row: Row, _moment: Moment) -> str:
    return "; ".join(f"“{example['title']}”" for example in row.get("examples") or [])


_STATE = Column("state", "state", style=state_style)
_ID = Column("id", "id", style="dim")

OVERDUE = View(
    columns=(
        _ID,
        Column("account", "account"),
        _STATE,
        Column("due", _due),
        Column("owner", _owner, spare=True),
        Column("contact", "contact", spare=True),
        Column("subject", "subject", long=True),
        Column("quote", _quote, long=True),
    ),
    fields=(
        *("id", "account", "account_id", "owner", "contact", "subject", "conversation", "message_id", "kinds", "state"),
        *("clock_start", "due", "business_minutes_used", "business_minutes_over", "chasers", "confidence"),
        *("evidence", "clears_when", "for", "away_until"),
    ),
    nothing="Nothing is waiting.",
)


def _due_under(side: str) -> Callable[[Row, Moment], str]:
    def shown(row: Row, moment: Moment) -> str:
        told = row.get(side)
        if not told:
            return "none"
        over = told.get("business_minutes_over") or 0
        return f"{moment.show(told.get('due'))}{f', {minutes(over)} over' if told.get('overdue') and over else ''}"

    return shown


def _times_under(side: str) -> Callable[[Row, Moment], str]:
    def shown(row: Row, _moment: Moment) -> str:
        told = row.get(side)
        if not told:
            return ""
        average = "" if told.get("average_minutes") is None else f"{minutes(told['average_minutes'])}; "
        return f"{average}{told.get('overdue')} overdue"

    return shown


def _minutes_of(name: str) -> Callable[[Row, Moment], str]:
    return lambda row, _moment: "" if row.get(name) is None else minutes(row[name])


def _count_of(name: str) -> Callable[[Row, Moment], str]:
    return lambda row, _moment: str((row.get("after") or row.get("before") or {}).get(name, ""))


REPLAY = View(
    columns=(
        _ID,
        Column("account", "account"),
        Column("change", "change"),
        Column("due now", _due_under("before")),
        Column("due then", _due_under("after")),
        Column("contact", "contact", spare=True),
        Column("subject", "subject", long=True),
    ),
    fields=(
        *("id", "account", "account_id", "contact", "subject", "message_id", "kinds", "clock_start", "cleared_at"),
        *("change", "before", "after"),
    ),
    nothing="No flag would be different.",
)

RESPONSE_TIMES = View(
    columns=(
        Column("asked", "kind"),
        Column("answered", _count_of("answered"), right=True),
        Column("open", _count_of("open"), right=True),
        Column("average now", _times_under("before")),
        Column("average then", _times_under("after")),
    ),
    fields=("kind", "before", "after"),
    nothing="Nothing was asked.",
)

REPORT = View(
    columns=(
        Column("asked", "kind"),
        Column("answered", "answered", right=True),
        Column("open", "open", right=True),
        Column("overdue", "overdue", right=True),
        Column("average", _minutes_of("average_minutes")),
        Column("median", _minutes_of("median_minutes")),
    ),
    fields=("kind", "answered", "open", "overdue", "average_minutes", "median_minutes"),
    nothing="Nothing was asked.",
)

PROMISES = View(
    columns=(
        _ID,
        Column("side", "side"),
        Column("account", "account"),
        _STATE,
        Column("due", "due"),
        Column("by", "by", spare=True),
        Column("promise", "quote", long=True),
    ),
    fields=(
        *("id", "side", "account", "account_id", "by", "contact", "quote", "made_at", "due", "certainty", "moved"),
        *("state", "conversation", "message_id", "kept_by", "evidence"),
    ),
    nothing="No promises are open.",
)

COMPLAINTS = View(
    columns=(
        _ID,
        Column("account", "account"),
        _STATE,
        Column("cause", "cause"),
        Column("opened", "opened_at"),
        Column("contact", "contact", spare=True),
        Column("quotes", "quotes", long=True),
        Column("measures", "measures", long=True, spare=True),
    ),
    fields=(
        *("id", "account", "account_id", "contact", "cause", "opened_at", "acknowledged_at", "closed_at", "closed_why"),
        *("state", "quotes", "measures", "promises", "recurs", "conversation", "message_id", "evidence"),
    ),
    nothing="No complaints are open.",
)

MEETINGS = View(
    columns=(
        _ID,
        Column("when", _when),
        Column("account", _names),
        Column("title", "title", long=True),
        Column("status", "status", spare=True),
        Column("recorded", "recorded", spare=True),
        Column("outcome", "outcome"),
    ),
    fields=(
        *("id", "event_id", "account", "account_id", "accounts", "starts_at", "ends_at", "title", "participants"),
        *("status", "recorded", "outcome", "cancelled_by", "known_from", "proposals"),
    ),
    nothing="No meetings with clients.",
)

ACTS = View(
    columns=(_ID, Column("action", "action"), Column("by", "by"), Column("reason", "reason", long=True)),
    fields=("id", "action", "at", "by", "until", "to", "as", "reason"),
    nothing="Nothing was done.",
)
RECORDED = View(
    columns=(_ID, Column("meeting", "meeting"), Column("outcome", "outcome"), Column("why", "why", long=True)),
    fields=("id", "meeting", "at", "outcome", "recorded", "why"),
    nothing="Nothing was recorded.",
)
UNRECORDED = View(
    columns=(
        _ID,
        Column("gap", "gap"),
        Column("when", _when),
        Column("account", _names),
        Column("title", "title", long=True),
        Column("quote", _quote, long=True),
    ),
    fields=(
        *("id", "gap", "account", "account_id", "accounts", "starts_at", "ends_at", "title", "participants"),
        *("confidence", "evidence", "event_id", "message_id"),
    ),
    nothing="Every meeting is recorded.",
)

TIMELINE = View(
    columns=(
        Column("at", "at"),
        Column("kind", "kind", spare=True),
        Column("direction", "direction", spare=True),
        Column("who", lambda row, _moment: str((row.get("participants") or [""])[0])),
        Column("title", "title", long=True),
        Column("text", "snippet", long=True),
        Column("id", "id", style="dim"),
    ),
    fields=(
        *("id", "at", "kind", "direction", "title", "snippet", "participants", "message_id", "event_id"),
        *("signals", "open_flags"),
    ),
    nothing="Nothing on the timeline here.",
)

STATUS = View(
    columns=(
        Column("source", "name"),
        Column("kind", "kind", spare=True),
        _STATE,
        Column("last success", "last_success"),
        Column("lag", _lag, spare=True),
        Column("held", _coverage, right=True),
        Column("quarantined", _quarantined, right=True),
        Column("next try", "next_attempt", spare=True),
        Column("error", "error", long=True),
    ),
    fields=("name", "kind", "state", "last_success", "lag_seconds", "error", "failures", "next_attempt", "folders"),
    nothing="No sources are configured; add one to accountline.toml.",
)

ACCOUNTS = View(
    columns=(
        _ID,
        Column("name", "name"),
        Column("domains", "domains", long=True, spare=True),
        Column("tier", "tier", spare=True),
        Column("owner", "owner", spare=True),
        Column("messages", "messages", right=True),
        Column("last contact", "last_contact"),
        Column("open", "open", right=True),
    ),
    fields=("id", "name", "domains", "contacts", "tier", "owner", "backup", "messages", "last_contact", "open"),
    nothing="No accounts yet; fill in the account book and run `accountline ingest`.",
)

_CHANGE = (Column("account", "account_id"), Column("column", "field"), Column("from", "before"), Column("to", "after"))
BOOK_CHANGES = View(columns=_CHANGE, fields=("account_id", "field", "before", "after"), nothing="Nothing changes.")
MOVED = View(
    columns=(
        Column("account", "account"),
        Column("messages", _both_ways("messages"), right=True),
        Column("meetings", _both_ways("meetings"), right=True),
        Column("flags", _both_ways("flags"), right=True),
        Column("such as", _examples, long=True),
    ),
    fields=(
        *("account", "account_id", "messages_in", "messages_out", "meetings_in", "meetings_out"),
        *("flags_in", "flags_out", "examples"),
    ),
    nothing="No mail or meeting moves between accounts.",
)
BOOK_HISTORY = View(
    columns=(Column("at", "at"), Column("by", "by"), *_CHANGE),
    fields=("at", "by", "account_id", "field", "before", "after"),
    nothing="The account book was not changed yet.",
)
NEAR_DUPLICATES = View(
    columns=(Column("account", "account_id"), Column("and", "other_id"), Column("why", "why", long=True)),
    fields=("account_id", "other_id", "score", "why"),
    nothing="No two accounts look alike.",
)

_CONTACT = (
    Column("account", "account"),
    Column("address", "address"),
    Column("name", "name"),
    Column("title", "title", spare=True),
    Column("phone", "phone", spare=True),
    Column("organisation", "organisation", spare=True),
    Column("from the line", "quote", long=True),
    _ID,
)
_CONTACT_FIELDS = (
    *("id", "source", "account", "account_id", "address", "name", "title", "phone", "organisation"),
    *("quote", "message_id", "at"),
)
CONTACTS = View(columns=_CONTACT, fields=_CONTACT_FIELDS, nothing="Nothing new is known of any contact.")
DECIDED_CONTACTS = View(
    columns=(Column("decision", "decision"), Column("by", "by"), *_CONTACT),
    fields=(*_CONTACT_FIELDS, "decision", "by"),
    nothing="No proposal was accepted or refused yet.",
)

TRIAGE = View(
    columns=(
        Column("domain", "domain"),
        Column("messages", "messages", right=True),
        Column("first", "first", spare=True),
        Column("last", "last"),
        Column("last subject", "last_subject", long=True),
        Column("addresses", "addresses", long=True, spare=True),
    ),
    fields=("domain", "addresses", "messages", "first", "last", "last_subject"),
    nothing="No unknown domains are waiting.",
)

SEARCH = View(
    columns=(
        Column("at", "at"),
        Column("kind", "kind", spare=True),
        Column("account", "account"),
        Column("title", "title", long=True),
        Column("text", "snippet", long=True),
        Column("id", "id", style="dim"),
    ),
    fields=("kind", "id", "at", "account", "title", "snippet", "score"),
    nothing="Nothing found.",
)

QUARANTINE = View(
    columns=(
        Column("id", "id"),
        Column("source", "source"),
        Column("folder", "folder"),
        Column("uid", "uid", spare=True),
        Column("stage", "stage", spare=True),
        Column("reason", "reason", long=True),
    ),
    fields=("id", "source", "folder", "uid", "stage", "reason"),
    nothing="Quarantine is empty.",
)

INGEST = View(
    columns=(
        Column("source", "name"),
        Column("kind", "kind", spare=True),
        _STATE,
        *(
            Column(name, name, right=True)
            for name in ("listed", "new", "updated", "duplicates", "quarantined", "removed")
        ),
        Column("seconds", _seconds, right=True),
    ),
    fields=(
        *("name", "kind", "state", "listed", "new", "updated", "duplicates", "quarantined", "removed"),
        *("seconds", "bytes", "error"),
    ),
    nothing="No sources are configured; add one to accountline.toml.",
)

EXTRACT = View(
    columns=(
        Column("id", "id"),
        Column("kind", "kind", spare=True),
        Column("quote", "quote", long=True),
        Column(
            "score",
            lambda row, _moment: f"{row['score']:.2f}" if row.get("score") is not None else "",
            right=True,
            spare=True,
        ),
        Column("due", "due"),
        Column("rule", "rule", style="dim", spare=True),
    ),
    fields=(
        "id",
        "message_id",
        "automatic",
        "language",
        "reply_text",
        "signature",
        "contacts",
        "invitations",
        "signals",
    ),
    nothing="No messages.",
)

EXPLAIN = View(
    columns=(),
    fields=("id", "kind", "facts", "rules", "clock", "clears_when"),
    nothing="",
)

DOCTOR_FIELDS = ("check", "ok", "detail", "advice")

EVALUATE = View(
    columns=(
        Column("language", "language"),
        Column("kind", "kind"),
        Column("sentences", "sentences", right=True),
        Column("precision", "precision", right=True),
        Column("recall", "recall", right=True),
        Column("F1", "f1", right=True),
        Column("Brier", "brier", right=True, spare=True),
        Column("calibration error", "calibration_error", right=True, spare=True),
    ),
    fields=("language", "kind", "sentences", "precision", "recall", "f1", "brier", "calibration_error"),
    nothing="There is nothing labelled.",
)
READ_WRONGLY = View(
    columns=(
        Column("place", "place"),
        Column("wrong", "wrong"),
        Column("missed", "missed"),
        Column("sentence", "text", long=True),
    ),
    fields=("place", "wrong", "missed", "scores", "text"),
    nothing="Everything was read as labelled.",
)
