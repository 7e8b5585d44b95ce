"""The clocks that what is stored was settled with."""

from flows.settings import Settings
from followup.calendars import Calendars
from store.database import Store
from store.reattaching import mirrored_book


def stored_calendars(settings: Settings, store: Store) -> Calendars:
    """Return whose clock runs in which calendar, by the account book in the store; it is read only if that matters."""
    policy = settings.policy
    return Calendars(policy, mirrored_book(store) if policy.calendars else ())
