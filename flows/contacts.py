"""Proposals about a client's people, from signatures and conversations: listed, accepted, refused, taken back."""

from collections.abc import Iterable, Iterator
from typing import Any

from domain.account_changes import Change
from domain.contacts import DETAILS, ContactDecision, Proposal, Source, Verdict
from domain.errors import NotFoundError
from domain.free_mail import FREE_MAIL_DOMAINS
from flows.book_editing import Edit, Edited, set_fields, work_on
from store.contacts import (
    FIELD,
    Told,
    client_names,
    contact_decisions,
    outside_mails,
    proposal_id,
    save_contact_decision,
    signed_mails,
)
from store.database import Store, open_store


def proposals(store: Store, account: str | None = None) -> list[Proposal]:
    """What is proposed and not decided, by account and address.

    Raises:
        NotFoundError: There is no such account.
    """
    made = contact_decisions(store)
    decided = {decision.proposal.id for decision in made if decision.word is not Verdict.UNDO}
    known = _known(made)
    found = [*_from_signatures(signed_mails(store, account), known), *_private_addresses(store, account)]
    open_ones = [proposal for proposal in found if proposal.id not in decided]
    return sorted(open_ones, key=lambda proposal: (proposal.account.casefold(), proposal.address, proposal.source))


def decisions(store: Store) -> list[ContactDecision]:
    """What was accepted or refused, latest first."""
    return [decision for decision in reversed(contact_decisions(store)) if decision.word is not Verdict.UNDO]


def accept(edit: Edit, named: str) -> Edited:
    """Take a proposal over: what a signature says is kept, an address goes into the account book.

    Raises:
        NotFoundError: Nothing is proposed under this id.
        ConfigError: The account book would be wrong.
    """
    proposal = _proposed(edit, named)
    return _decide(edit, proposal, Verdict.ACCEPT, None, _told(proposal))


def refuse(edit: Edit, named: str) -> Edited:
    """Say no to a proposal; the same words are not proposed again.

    Raises:
        NotFoundError: Nothing is proposed under this id.
    """
    proposal = _proposed(edit, named)
    return _decide(edit, proposal, Verdict.REFUSE, None, f"refused: {_told(proposal)}")


def undo(edit: Edit, named: str) -> Edited:
    """Take a decision back: it is proposed again, and an address leaves the account book.

    Raises:
        NotFoundError: Nothing was decided under this id.
    """
    with open_store(edit.settings.store_url, read_only=True) as store:
        made = {decision.proposal.id: decision for decision in decisions(store)}
    if named not in made:
        raise NotFoundError(f"nothing was decided about `{named}`; `accountline contacts --decided` lists what was")
    last = made[named]
    before = _told(last.proposal) if last.word is Verdict.ACCEPT else f"refused: {_told(last.proposal)}"
    return _decide(edit, last.proposal, Verdict.UNDO, before, None, was=last.word)


def _from_signatures(mails: Iterable[Told], known: dict[str, dict[str, str]]) -> Iterator[Proposal]:
    """One proposal a person at most: what the latest full signature says, unless it is known."""
    from extraction.contacts import signature_card  # noqa: PLC0415 - brings the public suffix list

    served = set()
    for mail in mails:
        if mail.address in served:
            continue
        card = signature_card(mail.signature)
        said = {name: card[name] for name in DETAILS if card.get(name)}
        if not said.keys() - {"name"}:
            continue  # everybody's name stands in the header
        proposal = Proposal(
            id=proposal_id(Source.SIGNATURE, mail.address, *(said.get(name, "") for name in DETAILS)),
            source=Source.SIGNATURE,
            account_id=mail.account_id,
            account=mail.account,
            address=mail.address,
            details=said,
            quote=_lines_of(mail.signature, said.values()),
            message_id=mail.message_id,
            at=mail.at,
        )
        served.add(mail.address)  # what older signatures say is history
        if not said.items() <= known.get(mail.address, {}).items():
            yield proposal


def _lines_of(signature: str, values: Iterable[str]) -> str:
    """The lines of a signature that have one of the values in them."""
    wanted = list(values)
    lines = (" ".join(line.split()) for line in signature.split("\n"))
    return "\n".join(line for line in lines if any(value in line for value in wanted))


def _private_addresses(store: Store, account: str | None) -> Iterator[Proposal]:
    """Whoever wrote inside a client's conversation from a public mail service, or under the name of a client there."""
    mails = outside_mails(store, account)
    names = client_names(store, (mail.account_id for mail in mails))
    served = set()
    for mail in mails:
        place = (mail.account_id, mail.address)
        same_name = " ".join(mail.name.casefold().split()) in names.get(mail.account_id, ())
        if place in served or not (same_name or mail.address.rpartition("@")[2] in FREE_MAIL_DOMAINS):
            continue
        served.add(place)
        yield Proposal(
            id=proposal_id(Source.CONVERSATION, *place),
            source=Source.CONVERSATION,
            account_id=mail.account_id,
            account=mail.account,
            address=mail.address,
            details={"name": mail.name} if mail.name else {},
            quote=f"From: {mail.name} <{mail.address}>" if mail.name else f"From: {mail.address}",
            message_id=mail.message_id,
            at=mail.at,
        )


def _known(made: Iterable[ContactDecision]) -> dict[str, dict[str, str]]:
    """What was accepted of each address; the later word counts."""
    found: dict[str, dict[str, str]] = {}
    for decision in made:
        if decision.word is Verdict.ACCEPT and decision.proposal.source is Source.SIGNATURE:
            found[decision.proposal.address] = found.get(decision.proposal.address, {}) | decision.proposal.details
    return found


def _proposed(edit: Edit, named: str) -> Proposal:
    with open_store(edit.settings.store_url, read_only=True) as store:
        for proposal in proposals(store):
            if proposal.id == named:
                return proposal
    raise NotFoundError(f"nothing is proposed under `{named}`; `accountline contacts` lists the ids")


def _decide(
    edit: Edit, proposal: Proposal, word: Verdict, before: str | None, after: str | None, *, was: Verdict | None = None
) -> Edited:
    """Change the book where an address comes or goes, and remember the decision."""
    edited = Edited(changes=[Change(proposal.account_id, FIELD, before, after)], moved=[])
    noted: Change | None = edited.changes[0]
    sign = "+" if word is Verdict.ACCEPT else "-"
    if proposal.source is Source.CONVERSATION and Verdict.ACCEPT in {word, was}:
        edited, noted = set_fields(edit, proposal.account_id, {"contacts": f"{sign}{proposal.address}"}), None
    if not edit.only_show:
        with work_on(edit) as desk:
            decision = ContactDecision(proposal=proposal, word=word, at=edit.now, by=edit.actor)
            save_contact_decision(desk.store, decision, noted=noted)
    return edited


def _told(proposal: Proposal) -> str:
    return ", ".join([proposal.address, *proposal.details.values()])


def as_row(proposal: Proposal) -> dict[str, Any]:
    """A proposal as every surface shows it."""
    return {
        "id": proposal.id,
        "source": proposal.source.value,
        "account": proposal.account,
        "account_id": proposal.account_id,
        "address": proposal.address,
        **{name: proposal.details.get(name) for name in DETAILS},
        "quote": proposal.quote,
        "message_id": proposal.message_id,
        "at": proposal.at,
    }
