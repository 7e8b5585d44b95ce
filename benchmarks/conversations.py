"""Our conversations against the true threads of a list archive, headers intact and with part of them hidden.

    python benchmarks/conversations.py ARCHIVE.mbox INDEX.jsonl OWN_DOMAIN [--hidden 0.3] [--errors 20]

INDEX.jsonl gives ``message_id``, ``in_reply_to`` and ``thread`` (the root by headers) of each mail; only mails linked
to another one in the archive are scored. The mails go through a real ingest with OWN_DOMAIN as our side and everybody
else in the account book; then B-cubed precision, recall and F1 are printed, beside those of base subjects alone.
"""

import argparse
import json
import random
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from mailbox import mbox
from pathlib import Path

from sqlalchemy import select

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from domain.free_mail import FREE_MAIL_DOMAINS  # noqa: E402
from domain.subjects import base_subject  # noqa: E402
from extraction.attach import registrable  # noqa: E402
from extraction.headers import parse_addresses  # noqa: E402
from flows.once import ingest_once  # noqa: E402
from flows.settings import load_settings  # noqa: E402
from store import tables  # noqa: E402
from store.database import open_store  # noqa: E402

_ANCESTORS = re.compile(
    rb"^(?:in-reply-to|references|thread-index|thread-topic):.*\n(?:[ \t].*\n)*", re.IGNORECASE | re.MULTILINE
)


def main() -> None:
    """Ingest twice and print the scores."""
    asked = _arguments()
    index = [json.loads(line) for line in asked.index.read_text(encoding="utf-8").splitlines()]
    truth = {bare(row["message_id"]): bare(row["thread"]) for row in index}
    scored = list(_linked(index))
    subjects = {bare(row["message_id"]): base_subject(row["subject"] or "") for row in index}
    print(f"{len(scored)} linked mails of {len(index)}")
    print(f"base subject alone             {_scores(subjects, truth, scored)}")
    for share in (0.0, asked.hidden):
        found = _conversations(asked.archive, asked.own, hidden=share)
        missing = sum(key not in found for key in scored)
        print(f"{share:4.0%} of mails without headers {_scores(found, truth, scored)}  ({missing} not held)")
        for line in _errors(found, truth, subjects, scored)[: asked.errors]:
            print(f"    {line}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("own")
    parser.add_argument("--hidden", type=float, default=0.3)
    parser.add_argument("--errors", type=int, default=0)
    return parser.parse_args()


def bare(message_id: str) -> str:
    """Return a Message-ID without its brackets."""
    return message_id.strip("<> ")


def _linked(index: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Mails whose parent is in the archive, and those parents."""
    held = {row["message_id"] for row in index}
    parents = {row["in_reply_to"] for row in index if row["in_reply_to"] in held}
    return (bare(r["message_id"]) for r in index if r["in_reply_to"] in held or r["message_id"] in parents)


def _conversations(archive: Path, own: str, *, hidden: float) -> dict[str, str]:
    """Message-ID to conversation after a real ingest; a share of the mails has lost what it answers."""
    message = tables.message.c
    with tempfile.TemporaryDirectory() as folder:
        url = ingested(archive, own, hidden=hidden, folder=Path(folder))
        with open_store(url, read_only=True) as store, store.reading() as connection:
            return dict(connection.execute(select(message.message_id, message.conversation)).all())


def ingested(archive: Path, own: str, *, hidden: float, folder: Path) -> str:
    """Ingest an archive in a folder, a share of its mails without what they answer; return the store's URL."""
    chance = random.Random(2020)  # noqa: S311 - the same mails every time
    letters = folder / "letters.mbox"
    with letters.open("wb") as file:
        for mail in mbox(archive, create=False):
            head, gap, body = bytes(mail).partition(b"\n\n")
            kept = _ANCESTORS.sub(b"", head + b"\n").rstrip(b"\n") if chance.random() < hidden else head
            file.write(f"From {mail.get_from()}\n".encode() + kept + gap + body.replace(b"\nFrom ", b"\n>From "))
            file.write(b"\n")
    config = folder / "accountline.toml"
    config.write_text(
        f'[company]\nname = "Own"\ndomains = ["{own}"]\ntimezone = "UTC"\n[accounts]\nbook = "accounts.csv"\n'
        f'[[sources]]\nname = "list"\nkind = "mbox"\npath = "letters.mbox"\nowner = "desk@{own}"\n',
        encoding="utf-8",
    )
    (folder / "accounts.csv").write_text(_book(letters, own), encoding="utf-8")
    settings = load_settings(config)
    ingest_once(settings, None, datetime.now(UTC))
    return settings.store_url


def _book(letters: Path, own: str) -> str:
    """An account for every outside domain, and one for everybody with a free-mail address."""
    values = [
        str(v)
        for mail in mbox(letters, create=False)
        for n in ("From", "Reply-To", "To", "Cc")
        for v in mail.get_all(n, [])
    ]
    addresses = {address.address for value in values for address in parse_addresses([value])}
    outside = {a for a in addresses if a.isascii() and a.count("@") == 1 and registrable(a.partition("@")[2]) != own}
    private = {a for a in outside if a.partition("@")[2] in FREE_MAIL_DOMAINS}
    domains = {registrable(a.partition("@")[2]) for a in outside - private}
    lines = ["name,domains,contacts", *(f"{d},{d}," for d in sorted(domains)), *(f"{a},,{a}" for a in sorted(private))]
    return "\n".join(lines) + "\n"


def _scores(found: Mapping[str, str], truth: Mapping[str, str], scored: Iterable[str]) -> str:
    """B-cubed: each mail's precision and recall, averaged (Bagga and Baldwin, 1998)."""
    placed = {key: found.get(key, key) for key in scored}
    ours, theirs = defaultdict(set), defaultdict(set)
    for key, place in placed.items():
        ours[place].add(key)
        theirs[truth[key]].add(key)
    common = {key: len(ours[placed[key]] & theirs[truth[key]]) for key in placed}
    precision = sum(common[key] / len(ours[placed[key]]) for key in placed) / len(placed)
    recall = sum(common[key] / len(theirs[truth[key]]) for key in placed) / len(placed)
    return f"P {precision:.3f}  R {recall:.3f}  F1 {2 * precision * recall / (precision + recall):.3f}"


def _errors(
    found: Mapping[str, str], truth: Mapping[str, str], subjects: Mapping[str, str], scored: Iterable[str]
) -> list[str]:
    """Threads that were torn and conversations that hold several threads, the largest first."""
    pieces: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    merged: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for key in scored:
        pieces[truth[key]][found.get(key, key)].append(key)
        merged[found.get(key, key)][truth[key]].append(key)
    told = [
        (
            sum(map(len, parts.values())),
            f"{kind}: " + " | ".join(f"{len(p)} of {subjects[p[0]][:50]}" for p in parts.values()),
        )
        for kind, groups in (("torn", pieces), ("merged", merged))
        for parts in groups.values()
        if len(parts) > 1
    ]
    return [line for _, line in sorted(told, reverse=True)]


if __name__ == "__main__":
    main()
