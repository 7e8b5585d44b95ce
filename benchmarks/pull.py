"""How fast mail comes from an IMAP server into the store, beside mbsync and a bare socket, in one run.

    python benchmarks/pull.py --mails 20000 --rounds 5

Starts Dovecot on loopback with one mailbox of generated mail (``many_mails``), then measures, in turns, so that
whatever else the machine does meets all alike:

- **initial**: our pull into a new store (bytes kept; parsed, with zones, language and automatic mail; threads joined,
  attached to accounts), ``mbsync`` of the same mailbox into a new Maildir, and a socket that reads the same bytes and
  forgets them. What a run does after that is not in this time and told beside it: ``index`` makes the mail searchable,
  and with ``--whole``, ``read`` finds signals, ``settle`` and ``meet`` judge by them;
- **nothing new**: our pull again, and ``mbsync`` again, with the bytes that crossed the wire;
- **ten new**: the same after ten mails arrived.

Ours and mbsync both sign in and talk over TLS, both leave the data safe on disk (mbsync with its default ``FSync yes``;
``--no-fsync`` turns that off for mbsync alone). Our three runs are made by one process, as ``accountline serve`` makes
its runs; starting it is told apart. Medians are printed, with the ratio to mbsync, and our peak of memory,
that of a helper process included, and the processor time each client used and the server used for it.

The mailbox is one somebody works with: files have names as Dovecot's delivery gives them, with sizes, and a mail
program has opened the folder once, so that mail lies in ``cur`` and stands in the index. Mail that arrives later lies
in ``new``, as it does on a server.
"""

import argparse
import base64
import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
# The packages first: a benchmark may bear the name of one.
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests"), str(HERE)]

from dovecot import Dovecot, running  # noqa: E402
from many_mails import BEGIN, generate  # noqa: E402
from phrases import CLIENTS  # noqa: E402

from domain.sources import Page, RawMessage  # noqa: E402
from flows import stages  # noqa: E402
from flows.composition import Desk  # noqa: E402
from flows.settings import load_settings  # noqa: E402
from store.attaching import save_account_book  # noqa: E402
from store.migrate import upgrade  # noqa: E402
from store.pages import begin_source, end_source, save_page  # noqa: E402

USER = "bench"
NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-fsync", action="store_true", help="let mbsync leave its files to the system's cache")
    parser.add_argument("--whole", action="store_true", help="finish our runs, with signals and flags, and time that")
    parser.add_argument("--pull", metavar="CONFIG", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.pull:
        serve(Path(chosen.pull), whole=chosen.whole)
        return
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None or shutil.which("mbsync") is None:
        sys.exit("This needs Dovecot and mbsync (Debian: apt-get install dovecot-imapd isync).")
    with tempfile.TemporaryDirectory(prefix="pull") as home, running(program, Path(home)) as server:
        os.environ["SSL_CERT_FILE"] = str(server.certificate)
        fill(server, generate(chosen.mails))
        measure(server, Path(home), chosen.rounds, fsync=not chosen.no_fsync, whole=chosen.whole)


def fill(server: Dovecot, mails: Iterator[bytes]) -> None:
    """Deliver mail as an agent does, and open and read it once, so that nobody pays for the server's index."""
    server.add_user(USER)
    size = count = 0
    for count, data in enumerate(mails, 1):
        server.deliver(USER, "INBOX", data, received_at=BEGIN + timedelta(minutes=count))
        size += len(data)
    with server.client(USER) as client:
        client.select_folder("INBOX")
    read_by_socket(server)
    print(f"{count:,} mails, {size / 1e6:,.0f} MB, {size / count / 1e3:.1f} KB on average", flush=True)


Runs = dict[str, list[dict[str, float]]]


def measure(server: Dovecot, home: Path, rounds: int, *, fsync: bool, whole: bool) -> None:
    """Run everything in turns and print medians."""
    first: Runs = {"ours": [], "mbsync": [], "socket": []}
    again: Runs = {"ours": [], "mbsync": []}
    fresh: Runs = {"ours": [], "mbsync": []}
    still: dict[str, int] = {}
    few: dict[str, int] = {}
    for number in range(rounds):
        with ours(server, home, number, whole=whole) as our_run:
            runs = {"ours": our_run, "mbsync": mbsync(server, home, number, fsync=fsync)}
            for name, run in runs.items():
                first[name].append(with_processor_time(server, run))
                again[name].append(with_processor_time(server, run))
            first["socket"].append(with_processor_time(server, lambda _: read_by_socket(server)))
            arrive(server, number)
            for name, run in runs.items():
                fresh[name].append(with_processor_time(server, run))
            if number == rounds - 1:
                still = {name: on_the_wire(server, run) for name, run in runs.items()}
                arrive(server, rounds)
                few = {name: on_the_wire(server, run) for name, run in runs.items()}
    report("initial", first)
    report("nothing new", again, still)
    report("ten new", fresh, few)


def arrive(server: Dovecot, number: int) -> None:
    """Deliver ten more mails, and let the server look at them, so that who comes first does not pay for its index."""
    for data in generate(10, seed=1_000 + number):
        server.deliver(USER, "INBOX", data)
    with server.client(USER) as client:
        client.select_folder("INBOX", readonly=True)


def with_processor_time(server: Dovecot, run: Callable[[int], dict[str, float]]) -> dict[str, float]:
    """Run once; add the processor time used by this process's children, in ``client``, and by the server."""
    master = int((server.home / "run" / "master.pid").read_text())

    def used() -> tuple[float, float]:
        # A child that ends while we look is missed by that look, never counted twice: the largest is right.
        looks = [(processor_time(os.getpid(), but=master), processor_time(master)) for _ in range(5)]
        return max(client for client, _ in looks), max(served for _, served in looks)

    before = used()
    found = run(server.tls_port)
    after = used()
    client = after[0] - before[0] - found.get("after", 0.0)
    return {**found, "client": client, "server": after[1] - before[1]}


def processor_time(process: int, *, but: int = 0) -> float:
    """Return the seconds a process, all its children that ended, and those that run have used (Linux).

    Args:
        process: Its number.
        but: A child that does not count.
    """
    ticks = 0
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks = sum(map(int, fields[11:15]))
    children: list[str] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            children += (thread / "children").read_text().split()
    own = ticks / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_time(int(child)) for child in children if int(child) != but)


def on_the_wire(server: Dovecot, run: Callable[[int], dict[str, float]]) -> int:
    """Run once more through a relay; return the bytes that crossed it."""
    relay = Relay(server)
    run(relay.port)
    return relay.count


def report(title: str, runs: Runs, crossed: dict[str, int] | None = None) -> None:
    """Print medians and ratios."""
    print(f"\n{title}")
    base = median(run["seconds"] for run in runs["mbsync"])
    for name, found in runs.items():
        seconds = [run["seconds"] for run in found]
        middle = median(seconds)
        line = f"  {name:7}{middle:8.3f} s ({min(seconds):.3f} to {max(seconds):.3f}), {middle / base:.2f} x mbsync"
        client, served = (median(run[key] for run in found) for key in ("client", "server"))
        line += f"; processor: {client:.2f} s, server {served:.2f} s"
        if crossed:
            line += f", {crossed[name] / 1e3:,.1f} KB on the wire"
        if "pull" in found[0]:
            pulling, start = (median(run[key] for run in found) for key in ("pull", "start"))
            memory = max(run["memory"] for run in found) / 1e6
            line += f"; pulling {pulling:.3f} s, start {start:.3f} s, {memory:,.0f} MB at peak"
            for stage in [name for name in ("index", "read", "settle", "meet") if name in found[0]]:
                line += f"; then {stage} {median(run[stage] for run in found):.3f} s"
        print(line, flush=True)


@contextlib.contextmanager
def ours(server: Dovecot, home: Path, number: int, *, whole: bool) -> Iterator[Callable[[int], dict[str, float]]]:
    """Make a configuration with a store of its own; give what pulls into it, in a process of its own."""
    folder = home / f"ours{number}"
    folder.mkdir(exist_ok=True)
    (folder / "accounts.csv").write_text(
        "name,domains\n" + "".join(f"{name.title()},{name}.example\n" for name in CLIENTS), encoding="utf-8"
    )
    config = folder / "accountline.toml"

    def configure(port: int) -> None:
        config.write_text(
            '[company]\nname = "Northwind"\ndomains = ["northwind.example"]\ntimezone = "Europe/Berlin"\n'
            f'[[sources]]\nname = "desk"\nkind = "imap"\nhost = "localhost"\nport = {port}\n'
            f'username = "{USER}"\npassword = "{server.password}"\n',
            encoding="utf-8",
        )

    configure(server.tls_port)
    begun = time.perf_counter()
    command = [sys.executable, __file__, "--pull", str(config), *(["--whole"] if whole else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout  # noqa: PT018 - for the type checker
        process.stdout.readline()
        start = time.perf_counter() - begun

        def run(port: int) -> dict[str, float]:
            assert process.stdin and process.stdout  # noqa: PT018 - for the type checker
            configure(port)
            with peak_memory(process.pid) as peak:
                process.stdin.write("\n")
                process.stdin.flush()
                found: dict[str, float] = json.loads(process.stdout.readline())
            return {**found, "start": start, "memory": float(max(peak))}

        yield run
        process.stdin.close()


@contextlib.contextmanager
def peak_memory(process: int) -> Iterator[list[int]]:
    """Collect what a process and its children occupy together, in bytes, as long as the block lasts.

    Pages that several of them share are told in parts (Linux's PSS).
    """
    found = [0]
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.25):
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
                found.append(sum(map(_occupied, [process, *map(int, children)])))

    watcher = threading.Thread(target=look)
    watcher.start()
    yield found
    over.set()
    watcher.join()


def _occupied(process: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def serve(config: Path, *, whole: bool) -> None:
    """Load what a service has loaded long ago, then pull once for each line read, and write what it took."""
    with tempfile.TemporaryDirectory() as scratch:
        (sample,) = generate(1)
        desk = Desk(load_settings(sample_configuration(Path(scratch))), now=NOW)
        upgrade(desk.store)
        begin_source(desk.store, "desk", "imap", "", now=NOW)
        item = RawMessage(folder="", uid="", data=sample, received_at=NOW, size=len(sample))
        save_page(desk.store, "desk", Page(items=(item,), next_cursor={}), now=NOW, screen=lambda _: "")
        stages.parse(desk)
        desk.close()
    print(flush=True)
    for _ in sys.stdin:
        print(json.dumps(pull_once(config, whole=whole)), flush=True)


def sample_configuration(folder: Path) -> Path:
    """Write a configuration without sources."""
    (folder / "accounts.csv").write_text("name,domains\n", encoding="utf-8")
    config = folder / "accountline.toml"
    config.write_text('[company]\nname = "Northwind"\ndomains = ["northwind.example"]\n', encoding="utf-8")
    return config


def pull_once(config: Path, *, whole: bool) -> dict[str, float]:
    """Pull, parse and attach, and time that; then do the rest of a run, and time each stage."""
    desk = Desk(load_settings(config), now=NOW)
    upgrade(desk.store)
    save_account_book(desk.store, desk.book.accounts.values())
    (source,) = desk.settings.sources
    begun = time.perf_counter()
    begin_source(desk.store, source.name, source.kind, source.owner, now=NOW)
    stages.pull(desk, source)
    pulled = time.perf_counter()
    stages.parse(desk)
    stages.attach(desk)
    end_source(desk.store, source.name, state="ok", now=NOW)
    found = {"seconds": time.perf_counter() - begun, "pull": pulled - begun}
    used = time.process_time()
    for stage in (stages.index, stages.read, stages.settle, stages.meet) if whole else (stages.index,):
        begun = time.perf_counter()
        stage(desk)
        found[stage.__name__] = time.perf_counter() - begun
    # The client's processor time is told of the timed part alone.
    found["after"] = time.process_time() - used
    desk.close()
    return found


def mbsync(server: Dovecot, home: Path, number: int, *, fsync: bool) -> Callable[[int], dict[str, float]]:
    """Make a configuration with a Maildir of its own; return what synchronises into it."""
    folder = home / f"mbsync{number}"
    (folder / "mail").mkdir(parents=True, exist_ok=True)

    def run(port: int) -> dict[str, float]:
        (folder / "rc").write_text(
            f"FSync {'yes' if fsync else 'no'}\n"
            f'IMAPAccount desk\nHost localhost\nPort {port}\nUser {USER}\nPass "{server.password}"\n'
            f"SSLType IMAPS\nCertificateFile {server.certificate}\nAuthMechs PLAIN\n\n"
            f"IMAPStore far\nAccount desk\n\nMaildirStore near\nPath {folder}/mail/\nInbox {folder}/mail/INBOX\n\n"
            "Channel desk\nFar :far:\nNear :near:\nCreate Near\nSync Pull\nSyncState *\n",
            encoding="utf-8",
        )
        begun = time.perf_counter()
        subprocess.run(["mbsync", "-q", "-c", str(folder / "rc"), "desk"], check=True)
        return {"seconds": time.perf_counter() - begun}

    return run


def read_by_socket(server: Dovecot) -> dict[str, float]:
    """Read all mail over one TLS connection and forget it: what the server and the wire cost alone."""
    context = ssl.create_default_context(cafile=str(server.certificate))
    begun = time.perf_counter()
    with (
        context.wrap_socket(
            socket.create_connection((server.host, server.tls_port)), server_hostname="localhost"
        ) as wire,
        wire.makefile("rb") as lines,
    ):
        lines.readline()
        secret = base64.b64encode(f"\0{USER}\0{server.password}".encode()).decode()
        size = 0
        for tag, command in (
            ("a", f"AUTHENTICATE PLAIN {secret}"),
            ("b", "EXAMINE INBOX"),
            ("c", "UID FETCH 1:* BODY.PEEK[]"),
        ):
            wire.sendall(f"{tag} {command}\r\n".encode())
            while not (line := lines.readline()).startswith(f"{tag} ".encode()):
                if line.endswith(b"}\r\n"):
                    size += len(lines.read(int(line[line.rindex(b"{") + 1 : -3])))
    return {"seconds": time.perf_counter() - begun, "bytes": size}


class Relay:
    """A port in front of the server that counts the bytes in both directions. Timed runs do without."""

    def __init__(self, server: Dovecot) -> None:
        self._target = (server.host, server.tls_port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.count = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=self._copy, args=ends, daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                self.count += len(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
