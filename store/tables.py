"""The tables. Only ``store`` sees them.

Every derived row carries the version that made it (``parsed_with``, ``read_with``, ``attached_with``,
``settled_with``): a stage recomputes the rows whose version is not its own, and a stage that rewrites a row empties
the versions of the stages after it in the same transaction. That is all the bookkeeping a killed run needs.

Keys of derived rows are hashes of what they describe, never counters: any order of arrival ends in the same rows.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    column,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Two of them and a name of a source fit into one index.
_KEY_BYTES = 1000


class Instant(TypeDecorator[datetime]):
    """An aware instant as microseconds since 1970: sorts, compares and indexes alike on both engines."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Refuse naive times: they are how a follow-up lands on the wrong day."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime reached the store")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return aware UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Key(TypeDecorator[str]):
    """Text that is looked up: what a hostile mail makes too long for an index of PostgreSQL ends in its hash.

    An entry of such an index has at most 2,704 bytes, and no text of PostgreSQL holds a NUL. Equal texts stay equal.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Leave all but monsters as they are."""
        return None if value is None else key_text(value)


def key_text(value: str) -> str:
    """A text as ``Key`` stores it."""
    if len(value) <= _KEY_BYTES // 4 and "\0" not in value:
        return value
    encoded = value.replace("\0", "\ufffd").encode("utf-8", "replace")
    if len(encoded) > _KEY_BYTES:
        digest = hashlib.sha256(encoded).hexdigest()
        encoded = encoded[: _KEY_BYTES - len(digest)] + digest.encode()
    return encoded.decode("utf-8", "ignore")


Json = JSON().with_variant(JSONB(), "postgresql")
Id = String(16)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

source = Table(
    "source",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("owner", String(320), nullable=False),
    Column("cursor", Json, nullable=False),
    Column("connected_at", Instant, nullable=False),
    Column("attempted_at", Instant, nullable=False),
    Column("succeeded_at", Instant),
    Column("state", String(20), nullable=False),
    Column("error", Text, nullable=False, server_default=""),
    # Of a source that failed: how often in a row, when it is tried again, and the edition of what was tried.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", Instant),
    Column("tried_with", String(40), nullable=False, server_default=""),
    # How much of what only this source holds is shown: a name of domain.visibility.Visibility.
    Column("visibility", String(12), nullable=False, server_default="everything"),
)

folder = Table(
    "folder",
    metadata,
    Column("source", ForeignKey("source.name", ondelete="CASCADE"), primary_key=True),
    Column("name", Key, primary_key=True),
    Column("server_count", Integer, nullable=False),
    Column("proven_at", Instant, nullable=False),
)

blob = Table(
    "blob",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

# One copy of something on a server. A message in three folders has three items.
item = Table(
    "item",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", ForeignKey("source.name", ondelete="CASCADE"), nullable=False),
    Column("folder", Key, nullable=False),
    Column("uid", Key, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("etag", Text, nullable=False),
    Column("blob", ForeignKey("blob.hash")),
    Column("size", BigInteger, nullable=False),
    Column("truncated", Boolean, nullable=False),
    Column("received_at", Instant),
    Column("fetched_at", Instant, nullable=False),
    Column("imap_flags", Json, nullable=False),
    # What the mailbox calls the mail's conversation; another mailbox calls it otherwise.
    Column("provider_thread", Key, nullable=False, server_default=""),
    Column("media_type", String(80), nullable=False, server_default=""),
    Column("removed_at", Instant),
    Column("left_out", String(40), nullable=False, server_default=""),
    Column("problem", Text, nullable=False, server_default=""),
    Column("problem_stage", String(10), nullable=False, server_default=""),
    Column("message", Id),
    Column("expanded_until", Instant),
    Column("parsed_with", String(80)),
    UniqueConstraint("source", "folder", "uid"),
    Index("ix_item_message", "message"),
    Index("ix_item_parsed_with", "parsed_with"),
)

message = Table(
    "message",
    metadata,
    Column("key", Id, primary_key=True),
    Column("message_id", Key, nullable=False),
    Column("subject", Text, nullable=False),
    Column("base_subject", Key, nullable=False, server_default=""),
    # A reply by its subject that names no mail: it is joined by subject and people.
    Column("orphan", Boolean, nullable=False, server_default="0"),
    Column("list_id", Text, nullable=False, server_default=""),
    Column("sender_name", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("on_behalf", Text, nullable=False),
    Column("sent_at", Instant),
    Column("sent_offset", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body_text", Text, nullable=False),
    Column("reply_text", Text, nullable=False),
    Column("quoted_text", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("forwarded", Boolean, nullable=False),
    Column("quoted_headers", Json, nullable=False),
    Column("attachments", Json, nullable=False),
    Column("headers", Json, nullable=False),
    Column("automatic", String(20), nullable=False),
    Column("language", String(8), nullable=False),
    Column("return_date", Instant),
    Column("failed_recipients", Json, nullable=False),
    Column("invitation", Boolean, nullable=False),
    Column("truncated", Boolean, nullable=False),
    Column("size", BigInteger, nullable=False),
    # Which of several copies these words were taken from: the smallest rank wins, whatever came first.
    Column("rank", Text, nullable=False),
    Column("direction", String(10), nullable=False, server_default="none"),
    Column("names_us", Boolean, nullable=False, server_default="0"),
    Column("own_list", Boolean, nullable=False, server_default="0"),
    Column("historic", Boolean, nullable=False, server_default="0"),
    Column("thread", Id, nullable=False),
    Column("conversation", Id, nullable=False),
    Column("read_with", String(80)),
    Column("attached_with", String(80)),
    Column("settled_with", String(80)),
    Index("ix_message_message_id", "message_id"),
    Index("ix_message_base_subject", "base_subject"),
    Index("ix_message_thread", "thread"),
    Index("ix_message_conversation", "conversation"),
    Index("ix_message_read_with", "read_with"),
    Index("ix_message_attached_with", "attached_with"),
    Index("ix_message_settled_with", "settled_with"),
)

message_address = Table(
    "message_address",
    metadata,
    Column("message", ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("role", String(8), nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Key, nullable=False),
    Column("side", String(8), nullable=False, server_default=""),
    Column("account", String(80), nullable=False, server_default=""),
    Column("domain", Key, nullable=False, server_default=""),
    Index("ix_message_address_address", "address"),
    Index("ix_message_address_side_domain", "side", "domain"),
)

# Every Message-ID a mail names, its own included: two mails that share a row here may belong together.
message_reference = Table(
    "message_reference",
    metadata,
    Column("message", ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
    Column("reference", Key, primary_key=True),
    Column("position", Integer, nullable=False),
    Index("ix_message_reference_reference", "reference"),
)

message_account = Table(
    "message_account",
    metadata,
    Column("message", ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
    Column("account", String(80), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_message_account_account_at", "account", "at", "message"),
)

signal = Table(
    "signal",
    metadata,
    Column("message", ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("score", Float, nullable=False),
    Column("rule", Text, nullable=False),
    Column("due", String(40), nullable=False),
    Column("certainty", String(12), nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Column("cause", String(20), nullable=False),
    Column("persons", Json, nullable=False, server_default="[]"),
)

event = Table(
    "event",
    metadata,
    Column("key", Id, primary_key=True),
    Column("ical_uid", Key, nullable=False),
    Column("recurrence_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("all_day", Boolean, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("status", String(12), nullable=False),
    Column("private", Boolean, nullable=False),
    Column("transparent", Boolean, nullable=False),
    Column("organizer", Text, nullable=False),
    Column("attendees", Json, nullable=False),
    Column("updated_at", Instant),
    Column("cancelled_by", Text, nullable=False, server_default=""),
    Column("proposals", Json, nullable=False, server_default="[]"),
    # The calendar's copy these words come from; of a shadow event that no calendar shows, the word "mail".
    Column("rank", Text, nullable=False),
    # Keys of the mails that had a say, and what the calendar shows where mail changed it.
    Column("mails", Json, nullable=False, server_default="[]"),
    Column("shown", JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")),
    Column("own", Json, nullable=False),
    Column("clients", Json, nullable=False),
    # (address, domain) of those who belong to no account: an event of theirs waits in triage.
    Column("strangers", Json, nullable=False),
    Column("titled", Boolean, nullable=False, server_default="0"),
    # The calendar calls its owner out of office; and which of us is away by this entry, if anybody is.
    Column("away", Boolean, nullable=False, server_default="0"),
    Column("absent", String(320), nullable=False, server_default=""),
    Column("historic", Boolean, nullable=False, server_default="0"),
    Column("attached_with", String(80)),
    Index("ix_event_starts_at", "starts_at"),
    Index("ix_event_ical_uid", "ical_uid"),
    Index("ix_event_attached_with", "attached_with"),
    Index("ix_event_absent_ends_at", "absent", "ends_at"),
)

# Which calendar object shows which occurrence, so that one that is gone everywhere goes, and two copies are one.
event_copy = Table(
    "event_copy",
    metadata,
    Column("item", ForeignKey("item.id", ondelete="CASCADE"), primary_key=True),
    Column("event", Id, primary_key=True),
    Index("ix_event_copy_event", "event"),
)

# What mails say about events (RFC 5546). Events are folded from these and the calendars' copies (D5.12).
itip = Table(
    "itip",
    metadata,
    Column("message", ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("ical_uid", Key, nullable=False),
    Column("method", String(16), nullable=False),
    Column("recurrence_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("stamped_at", Instant),
    Column("received_at", Instant, nullable=False),
    Column("fact", Json, nullable=False),
    Column("ignored", Text, nullable=False, server_default=""),
    Index("ix_itip_ical_uid", "ical_uid"),
)

event_account = Table(
    "event_account",
    metadata,
    Column("event", ForeignKey("event.key", ondelete="CASCADE"), primary_key=True),
    Column("account", String(80), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("participants", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_event_account_account_at", "account", "at", "event"),
)

# Clients who take part, of ``event.clients``, by which the meetings of one of them are found.
event_client = Table(
    "event_client",
    metadata,
    Column("event", ForeignKey("event.key", ondelete="CASCADE"), primary_key=True),
    Column("address", Key, primary_key=True),
    Index("ix_event_client_address", "address", "event"),
)

account = Table(
    "account",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("name", Text, nullable=False),
    Column("domains", Json, nullable=False),
    Column("contacts", Json, nullable=False),
    Column("tier", String(40), nullable=False),
    Column("owner", String(320), nullable=False),
    Column("backup", String(320), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("allow", Json, nullable=False),
    Column("met_with", String(80)),
)

obligation = Table(
    "obligation",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("side", String(8), nullable=False),
    Column("account", String(80), nullable=False),
    Column("conversation", Id, nullable=False),
    Column("message", Id, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("contact", Text, nullable=False),
    Column("kinds", Json, nullable=False),
    Column("clock_start", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    Column("at_risk_at", Instant, nullable=False),
    Column("chasers", Json, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("clears_when", Text, nullable=False),
    Column("cleared_at", Instant),
    Column("cleared_by", String(20), nullable=False),
    Column("cleared_reason", Text, nullable=False),
    Column("cleared_who", Text, nullable=False),
    Column("discussed_since", Instant),
    Column("bounced_at", Instant),
    Column("readings", Json, nullable=False),
    Column("notes", Json, nullable=False, server_default="[]"),
    Column("phases", Json, nullable=False, server_default="[]"),
    Column("via", String(320), nullable=False, server_default=""),
    # How its conversation alone would end it, where something outside had a say; else empty.
    Column("alone", Json, nullable=False, server_default="{}"),
    Column("historic", Boolean, nullable=False),
    Index("ix_obligation_conversation", "conversation"),
    Index("ix_obligation_account", "account"),
    Index("ix_obligation_message", "message"),
    # What is open is a small part of all there was.
    Index("ix_obligation_side_historic_cleared_at", "side", "historic", "cleared_at"),
)

# What either side promised the other. Wordings, with their times, are in `statements`, oldest first.
commitment = Table(
    "commitment",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("side", String(8), nullable=False),
    Column("account", String(80), nullable=False),
    Column("conversation", Id, nullable=False),
    Column("message", Id, nullable=False),
    Column("contact", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("statements", Json, nullable=False),
    Column("ended_at", Instant),
    Column("ended_as", String(12), nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("ended_why", Text, nullable=False),
    # The meeting or note that kept it, as long as its own conversation says nothing of its end.
    Column("met_at", Instant),
    Column("met_by", Text, nullable=False, server_default=""),
    Column("met_why", Text, nullable=False, server_default=""),
    Column("historic", Boolean, nullable=False),
    Index("ix_commitment_conversation", "conversation"),
    Index("ix_commitment_account", "account"),
    Index("ix_commitment_side_made_at", "side", "made_at"),
)

complaint = Table(
    "complaint",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("account", String(80), nullable=False),
    Column("conversation", Id, nullable=False),
    Column("message", Id, nullable=False),
    Column("contact", Text, nullable=False),
    Column("cause", String(20), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("acknowledged_at", Instant),
    Column("measures", Json, nullable=False),
    Column("closed_at", Instant),
    Column("closed_by", Text, nullable=False),
    Column("closed_why", Text, nullable=False),
    Column("historic", Boolean, nullable=False),
    Index("ix_complaint_conversation", "conversation"),
    Index("ix_complaint_account_opened_at", "account", "opened_at"),
)

gap = Table(
    "gap",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("gap", String(16), nullable=False),
    Column("account", String(80), nullable=False),
    Column("accounts", Json, nullable=False),
    Column("title", Text, nullable=False),
    Column("starts_at", Instant),
    Column("ends_at", Instant),
    Column("participants", Json, nullable=False),
    Column("flag_from", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("closed_reason", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("event", String(16), nullable=False),
    Column("message", String(16), nullable=False),
    Column("message_id", Text, nullable=False),
    Column("evidence", Json, nullable=False),
    Column("historic", Boolean, nullable=False),
    Index("ix_gap_account", "account"),
    Index("ix_gap_event", "event"),
)

# What users did with flags, and wrote about meetings: only ever added to. A flag is an id of `obligation`,
# `commitment`, `complaint` or `gap`, whose rows come and go with what is known.
act = Table(
    "act",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("flag", String(20), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(320), nullable=False),
    Column("until", Instant),
    Column("assignee", String(320), nullable=False),
    Column("label", String(24), nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_act_flag", "flag"),
)

note = Table(
    "note",
    metadata,
    Column("id", String(20), primary_key=True),
    # Key of the occurrence, or id of the gap that has none.
    Column("event", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(320), nullable=False),
    Column("text", Text, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("decisions", Json, nullable=False),
    Column("actions", Json, nullable=False),
    Column("said_none", Boolean, nullable=False),
    Column("about", Text, nullable=False),
    Index("ix_note_event", "event"),
)

note_account = Table(
    "note_account",
    metadata,
    Column("note", ForeignKey("note.id", ondelete="CASCADE"), primary_key=True),
    Column("account", String(80), primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_note_account_account_at", "account", "at", "note"),
)

notice = Table(
    "notice",
    metadata,
    Column("flag", String(20), primary_key=True),
    Column("title", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("times", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
)

# An outbox: what is to be sent is written down before anything is sent. Its words go when everybody has them.
report = Table(
    "report",
    metadata,
    Column("day", String(10), primary_key=True),
    Column("written_at", Instant, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    # What owners get of it: address, subject and words.
    Column("letters", Json, nullable=False, server_default="[]"),
    Column("notices", Json, nullable=False),
    Column("over", Json, nullable=False),
    Column("sent", Json, nullable=False),
    Column("finished_at", Instant),
)

# Proof that a person was erased, and what keeps their mail out from then on: nothing here says who it was.
erasure = Table(
    "erasure",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("salt", String(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(320), nullable=False),
    Column("counts", Json, nullable=False),
)

# Who changed what of the account book: only ever added to.
account_change = Table(
    "account_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(320), nullable=False),
    Column("account", String(80), nullable=False),
    Column("field", String(20), nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Index("ix_account_change_account", "account"),
)

# The latest that was decided about an unknown domain, or about a person at a public mail service.
triage_decision = Table(
    "triage_decision",
    metadata,
    Column("name", Text, primary_key=True),
    Column("decision", String(10), nullable=False),
    Column("account", String(80), nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(320), nullable=False),
)

# The latest that was decided about what mail tells of a contact.
contact_decision = Table(
    "contact_decision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String(20), nullable=False),
    Column("decision", String(10), nullable=False),
    Column("account", String(80), nullable=False),
    Column("address", Text, nullable=False),
    Column("details", Json, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(320), nullable=False),
)

# What can be searched (store/indexing.py). Words are folded; `words` is the text of SQLite's index and the index itself
# on PostgreSQL. The id grows with the time, so that the newest come first without sorting.
search_document = Table(
    "search_document",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(10), nullable=False),
    Column("key", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("title", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("marks", Text, nullable=False),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    Index("ix_search_document_key", "key"),
)

# SQLite only: the full-text index over `search_document`.
search_words = table("search_words", *map(column, ("rowid", "title", "sender", "recipients", "words", "marks")))

# PostgreSQL only: the words of all documents, each with one that has it, by which it goes when the last one goes.
search_term = Table(
    "search_term",
    metadata,
    Column("word", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    Column("document", BigInteger, nullable=False),
    Index("ix_search_term_document", "document"),
)

# Messages whose documents wait to be made, or to be made anew.
search_waiting = Table(
    "search_waiting",
    metadata,
    Column("message", ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
)

search_state = Table(
    "search_state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", String(20), nullable=False),
)
