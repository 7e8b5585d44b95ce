"""Erasing a person everywhere: the store, the account book, and what is read from now on."""

from dataclasses import replace
from datetime import datetime

from domain.conversations import PartySide
from domain.errors import ConfigError
from flows.account_book import read_account_book, write_account_book
from flows.composition import Desk
from flows.plain_values import check_address
from flows.settings import Settings
from flows.stages import attach, meet, settle
from store.database import single_writer
from store.forgetting import Person, count_traces, erase, wipe
from store.migrate import upgrade


def forget(settings: Settings, address: str, *, actor: str, now: datetime, only_count: bool = False) -> dict[str, int]:
    """Erase a person, and work out anew what that changes.

    Args:
        settings: The configuration.
        address: Of the person; a plus-tag counts as the same person.
        actor: Who does it, for the proof.
        now: When.
        only_count: Change nothing.

    Returns:
        How many items, messages, events, notes and flags name the person.

    Raises:
        ConfigError: It is no address, or one of our own.
    """
    from extraction.addresses import addresses_in, addresses_in_text  # noqa: PLC0415
    from extraction.attach import canonical  # noqa: PLC0415 - brings the public suffix list

    try:
        named = canonical(check_address(address))
    except ValueError as error:
        raise ConfigError(f"{address}: {error}") from None
    desk = Desk(settings, now=now)
    try:
        if desk.book.place(named).side is PartySide.OWN:
            raise ConfigError(
                f"{named} is one of you, and takes part in all that mailbox holds; remove its source from the "
                "configuration, its address from [company], and ingest into a new store instead"
            )
        person = Person(address=named, in_bytes=addresses_in, in_text=addresses_in_text)
        with single_writer(desk.store):
            upgrade(desk.store)
            if only_count:
                return count_traces(desk.store, person)
            _leave_book(settings, named)
            counts = erase(desk.store, person, actor=actor, now=now)
            fresh = Desk(settings, now=now)
            fresh.store = desk.store
            for stage in (attach, settle, meet):
                stage(fresh)
            wipe(desk.store)
            return counts
    finally:
        desk.close()


def _leave_book(settings: Settings, address: str) -> None:
    """Take a contact out of the account book, or the account that is only this person: it would come back."""
    from extraction.attach import canonical  # noqa: PLC0415

    book = read_account_book(settings.book, settings.company)
    kept = [
        replace(
            account,
            contacts=tuple(contact for contact in account.contacts if canonical(contact) != address),
            allow=tuple(sender for sender in account.allow if canonical(sender) != address),
        )
        for account in book
        if account.domains or {canonical(contact) for contact in account.contacts} != {address}
    ]
    if kept != list(book):
        write_account_book(settings.book, kept)
