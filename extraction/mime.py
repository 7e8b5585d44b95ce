"""Bytes as received become a Message; whatever they are, nothing is raised (RFC 5322, RFC 2045)."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import Message as MimePart
from typing import Final

from domain.events import Event
from domain.itip import ItipMessage
from domain.mail import Address, Automatic, Message, QuotedHeader, Zones
from domain.signals import Problem
from domain.sources import RawMessage
from extraction.absence import read_return_date
from extraction.automatic import classify_automatic
from extraction.blanks import on_one_line
from extraction.body import Body, read_body
from extraction.bounces import delivery_status, failed_recipients
from extraction.headers import (
    canonical_message_id,
    decode_text,
    parse_addresses,
    parse_date,
    parse_message_ids,
)
from extraction.html_text import MAX_TEXT
from extraction.language import detect_language
from extraction.list_mail import writer_behind_list
from extraction.mime_tree import parse_tree
from extraction.zones import split_zones

_KEPT_NAMES: Final = """
auto-submitted content-class content-language content-type delivered-to feedback-id importance list-id list-post
list-unsubscribe precedence priority reply-to return-path thread-index thread-topic x-auto-response-suppress
x-autoreply x-autorespond x-autoresponder x-auto-reply-from x-campaign-id x-failed-recipients x-gm-thrid
x-mail-autoreply x-mailer x-mailgun-tag x-original-to x-priority x-vacation
"""
_KEPT: Final = frozenset(_KEPT_NAMES.split())
_MAX_KEPT = 1_000
_MAX_HEADERS = 1_000
_MAX_HEADER = 65_536
_MAX_CALENDARS = 10
_MAX_INVITED = 400
_MAX_SUBJECT = 1_000
_MAX_IDS = 200
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_SKEW = timedelta(minutes=5)
_AHEAD = timedelta(days=366)
_FORWARD_SUBJECT = re.compile(
    r"^\s*(?:\[[^\]]{1,60}\]\s*)?(?:(?:re|aw|sv|antw)\s*:\s*)?(?:fwd?|wg|tr|rv|i|enc|doorst|vs|vb|"
    r"weitergeleitet)\s*:|^\s*\[fwd:",
    re.IGNORECASE,
)
_HEADER_LINE = re.compile(rb"^[!-9;-~]{1,120}[ \t]*:", re.MULTILINE)
_MBOX_LINE = re.compile(rb"^>?From (?![ \t]*:)[^\n]*\n")


def parse_message(raw: RawMessage, *, fetched_at: datetime, zone: str = "UTC") -> Message | Problem:
    """Read one mail.

    Args:
        raw: The mail as a source handed it out.
        fetched_at: The present as the caller sees it; times after it are implausible (D4.23).
        zone: IANA name of the company's zone, for floating times in invitations.

    Returns:
        A Message, or a Problem when nothing in the bytes can be read as a mail.
    """
    data = _MBOX_LINE.sub(b"", _with_newlines(raw.data.lstrip()), count=1)
    if not _HEADER_LINE.match(data):
        return Problem("It is not a mail: it does not begin with a header.", "parse")
    root = parse_tree(data)
    if not root.keys():
        return Problem("It is not a mail: no header can be read.", "parse")
    return _build(raw, root, read_body(root), fetched_at=fetched_at, zone=zone)


_RETURNED_ID = re.compile(r"^message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)


def _with_newlines(data: bytes) -> bytes:
    """Old Macintosh files end lines with a bare carriage return, which the parser does not take for one."""
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def _build(raw: RawMessage, root: MimePart, body: Body, *, fetched_at: datetime, zone: str) -> Message:
    values = _header_values(root)
    sent_at = next((moment for value in values.get("date", []) if (moment := parse_date(value))), None)
    subject = decode_text(next(iter(values.get("subject", [])), ""))[:_MAX_SUBJECT]
    received_at = server_time(raw.received_at, values.get("received", []), sent_at, fetched_at=fetched_at)
    text = body.text
    zones = _with_attached(split_zones(text, zone=(sent_at.tzinfo if sent_at else None) or UTC), body, subject)
    kept = _kept(values)
    invitations = _invitations(body, zone, received_at)
    sender, on_behalf = _writers(values)
    message_id = next(iter(parse_message_ids(values.get("message-id", []))), "") or _bare_id(values)
    automatic = classify_automatic(
        headers=kept,
        sender=sender,
        subject=subject,
        body=body,
        methods=tuple(event.method for event in invitations if event.method),
        reply_text=zones.reply_text,
        footer=zones.signature,
    )
    in_reply_to, references = _ancestors(values)
    if automatic is Automatic.BOUNCE:
        # A bounce answers the mail it returns, whether or not its own header says so (RFC 3464, 2; D4.22).
        returned = parse_message_ids(_RETURNED_ID.findall(body.original_headers)[:1])
        references = (*references, *(item for item in returned if item not in references))
    return Message(
        key=message_id or _content_key(values, text),
        message_id=message_id,
        subject=subject,
        sender=sender,
        on_behalf=on_behalf,
        to=parse_addresses(values.get("to", [])),
        cc=parse_addresses(values.get("cc", [])),
        bcc=parse_addresses(values.get("bcc", [])),
        reply_to=parse_addresses(values.get("reply-to", [])),
        in_reply_to=in_reply_to,
        references=references,
        sent_at=sent_at,
        received_at=received_at,
        body_text=text,
        zones=zones,
        attachments=tuple(body.attachments),
        automatic=automatic,
        language=detect_language(zones.reply_text),
        return_date=read_return_date(f"{subject}\n{zones.reply_text}", sent_at or received_at)
        if automatic is Automatic.AUTO_REPLY
        else None,
        failed_recipients=_failed(automatic, kept, body, text, sender),
        delivery_status=delivery_status(body=body, text=text) if automatic is Automatic.BOUNCE else "",
        invitations=invitations,
        itip=_itip(body, sender, received_at, zone),
        truncated=raw.truncated,
        size=raw.size,
        headers=kept,
    )


def _writers(values: Mapping[str, list[str]]) -> tuple[Address | None, Address | None]:
    """From, or the writer behind a list that took its place; and Sender when it is somebody else (D4.15)."""
    sender = next(iter(parse_addresses(values.get("from", [])[:1])), None)
    sender = writer_behind_list(sender, values) or sender
    on_behalf = next(iter(parse_addresses(values.get("sender", [])[:1])), None)
    same = sender is not None and on_behalf is not None and on_behalf.address == sender.address
    return sender, None if same else on_behalf


def _ancestors(values: Mapping[str, list[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """In-Reply-To, and References with what they lack of it."""
    in_reply_to = parse_message_ids(values.get("in-reply-to", []))[:_MAX_IDS]
    references = parse_message_ids(values.get("references", []))[-_MAX_IDS:]
    return in_reply_to, (*references, *(item for item in in_reply_to if item not in references))


def _header_values(root: MimePart) -> dict[str, list[str]]:
    """Header fields by lower-cased name, bounded in number and length."""
    values: dict[str, list[str]] = {}
    for name, value in root.raw_items():
        if len(values) >= _MAX_HEADERS:
            break
        values.setdefault(name.strip().lower(), []).append(str(value)[:_MAX_HEADER])
    return values


def _kept(values: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: decode_text(found[0])[:_MAX_KEPT] for name, found in values.items() if name in _KEPT}


def _bare_id(values: Mapping[str, list[str]]) -> str:
    """A Message-ID without brackets and ``@`` is still one."""
    return canonical_message_id(decode_text(next(iter(values.get("message-id", [])), "")))[:_MAX_KEPT]


def _content_key(values: Mapping[str, list[str]], text: str) -> str:
    """Identity of a mail without Message-ID: what does not change from copy to copy."""
    stable = [" ".join(" ".join(values.get(name, [])).split()) for name in ("from", "to", "cc", "date", "subject")]
    digest = hashlib.sha256("\n".join([*stable, " ".join(text.split())]).encode("utf-8", "surrogatepass"))
    return f"sha256:{digest.hexdigest()}"


def server_time(
    given: datetime | None, received: list[str], sent_at: datetime | None, *, fetched_at: datetime
) -> datetime:
    """When the server took the mail in (SEMANTICS 6; D4.23), aware UTC.

    The first plausible of: what the source knows, the topmost Received header, the Date header. Plausible is from
    1990 up to five minutes after ``fetched_at``. Else the Date header, not later than ``fetched_at``.
    """
    for moment in _told_times(given, received, sent_at):
        if moment is not None and _EARLIEST <= moment <= fetched_at + _SKEW:
            return moment.astimezone(UTC)
    return min(sent_at, fetched_at).astimezone(UTC) if sent_at else fetched_at.astimezone(UTC)


def _told_times(given: datetime | None, received: list[str], sent_at: datetime | None) -> Iterator[datetime | None]:
    """When a mail was taken in, by whom it is told best first; what a server stamped is read only if need be."""
    yield given
    if received:
        yield parse_date(received[0].rpartition(";")[2].strip())
    yield sent_at


def _with_attached(zones: Zones, body: Body, subject: str) -> Zones:
    """Zones with the mails attached as a whole as quoted text, and the forward settled with the subject's help."""
    quoted, headers = zones.quoted_text, zones.headers
    for text in body.attached_texts:
        quoted = f"{quoted}\n\n{text}".strip()[:MAX_TEXT]
        headers += split_zones(text).headers[:1]
    named = bool(_FORWARD_SUBJECT.match(subject)) and (bool(headers) or bool(body.attached_texts))
    if not body.attached_texts and zones.forwarded >= named:
        return zones
    return replace(
        zones,
        quoted_text=quoted,
        headers=tuple(header for header in headers if header != QuotedHeader()),
        forwarded=zones.forwarded or named,
    )


def _invitations(body: Body, zone: str, received_at: datetime) -> tuple[Event, ...]:
    """Read iTIP components (RFC 5546); series reach a year ahead, the calendar knows the rest."""
    if not body.calendars:
        return ()
    from extraction.calendar_objects import parse_events  # noqa: PLC0415 - long to load, and few mails invite

    found: dict[tuple[str, int], Event] = {}
    for data, _ in body.calendars[:_MAX_CALENDARS]:
        events, _problems = parse_events(data, zone=zone, until=received_at + _AHEAD, max_occurrences=_MAX_INVITED)
        for event in events:
            found.setdefault((event.key, event.sequence), event)
    return tuple(found.values())


def _itip(body: Body, sender: Address | None, received_at: datetime, zone: str) -> tuple[ItipMessage, ...]:
    if not body.calendars:
        return ()
    from extraction.itip import read_itip  # noqa: PLC0415 - as above

    return read_itip(body.calendars, sender=sender, received_at=received_at, zone=zone)


def _failed(
    automatic: Automatic | None, headers: Mapping[str, str], body: Body, text: str, sender: Address | None
) -> tuple[str, ...]:
    if automatic is not Automatic.BOUNCE:
        return ()
    own = sender.address if sender else ""
    return tuple(address for address in failed_recipients(headers=headers, body=body, text=text) if address != own)


_LIST_TAG = re.compile(r"\[[^\]]{1,60}\]\s*")


def body_fingerprint(message: Message) -> str:
    """Hash of the new text, the same for every copy of one mail (SEMANTICS 6, message identity; D4.16).

    White space is folded, the subject's list tag is removed; signatures and list footers are no part of the new text.
    """
    subject = _LIST_TAG.sub("", message.subject)
    text = on_one_line(f"{subject}\n{message.zones.reply_text}")
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
