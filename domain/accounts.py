"""Who is who: the own side and the client accounts."""

from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way a message went, decided by who wrote it (SEMANTICS 1), never by the folder it lay in."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer organisation (CRM sense).

    Attributes:
        id: Short and stable, derived from the name.
        name: As the account book has it.
        domains: Lower-cased; subdomains are included by the public suffix rules.
        contacts: Exact addresses; the only way for free-mail people to belong.
        tier: ``standard`` unless the book says otherwise.
        owner, backup: Own addresses.
        timezone: IANA name, ``""`` for the company's.
        allow: Automatic senders whose mail counts all the same (D4.18).
    """

    id: str
    name: str
    domains: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    tier: str = "standard"
    owner: str = ""
    backup: str = ""
    timezone: str = ""
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The own side.

    Attributes:
        name: As configured.
        domains: Everyone there is us.
        identities: Further addresses that are us.
        timezone: IANA name.
    """

    name: str
    domains: tuple[str, ...]
    identities: tuple[str, ...] = ()
    timezone: str = "UTC"

    def has(self, address: str) -> bool:
        """Whether an address, lower-cased, is written down as ours: an identity, or at one of our domains."""
        domain = address.rpartition("@")[2]
        return address in self.identities or any(domain == own or domain.endswith(f".{own}") for own in self.domains)
