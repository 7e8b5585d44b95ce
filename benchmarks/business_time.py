"""What working hours cost: `python benchmarks/business_time.py [--deadlines 10000]`.

Prints the time for a year of deadlines: mails received at any second of a year, each due after 4, 8 or 16 business
hours of an office with a lunch break, holidays and summer time; and the time to say how late each is at the year's end.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from domain.followup import Hours
from followup.business_time import BusinessTime, parse_frames

_OFFICE = Hours(
    timezone="Europe/Berlin",
    frames=parse_frames(["Mon-Fri 09:00-12:30", "Mon-Fri 13:30-18:00"]),
    holiday_codes=("DE-BE",),
)
_NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
_NEXT_NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def main() -> None:
    """Print seconds for due dates and for lateness."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadlines", type=int, default=10_000)
    count = parser.parse_args().deadlines
    chance = Random(1)  # noqa: S311 - not a secret
    seconds = int((_NEXT_NEW_YEAR - _NEW_YEAR).total_seconds())
    starts = [_NEW_YEAR + timedelta(seconds=chance.randrange(seconds)) for _ in range(count)]
    targets = [timedelta(hours=chance.choice((4, 8, 16))) for _ in starts]

    begun = time.perf_counter()
    business = BusinessTime(_OFFICE)
    due = [business.add(start, target) for start, target in zip(starts, targets, strict=True)]
    print(f"{count:,} due dates over a year: {time.perf_counter() - begun:.2f} s, the first one with the holidays read")

    begun = time.perf_counter()
    late = sum((business.elapsed(moment, _NEXT_NEW_YEAR) for moment in due), timedelta())
    print(f"{count:,} times how late at the year's end: {time.perf_counter() - begun:.2f} s ({late.days} days in all)")


if __name__ == "__main__":
    main()
