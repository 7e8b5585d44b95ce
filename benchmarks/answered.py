"""Was it answered? What the follow-up rules say of a support list's questions, against the true threads.

    python benchmarks/answered.py ARCHIVE.mbox INDEX.jsonl OWN_DOMAIN [--errors]

ARCHIVE and INDEX are those of ``conversations.py``, whose ingest is used: OWN_DOMAIN is our side, everybody else has an
account. Every obligation of ours is looked up in its true thread: it was answered when one of our people wrote there
after its clock began, whoever that mail was addressed to. Precision and recall of "answered" are printed, and how often
they differ for which reason; ``--errors`` shows every tenth difference.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from mailbox import mbox
from pathlib import Path

from sqlalchemy import select

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from conversations import bare, ingested  # noqa: E402

from extraction.attach import registrable  # noqa: E402
from extraction.headers import parse_addresses, parse_date  # noqa: E402
from store import tables  # noqa: E402
from store.database import open_store  # noqa: E402


@dataclass(frozen=True, slots=True)
class Asked:
    """An obligation of ours: the mail that began it, when, and what ended it as the product sees it."""

    message_id: str
    subject: str
    began: datetime
    answered: bool
    reason: str


def main() -> None:
    """Ingest, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("own")
    parser.add_argument("--errors", action="store_true")
    chosen = parser.parse_args()
    threads = {bare(row["message_id"]): bare(row["thread"]) for row in _rows(chosen.index)}
    ours = _own_mail(chosen.archive, chosen.own, threads)
    with tempfile.TemporaryDirectory() as folder:
        url = ingested(chosen.archive, chosen.own, hidden=0, folder=Path(folder))
        # What a client withdraws needs no answer.
        asked = [one for one in _obligations(url) if one.message_id in threads and one.reason != "withdrawn"]
    judged = [(one, any(at > one.began for at in ours.get(threads[one.message_id], ()))) for one in asked]
    _print(judged, errors=chosen.errors)


def _rows(index: Path) -> Iterator[dict[str, str]]:
    return (json.loads(line) for line in index.read_text(encoding="utf-8").splitlines())


def _own_mail(archive: Path, own: str, threads: Mapping[str, str]) -> dict[str, list[datetime]]:
    """When our people wrote in each true thread; a list may have put its own address into From."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for mail in mbox(archive, create=False):
        written = [str(value) for name in ("From", "Reply-To") for value in mail.get_all(name, [])]
        hosts = {a.address.rpartition("@")[2] for value in written for a in parse_addresses([value])}
        sent = parse_date(str(mail.get("Date", "")))
        thread = threads.get(bare(str(mail.get("Message-ID", ""))))
        if sent and thread and any(registrable(host) == own and not host.startswith("lists.") for host in hosts):
            found[thread].append(sent)
    return found


def _obligations(url: str) -> list[Asked]:
    row = tables.obligation.c
    query = select(row.message_id, row.subject, row.clock_start, row.cleared_at, row.cleared_reason)
    with open_store(url, read_only=True) as store, store.reading() as connection:
        return [
            Asked(bare(one.message_id), one.subject, one.clock_start, one.cleared_at is not None, one.cleared_reason)
            for one in connection.execute(query.where(row.side == "ours").order_by(row.clock_start, row.id))
        ]


def _print(judged: Iterable[tuple[Asked, bool]], *, errors: bool) -> None:
    pairs = list(judged)
    counts = Counter((one.answered, true) for one, true in pairs)
    right, false, missed = counts[True, True], counts[True, False], counts[False, True]
    print(f"{len(pairs)} obligations; in {right + missed} true threads one of ours wrote afterwards")
    print(f"answered: precision {right / max(right + false, 1):.3f}, recall {right / max(right + missed, 1):.3f}")
    differing = [(one, true) for one, true in pairs if one.answered != true]
    for (reason, true), count in Counter((one.reason, true) for one, true in differing).most_common():
        print(f"{count:5} {'said open, was answered' if true else f'said ended ({reason}), nobody of ours wrote'}")
    for one, _ in differing[::10] if errors else ():
        print(f"  {one.began:%Y-%m-%d} {'ended' if one.answered else 'open ':5} {one.subject[:70]}  <{one.message_id}>")


if __name__ == "__main__":
    main()
