"""Who is who in a message or event: sides, direction and the accounts concerned (SEMANTICS 1)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import tldextract

from domain.accounts import Account, Company, Direction
from domain.conversations import Attachment, Party, PartySide
from domain.events import Event
from domain.free_mail import FREE_MAIL_DOMAINS as FREE_MAIL
from extraction.automatic import sends_to_many

ATTACH_VERSION = "4"

# The list ships with the package: nothing is fetched.
_suffixes = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(maxsize=50_000)
def registrable(domain: str) -> str:
    """The part of a domain somebody registered (public suffix list): ``mail.acme.co.uk`` is ``acme.co.uk``.

    A top-level domain the list does not have counts as one suffix, as the list's own prevailing rule ``*`` says.
    """
    found = _suffixes(domain)
    if found.suffix or found.ipv4:
        return found.top_domain_under_public_suffix or domain
    return ".".join(domain.split(".")[-2:])


def canonical(address: str) -> str:
    """An address without its plus-tag (RFC 5233), lower-cased."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an address belongs, and by which rule."""

    side: PartySide
    account: str = ""
    reason: str = ""


class AccountBook:
    """Finds the side and account of an address: exact contacts before domains, narrow domains before wide ones."""

    def __init__(self, company: Company, accounts: Iterable[Account]) -> None:
        self.company = company
        self.accounts = {account.id: account for account in accounts}
        self._own_domains = frozenset(company.domains)
        self._own = frozenset(canonical(address) for address in company.identities)
        self._contacts = {canonical(c): a.id for a in self.accounts.values() for c in a.contacts}
        self._domains = {d: a.id for a in self.accounts.values() for d in a.domains}
        self._names = {
            a.id: re.compile(rf"(?<!\w){re.escape(a.name)}(?!\w)", re.IGNORECASE)
            for a in self.accounts.values()
            if a.name
        }
        self._places: dict[str, Placed] = {}

    def place(self, address: str) -> Placed:
        """Say where an address belongs."""
        placed = self._places.get(address)
        if placed is None:
            placed = self._places[address] = self._place(canonical(address))
        return placed

    def _place(self, address: str) -> Placed:
        domain = address.rpartition("@")[2]
        if address in self._own:
            return Placed(PartySide.OWN, reason="identity")
        if address in self._contacts:
            return Placed(PartySide.CLIENT, self._contacts[address], f"contact {address}")
        parents = list(_parents(domain))
        if any(parent in self._own_domains for parent in parents):
            return Placed(PartySide.OWN, reason="domain")
        for parent in parents:
            # Free-mail people belong by exact address only.
            if parent in self._domains and parent not in FREE_MAIL:
                return Placed(PartySide.CLIENT, self._domains[parent], f"domain {parent}")
        return Placed(PartySide.OTHER)

    def zone_of(self, address: str) -> ZoneInfo | None:
        """The zone in which the dates of a client are meant, where the book has one for its account (SEMANTICS 6)."""
        account = self.accounts.get(self.place(address).account) if address else None
        return ZoneInfo(account.timezone) if account and account.timezone else None

    def is_own_list(self, list_id: str) -> bool:
        """Whether a list is one of ours: a group address such as support@, by which clients reach several of us."""
        as_address = list_id.replace(".", "@", 1)
        return bool(list_id) and PartySide.OWN in {self.place(as_address).side, self.place(f"list@{list_id}").side}

    def named_in(self, title: str) -> list[str]:
        """Accounts whose name stands in a title (D5.11)."""
        return [account for account, name in self._names.items() if name.search(title)]


def _parents(domain: str) -> Iterable[str]:
    """A domain and those above it, down to what somebody registered; a public suffix matches only itself."""
    yield domain
    top = registrable(domain)
    while domain != top and "." in domain:
        domain = domain.partition(".")[2]
        yield domain


def attach(
    named: Sequence[tuple[str, str, str]],
    book: AccountBook,
    *,
    reply_text: str = "",
    bulk: bool = False,
    list_id: str = "",
    forwards: str = "",
) -> Attachment:
    """Place every address of a message and say which accounts it concerns.

    Args:
        named: (role, display name, address) in header order.
        book: The account book.
        reply_text: The new words, to see whether they name one of us.
        bulk: A list or robot carried it: its Sender header is the list's, not a person's.
        list_id: Of the list that carried it.
        forwards: Who wrote the mail it forwards: among ourselves it concerns that account (D4.20).
    """
    parties = tuple(_party(role, name, address, book) for role, name, address in named)
    accounts: dict[str, str] = {}
    for party in parties:
        if party.account and party.role != "reply_to":
            accounts.setdefault(party.account, book.place(party.address).reason)
    own = [party for party in parties if party.side is PartySide.OWN and party.role in {"to", "cc"}]
    direction = _direction(parties, bulk=bulk)
    if direction is Direction.INTERNAL and forwards and (wrote := book.place(forwards)).account:
        accounts.setdefault(wrote.account, f"forwards a mail of {wrote.reason}")
    return Attachment(
        direction=direction,
        parties=parties,
        accounts=accounts,
        names_us=bool(own) and _names_one_of(own, book.company.name, reply_text),
        own_list=bulk and book.is_own_list(list_id) and not any(sends_to_many(p.address) for p in _writers(parties)),
    )


def _writers(parties: Iterable[Party]) -> Iterable[Party]:
    return (party for party in parties if party.role == "from")


def _party(role: str, name: str, address: str, book: AccountBook) -> Party:
    placed = book.place(address)
    return Party(
        role=role, name=name, address=address, side=placed.side, account=placed.account, domain=listed_under(address)
    )


def listed_under(address: str) -> str:
    """What a stranger waits under in triage: the organisation's domain, or the address of a free-mail person.

    A name below that of a free-mail service (``reply.yahoo.com``) is no organisation of its own.
    """
    domain = registrable(address.rpartition("@")[2])
    return address if domain in FREE_MAIL else domain


def _direction(parties: Iterable[Party], *, bulk: bool) -> Direction:
    """From and Sender are both checked against the own side (D4.15); the folder never counts."""
    sides: dict[str, list[PartySide]] = {}
    for party in parties:
        sides.setdefault(party.role, []).append(party.side)
    wrote = sides.get("from", [])
    on_behalf = [] if bulk or PartySide.CLIENT in wrote else sides.get("sender", [])
    received = [side for role in ("to", "cc", "bcc") for side in sides.get(role, [])]
    if not wrote and not on_behalf:
        return Direction.NONE
    if PartySide.OWN not in wrote and PartySide.OWN not in on_behalf:
        return Direction.INBOUND
    return Direction.INTERNAL if received and set(received) == {PartySide.OWN} else Direction.OUTBOUND


_ADDRESSED = (
    # "Ana, could you", "Hi Ole and Ana,", "@Ana", "send it, Ana?", and "could Ana", "Ana can" for what is asked of her.
    r"(?:^|[\n.!?;:(\u2013-]|@|,|\b(?:hi|hello|hey|dear|hallo|liebe[rs]?|moin|and|und|frau|herr)\b)[ \t]*{name}"
    r"[ \t]*(?:[,:!?\u2013-]|\.?[ \t]*(?:\n|$))"
    r"|@{name}\b"
    r"|\b(?:can|could|would|may|kann|könnte|würde)[ \t]+{name}\b"
    r"|\b{name}[ \t]+(?:can|could|please|bitte|kann|kannst|könnte|könntest|könnten)\b"
)


def _names_one_of(own: Iterable[Party], company: str, text: str) -> bool:
    """Whether the text speaks to one of these people by first name, or to the company: telling of them is not enough.

    "Ole, could you check what Ana sent?" asks Ole (D4.3).
    """
    firm = [company, *company.split(maxsplit=1)[:1]]
    names = {first for party in own if (first := _first_name(party))}
    names |= {name for name in firm if len(name) > 2}  # noqa: PLR2004 - as for people
    lowered = text.lower()
    spoken = {name.lower(): name for name in names if name.lower() in lowered}
    if not spoken:
        return False
    # Somebody is spoken to within one line: the others need not be looked at.
    lines = text.split("\n")
    return any(
        _addressed(name).search(lines[number])
        for lower, name in spoken.items()
        for number in _lines_with(lower, lowered)
    )


def _lines_with(word: str, text: str) -> Iterator[int]:
    """Numbers of the lines in which a word stands; the word has no line end."""
    number = begin = 0
    while (at := text.find(word, begin)) >= 0:
        number += text.count("\n", begin, at)
        yield number
        end = text.find("\n", at)
        if end < 0:
            return
        number, begin = number + 1, end + 1


@lru_cache(maxsize=1_000)
def _addressed(name: str) -> re.Pattern[str]:
    return re.compile(_ADDRESSED.replace("{name}", re.escape(name)), re.IGNORECASE)


def _first_name(party: Party) -> str:
    family, _, given = party.name.partition(",")  # "Berg, Ana"
    word = re.split(r"[\s.,_-]", given.strip() or family.strip() or party.address.partition("@")[0])[0]
    return word if len(word) > 2 and word.isalpha() else ""  # noqa: PLR2004 - initials name nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAttachment:
    """Whom an occurrence concerns.

    Attributes:
        own, clients: Addresses taking part.
        strangers: (address, domain it is listed under) of everybody else.
        accounts: Account id to (number of participants, reason).
        titled: An account was found in the title only (D5.11).
    """

    own: tuple[str, ...]
    clients: tuple[str, ...]
    strangers: tuple[tuple[str, str], ...]
    accounts: dict[str, tuple[int, str]]
    titled: bool


_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def attach_event(event: Event, owners: Iterable[str], book: AccountBook) -> EventAttachment:
    """Place an occurrence's participants: organizer, attendees, addresses in title or text, and whose calendar it is.

    Args:
        event: The occurrence.
        owners: Owners of the calendars that show it.
        book: The account book.
    """
    invited = [attendee.address for attendee in event.attendees]
    written = [match.lower() for match in _ADDRESS.findall(f"{event.title}\n{event.description}\n{event.location}")]
    own: dict[str, None] = {}
    clients: dict[str, None] = {}
    strangers: dict[str, str] = {}
    accounts: dict[str, tuple[int, str]] = {}
    for address in dict.fromkeys([*invited, *written, *owners]):
        placed = book.place(address)
        if placed.side is PartySide.OWN:
            own[address] = None
        elif placed.side is PartySide.CLIENT:
            clients[address] = None
            count, reason = accounts.get(placed.account, (0, placed.reason))
            accounts[placed.account] = (count + 1, reason)
        elif address in invited and "@" in address:
            strangers[address] = listed_under(address)
    titled = not accounts
    if titled:
        accounts = dict.fromkeys(book.named_in(event.title), (0, "named in the title"))
    return EventAttachment(
        own=tuple(own),
        clients=tuple(clients),
        strangers=tuple(strangers.items()),
        accounts=accounts,
        titled=titled and bool(accounts),
    )
