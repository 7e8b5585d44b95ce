"""What every read command begins with: the settings, the present and the store, opened for reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cli.options import instant, present
from cli.output import Moment

if TYPE_CHECKING:
    from flows.settings import Settings
    from followup.calendars import Calendars
    from store.database import Store


@dataclass(frozen=True, slots=True)
class Reading:
    """An open store and what the answers depend on."""

    settings: "Settings"
    store: "Store"
    now: datetime

    @property
    def moment(self) -> Moment:
        """How tables show times."""
        return Moment(self.settings.company.timezone, self.now)

    @property
    def zone(self) -> ZoneInfo:
        """Where the company's days begin."""
        return ZoneInfo(self.settings.company.timezone)

    def instant(self, text: str | None, option: str) -> datetime | None:
        """Return an option's instant, None when it was not given."""
        return None if text is None else instant(text, self.settings.company.timezone, option)

    def calendars(self) -> "Calendars":
        """Return what measures business time, for each account in its calendar."""
        from flows.clocks import stored_calendars

        return stored_calendars(self.settings, self.store)


@contextmanager
def reading(config: Path | None, now: str | None = None) -> Iterator[Reading]:
    """Open the configured store read-only.

    Raises:
        ConfigError: The configuration or ``--now`` is wrong.
        StoreError: There is no store yet.
    """
    # Here, because they are slow to load and `--help` has no use for them.
    from flows.settings import load_settings
    from store.database import open_store

    settings = load_settings(config)
    moment = present(now, settings.company.timezone)
    with open_store(settings.store_url, read_only=True) as store:
        yield Reading(settings, store, moment)
