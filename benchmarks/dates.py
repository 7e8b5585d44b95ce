"""How many date phrases are read right: `python benchmarks/dates.py FOLDER [--errors]`.

FOLDER holds ``data.jsonl`` with ``text``, ``reference`` (an instant with offset), ``value``, ``grain`` and ``kind`` per
line, and ``negative.jsonl`` with texts that name no date. Phrases with one point as their value are scored: right, if
the grammar finds that point, to the grain given. Our own phrases are another set: ``tests/test_date_phrases.py``.
"""

import argparse
import json
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from extraction.dates import DateMention, find_dates

_COUNTED = ("in ", "from now", "hence", "ago", "a day")


def main() -> None:
    """Print the share of points read right, the false dates, and the time a phrase takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--errors", action="store_true", help="print what was read wrong")
    asked = parser.parse_args()
    points = [
        row for row in _rows(asked.folder / "data.jsonl") if row["kind"] == "datetime" and row["section"] == "main"
    ]
    begun = time.perf_counter()
    wrong = [row for row in points if not any(_right(row, mention) for mention in _read(row))]
    spent = time.perf_counter() - begun
    negatives = _rows(asked.folder / "negative.jsonl")
    false = [
        row["text"] for row in negatives if find_dates(row["text"], datetime.fromisoformat(points[0]["reference"]))
    ]
    print(f"points read right: {len(points) - len(wrong)} of {len(points)} ({1 - len(wrong) / len(points):.3f})")
    print(f"dates read into texts without one: {len(false)} of {len(negatives)}")
    print(f"{spent / len(points) * 1e3:.2f} ms a phrase")
    if asked.errors:
        for row in wrong:
            found = [(str(m.first), str(m.starts_at)) for m in _read(row)]
            print(f"{row['text']} | {row['value']} {row['grain']} | {found}")
        print(*false, sep="\n")


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _read(row: dict[str, Any]) -> tuple[DateMention, ...]:
    return find_dates(row["text"], datetime.fromisoformat(row["reference"]))


def _right(row: dict[str, Any], mention: DateMention) -> bool:
    """Compare to the grain; a count of days ("in 7 days") is a day, whatever hour the set gives it."""
    wanted, zone = datetime.fromisoformat(row["value"]), datetime.fromisoformat(row["reference"]).tzinfo
    grain = row["grain"]
    if grain in {"Hour", "Minute", "Second"}:
        if mention.starts_at is None:
            return grain == "Hour" and mention.first == wanted.date() and any(word in row["text"] for word in _COUNTED)
        return mention.starts_at == wanted.replace(tzinfo=zone)
    first = mention.first
    if mention.starts_at is not None:
        return False
    return {
        "Day": first == wanted.date(),
        "Week": first.isocalendar()[:2] == wanted.isocalendar()[:2],
        "Month": (first.year, first.month) == (wanted.year, wanted.month),
        "Quarter": (first.year, (first.month - 1) // 3) == (wanted.year, (wanted.month - 1) // 3),
        "Year": first.year == wanted.year,
    }[grain]


if __name__ == "__main__":
    main()
