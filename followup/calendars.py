"""Which calendar counts for whom: the company's, a colleague's, an account's or a client's own (SEMANTICS 3)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from domain.accounts import Account
from domain.followup import Hours, Obligation, Policy, Side
from followup.business_time import BusinessTime


@lru_cache(maxsize=64)
def business_time(hours: Hours) -> BusinessTime:
    """Return the clock of some hours; the same hours share what it has worked out."""
    return BusinessTime(hours)


class Calendars:
    """The clocks of a policy, each found by the account it runs for."""

    def __init__(self, policy: Policy, accounts: Iterable[Account] = ()) -> None:
        """Find out once which calendar counts for which account.

        Args:
            policy: The company's hours, and the calendars beside them.
            accounts: The account book: it says who owns what. Not looked at where the policy has no calendars.
        """
        self._times: dict[str | None, BusinessTime] = {c.name: business_time(c.hours) for c in policy.calendars}
        self._times[None] = business_time(policy.hours)
        named = AccountNames(accounts if policy.calendars else ())
        owners = {owner: calendar.name for calendar in policy.calendars for owner in calendar.owners}
        self._ours = {account.id: owners[account.owner] for account in named if account.owner in owners}
        self._ours |= {a.id: c.name for c in policy.calendars for word in c.accounts if (a := named.find(word))}
        clients = {a.id: c.name for c in policy.calendars for word in c.clients if (a := named.find(word))}
        self._theirs = self._ours | clients

    @property
    def company(self) -> BusinessTime:
        """The company's own calendar."""
        return self._times[None]

    def ours(self, account: str) -> BusinessTime:
        """Return what our side of an account works by: a calendar of its own, its owner's, else the company's.

        Args:
            account: Its id.
        """
        return self._times[self._ours.get(account)]

    def theirs(self, account: str) -> BusinessTime:
        """Return what an account itself works by; as long as nobody says so, that is taken to be our side's."""
        return self._times[self._theirs.get(account)]

    def of_meeting(self, accounts: Sequence[str]) -> BusinessTime:
        """Return what a meeting's record is awaited by: the calendar of the account it is listed under (D5.8)."""
        return self.ours(next(iter(accounts), ""))

    def name(self, obligation: Obligation) -> str:
        """Name the calendar in which an obligation's clock runs, ``""`` for the company's."""
        return self._name(obligation) or ""

    def elapsed(self, obligation: Obligation, start: datetime, end: datetime) -> timedelta:
        """Return the business time between two instants for those who owe."""
        return self._times[self._name(obligation)].elapsed(start, end)

    def _name(self, obligation: Obligation) -> str | None:
        side = self._ours if obligation.side is Side.OURS else self._theirs
        return side.get(obligation.account_id)


class AccountNames:
    """Accounts as a configuration names them: by name, else by id."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._accounts = list(accounts)
        self._found = {account.id: account for account in self._accounts}
        self._found |= {account.name.casefold(): account for account in self._accounts}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts)

    def words(self) -> Iterator[str]:
        """All ids and names; where both are alike the name comes last."""
        return (word for account in self._accounts for word in (account.id, account.name))

    def find(self, word: str) -> Account | None:
        """Return the account that is called so, None when there is none."""
        return self._found.get(word.casefold())
