"""The main job on your own mail: mbox files into a real Dovecot, one ingest, and the proof that nothing is missing.

    python benchmarks/real_mail.py FOLDER OWN_DOMAIN [CLIENT_DOMAIN …] --now 2002-03-01T09:00:00Z
        [--kills 10] [--rebook]

FOLDER holds one folder of mbox files, or one mbox file, per user. Each user becomes a mailbox on a Dovecot of our own
on loopback. Prints the time of the first and the second ingest, compares the server's counts with ``status``, kills an
ingest at random moments and compares the store it ends in with that of an undisturbed run. ``--rebook`` ingests with
another account book first, then changes it to the right one, and compares what that ends in with the undisturbed run.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from mailbox import mbox
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from dovecot import PASSWORD, Dovecot, running  # noqa: E402
from store_dump import Dump, differences, dump  # noqa: E402


def main() -> None:
    """Run the whole proof."""
    asked = _arguments()
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryDirectory() as scratch,
        running("dovecot", Path(home)) as server,
    ):
        users = {path.stem: list(_mails(path.resolve())) for path in sorted(asked.folder.iterdir())}
        for user, mails in users.items():
            server.add_user(user)
            for folder, data, at in mails:
                server.deliver(user, folder, data, received_at=at)
        print(f"{sum(map(len, users.values()))} mails of {len(users)} users on the server", flush=True)
        clean = _configure(Path(scratch) / "clean", server, list(users), asked)
        print(f"first ingest:  {_timed(clean, asked.now)}", flush=True)
        _compare(clean, asked.now, users)
        before = dump(clean.parent / "accountline.db")
        print(f"second ingest: {_timed(clean, asked.now)}", flush=True)
        print(f"every table unchanged: {dump(clean.parent / 'accountline.db') == before}", flush=True)
        if asked.kills:
            killed = _configure(Path(scratch) / "killed", server, list(users), asked)
            _kill_again_and_again(killed, asked)
            same = dump(killed.parent / "accountline.db") == before
            print(f"after {asked.kills} kills the same store: {same}", flush=True)
        if asked.rebook:
            rebooked = _configure(Path(scratch) / "rebooked", server, list(users), asked)
            _change_book(rebooked, asked)
            differing = differences(*map(_without_history, (dump(rebooked.parent / "accountline.db"), before)))
            print(f"attached again with the right book, the same store: {not differing} {sorted(differing)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("own")
    parser.add_argument("clients", nargs="*")
    parser.add_argument("--now", required=True)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--rebook", action="store_true")
    return parser.parse_args()


def _mails(path: Path) -> Iterator[tuple[str, bytes, datetime | None]]:
    files = sorted(path.glob("*.mbox")) if path.is_dir() else [path]
    for file in files:
        folder = "INBOX" if file.stem == "inbox" or not path.is_dir() else file.stem.replace(".", "_")
        box = mbox(file, create=False)
        for key in box.iterkeys():
            data = box.get_bytes(key)
            yield folder, data, _date(data)
        box.close()


def _date(data: bytes) -> datetime | None:
    for line in data.splitlines()[:60]:
        if line.lower().startswith(b"date:"):
            try:
                at = parsedate_to_datetime(line[5:].decode("ascii", "replace").strip())
            except ValueError:
                return None
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None


def _configure(folder: Path, server: Dovecot, users: list[str], asked: argparse.Namespace) -> Path:
    folder.mkdir()
    names = [f"{domain.partition('.')[0]},{domain}" for domain in asked.clients]
    (folder / "accounts.csv").write_text("\n".join(["name,domains", *names]) + "\n", encoding="utf-8")
    sources = "\n".join(
        f'[[sources]]\nname = "{user}"\nkind = "imap"\nhost = "{server.host}"\nport = {server.port}\n'
        f'username = "{user}"\npassword = {{ env = "BENCHMARK_PASSWORD" }}\nsecurity = "none"\n'
        'folders = { include = ["*"], exclude = [] }\n'
        for user in users
    )
    config = folder / "accountline.toml"
    config.write_text(f'[company]\nname = "Us"\ndomains = ["{asked.own}"]\n\n{sources}', encoding="utf-8")
    return config


def _command(config: Path, now: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "cli.main", *words, "--config", str(config), "--now", now, "--format", "json"]


def _environment() -> dict[str, str]:
    return os.environ | {"BENCHMARK_PASSWORD": PASSWORD, "PYTHONPATH": str(ROOT)}


def _run(config: Path, now: str, *words: str) -> Any:
    command = _command(config, now, *words)
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{words}: exit {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


def _timed(config: Path, now: str) -> str:
    started = time.monotonic()
    report = _run(config, now, "ingest")
    keys = ("listed", "new", "duplicates", "quarantined")
    sums = {key: sum(source[key] for source in report["sources"]) for key in keys}
    return f"{time.monotonic() - started:.1f} s, {sums}, {report['signals']} signals, flags {report['flags']}"


def _compare(config: Path, now: str, users: dict[str, list[tuple[str, bytes, datetime | None]]]) -> None:
    status = _run(config, now, "status")
    for source in status["sources"]:
        folders = source["folders"]
        server = sum(folder["server_count"] for folder in folders)
        held = sum(folder["held"] for folder in folders)
        quarantined = sum(folder["quarantined"] for folder in folders)
        left_out = sum(folder["left_out"] for folder in folders)
        fine = server == held + quarantined == len(users[source["name"]])
        parts = f"held {held} ({left_out} left out) + quarantined {quarantined}"
        print(f"  {source['name']}: server {server} = {parts}: {fine}")


def _change_book(config: Path, asked: argparse.Namespace) -> None:
    """Ingest with a book that knows every other client only, and gives all their domains to one account."""
    book = config.parent / "accounts.csv"
    right = book.read_text("utf-8")
    book.write_text(f"name,domains\nEverybody,{';'.join(asked.clients[::2])}\n", encoding="utf-8")
    print(f"with a wrong book: {_timed(config, asked.now)}", flush=True)
    book.write_text(right, encoding="utf-8")
    started = time.monotonic()
    moved = _run(config, asked.now, "ingest", "--dry-run")
    print(f"what would move, in {time.monotonic() - started:.1f} s:", flush=True)
    for row in moved:
        print("  " + ", ".join(f"{name} {value}" for name, value in row.items() if name != "examples"))
    print(f"with the right book: {_timed(config, asked.now)}", flush=True)


def _without_history(content: Dump) -> Dump:
    return {table: rows for table, rows in content.items() if table != "account_change"}


def _kill_again_and_again(config: Path, asked: argparse.Namespace) -> None:
    """Kill ingests at random moments, then let one run to its end."""
    chance = random.Random(7)  # noqa: S311 - not a secret
    for number in range(asked.kills):
        child = subprocess.Popen(
            _command(config, asked.now, "ingest"),
            env=_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait = chance.uniform(6, 25)
        try:
            child.wait(wait)
            print(f"  kill {number + 1}: it had finished before {wait:.0f} s")
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    _run(config, asked.now, "ingest")


if __name__ == "__main__":
    main()
