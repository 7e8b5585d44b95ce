"""Subjects of mails, and which mail a reply that names none may answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

_REPLY: Final = "re|aw|antw|antwort|sv|vs|ref|rif|odp|res|r|ynt|bls"
_FORWARD: Final = "fwd?|wg|tr|rv|enc|doorst|vb|i|weitergeleitet"
_TAG: Final = r"\[[^\]]{1,60}\]"
_PREFIX = re.compile(rf"\s*(?:{_TAG}|(?:{_REPLY}|{_FORWARD})\s*(?:[\[(]\d+[\])])?\s*[:\uff1a])", re.IGNORECASE)
_IS_REPLY = re.compile(rf"\s*(?:{_TAG}\s*)*(?:{_REPLY})\s*(?:[\[(]\d+[\])])?\s*[:\uff1a]", re.IGNORECASE)
_FORWARDED_AFTER = re.compile(r"\s*\((?:fwd?|wg)\)\s*$", re.IGNORECASE)
_MAX_BASE = 200

ANSWERED_WITHIN: Final = timedelta(days=14)
"""How long after a mail a reply that does not name it is still taken for its answer."""


@lru_cache(maxsize=2_000)
def base_subject(subject: str) -> str:
    """What stays when prefixes of replies and forwards, tags of lists and case are gone (RFC 5256, section 2.1)."""
    start = 0
    while found := _PREFIX.match(subject, start):
        start = found.end()
    rest = _FORWARDED_AFTER.sub("", subject[start:])
    return " ".join(rest.casefold().split())[:_MAX_BASE]


def is_reply(subject: str) -> bool:
    """Whether a subject begins as that of a reply."""
    return _IS_REPLY.match(subject) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectTrace:
    """By what a mail is recognised when a reply does not name it.

    Attributes:
        base: Base subject.
        at: Server time.
        sender, sender_name: Who wrote it, ``""`` when unknown.
        people: Addresses of everybody named in its header.
        quoted: Addresses and folded names of those whose mails it quotes.
        orphan: It is a reply by its subject and names no mail at all.
    """

    base: str
    at: datetime
    sender: str
    sender_name: str
    people: frozenset[str]
    quoted: frozenset[str]
    orphan: bool


def may_answer(reply: SubjectTrace, mail: SubjectTrace) -> bool:
    """Whether a reply that names no mail may answer this one.

    A subject alone joins nothing (SEMANTICS 1): the mail is recent, and the reply quotes its writer, or one of the two
    writers stands in the header of the other's mail.
    """
    return (
        reply.orphan
        and reply.base != ""
        and reply.base == mail.base
        and mail.at <= reply.at <= mail.at + ANSWERED_WITHIN
        and bool(
            {reply.sender} & mail.people
            or {mail.sender} & reply.people
            or {mail.sender, folded_name(mail.sender_name)} & reply.quoted
        )
    )


def quoted_writers(people: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Addresses and folded names out of (name, address) of those a mail quotes."""
    return frozenset(mark for name, address in people for mark in (folded_name(name), address) if mark)


def folded_name(name: str) -> str:
    """A displayed name without case, order, punctuation, and the list that passed a mail on ("… via Support")."""
    person = re.split(r"\s(?:via|über)\s", name, maxsplit=1)[0]
    return " ".join(sorted(re.findall(r"\w+", person.casefold())))
