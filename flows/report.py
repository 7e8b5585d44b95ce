"""How long our answers took: computed from what is stored, writing nothing."""

from datetime import datetime
from typing import Any

from flows.clocks import stored_calendars
from flows.replay import times_json
from flows.settings import Settings
from followup.comparison import in_period, response_times
from store import queries
from store.database import Store


def report(
    settings: Settings, store: Store, *, now: datetime, account: str | None = None, since: datetime | None = None
) -> list[dict[str, Any]]:
    """Say by kind of ask how long answers took, those still open beside the answered ones (D4.30).

    Args:
        settings: Say which hours count for which account.
        store: Open for reading.
        now: As it stood then.
        account: Only this one's; a name, an id or a domain.
        since: Only what was asked from then on.

    Returns:
        ``{kind, answered, open, overdue, average_minutes, median_minutes}``; ``all`` first, then kinds that were asked.

    Raises:
        NotFoundError: ``account`` is not in the account book.
    """
    asked = in_period(queries.asked_of_us(store, account=account), since, now)
    elapsed = stored_calendars(settings, store).elapsed
    return [{"kind": times.kind, **times_json(times)} for times in response_times(asked, until=now, elapsed=elapsed)]
