"""``serve``: the real process, with Prefect, on stand-in flows that write what they do into a file."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import pytest

from flows.serve import Job

ROOT = Path(__file__).parents[1]

FLOWS = """
import time
from pathlib import Path
from prefect import flow

def note(config, line):
    with Path(config).open("a") as file:
        file.write(line + "\\n")

@flow
def ingest(config: str):
    slow = Path(config).with_name("slow").exists()
    try:
        note(config, "ingest")
        if Path(config).with_name("down").exists():
            raise OSError("source down")
        if slow:
            time.sleep(60)
    finally:
        if slow:
            note(config, "rolled back")

@flow
def digest(config: str):
    note(config, "digest")
"""

PROGRAM = """
import socket, sys
from datetime import datetime, time, timedelta, UTC
from pathlib import Path

def guarded(call, where):
    def checked(self, address, *more):
        host = address[0] if isinstance(address, tuple) else "127.0.0.1"
        if host not in ("127.0.0.1", "localhost", "::1"):
            Path(where).open("a").write(f"OUTSIDE {host}\\\\n")
            raise OSError("no way out")
        return call(self, address, *more)
    return checked

notes, home, now = sys.argv[1:]
sys.path.insert(0, str(Path(notes).parent))
socket.socket.connect = guarded(socket.socket.connect, notes)
socket.socket.connect_ex = guarded(socket.socket.connect_ex, notes)
lookup = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: guarded(lambda _, a: lookup(a[0], *rest, **more), notes)(None, (host,))

from flows.serve import Job, run_jobs
run_jobs([
    Job(entrypoint="stand_in:ingest", parameters={"config": notes}, every=timedelta(seconds=1)),
    Job(entrypoint="stand_in:digest", parameters={"config": notes}, at=time.fromisoformat(now), timezone="UTC"),
], home=Path(home), poll=timedelta(seconds=0.2))
""".replace("\\\\n", "\\n")


@dataclass
class Server:
    """A running ``serve`` in a folder of its own."""

    folder: Path
    home: Path
    digest_at: str = "03:00"
    process: subprocess.Popen[str] = field(init=False)

    def start(self) -> None:
        (self.folder / "stand_in.py").write_text(FLOWS)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(self.folder / "notes"), str(self.home), self.digest_at],
            env=environment | {"PYTHONPATH": str(ROOT), "HOME": str(self.folder)},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def notes(self) -> list[str]:
        notes = self.folder / "notes"
        return notes.read_text().splitlines() if notes.exists() else []

    def wait_for(self, condition: Callable[[list[str]], bool], seconds: float = 90) -> list[str]:
        deadline = time.monotonic() + seconds
        while not condition(self.notes()):
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < deadline, f"only {self.notes()} after {seconds} s"
            time.sleep(0.05)
        return self.notes()

    def stop(self, number: signal.Signals) -> str:
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, output
        return output

    def leaves_orphans(self) -> bool:
        """Say whether any process of its group is still there."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture(scope="module")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prefect's folder with its tables made, once: that takes longer than all else here."""
    home = tmp_path_factory.mktemp("prefect")
    script = (
        "import sys; from pathlib import Path; from flows.local_api import ensure_api; ensure_api(Path(sys.argv[1]))"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "COVERAGE_"))}
    subprocess.run([sys.executable, "-c", script, home], check=True, env=environment, cwd=ROOT)
    return home


@pytest.fixture
def server(tmp_path: Path, prefect_home: Path) -> Iterator[Server]:
    """Not started yet; what is left of it is killed at the end."""
    shutil.copytree(prefect_home, tmp_path / "home")
    server = Server(tmp_path, tmp_path / "home")
    yield server
    if hasattr(server, "process") and server.process.poll() is None:
        server.process.kill()
        server.process.communicate()


def test_serve_runs_again_after_failure_and_ends_on_sigterm_without_orphans_or_network(server: Server) -> None:
    """A source that is down does not end it; SIGTERM does, with exit code 0; nothing but loopback was called."""
    (server.folder / "down").touch()
    server.start()
    server.wait_for(lambda notes: notes.count("ingest") >= 2)
    (server.folder / "down").unlink()
    output = server.stop(signal.SIGTERM)
    assert "ingest failed and will be tried again" in output
    assert not server.leaves_orphans()
    assert [line for line in server.notes() if line.startswith("OUTSIDE")] == []
    assert not (server.folder / ".prefect").exists()


def test_serve_interrupted_run_is_rolled_back_and_a_restart_goes_on(server: Server) -> None:
    """A signal ends a long run at once with an exception; the next start runs it again. SIGKILL leaves no process."""
    (server.folder / "slow").touch()
    server.start()
    server.wait_for(lambda notes: notes == ["ingest"])
    server.stop(signal.SIGINT)
    assert server.notes() == ["ingest", "rolled back"]
    (server.folder / "slow").unlink()
    server.start()
    server.wait_for(lambda notes: notes.count("ingest") == 2)
    server.process.kill()
    server.process.communicate()
    assert not server.leaves_orphans()
    assert "digest" not in server.notes()


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-27T06:00:00+00:00", "2026-03-27T06:30:00+00:00"),  # 07:30 in Berlin's winter
        ("2026-03-27T06:30:00+00:00", "2026-03-28T06:30:00+00:00"),  # just sent: tomorrow
        ("2026-03-28T12:00:00+00:00", "2026-03-29T05:30:00+00:00"),  # the clocks went forward in the night
        ("2026-10-24T12:00:00+00:00", "2026-10-25T06:30:00+00:00"),  # and back
    ],
)
def test_job_at_a_time_of_day_follows_the_companys_clock(now: str, due: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The morning report comes at the same wall clock time in summer and winter."""
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    job = Job(entrypoint="flows.digest:digest", at=clock(7, 30), timezone="Europe/Berlin")
    assert job.next_after(datetime.fromisoformat(now)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("due", "now", "wanted"),
    [
        ("2026-03-27T06:30", "2026-03-27T09:00", True),  # missed this morning
        ("2026-03-27T06:30", "2026-03-28T05:00", False),  # yesterday's news
        ("2026-03-28T06:30", "2026-03-28T05:00", False),  # not yet due: scheduled anew, perhaps at another time
    ],
)
def test_job_missed_report_is_made_up_for_on_the_same_day_only(due: str, now: str, *, wanted: bool) -> None:
    """A process started late still sends today's report, never an old one."""
    job = Job(entrypoint="flows.digest:digest", at=clock(7, 30), timezone="Europe/Berlin")
    instants = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (due, now))
    assert job.still_wanted(*instants) is wanted


@pytest.mark.parametrize(
    ("failed", "again"),
    [
        ("2026-03-27T06:31", "2026-03-27T06:46"),  # the mail server was down at half past seven
        ("2026-03-27T22:50", None),  # a quarter of an hour later it is tomorrow in Berlin
    ],
)
def test_job_a_report_that_failed_is_tried_again_until_its_day_is_over(failed: str, again: str | None) -> None:
    """A report that waits for tomorrow is a silent failure."""
    job = Job(entrypoint="flows.digest:digest", at=clock(7, 30), timezone="Europe/Berlin")
    due = datetime(2026, 3, 27, 6, 30, tzinfo=UTC)
    found = job.again_after(due, datetime.fromisoformat(failed).replace(tzinfo=UTC))
    assert found == (datetime.fromisoformat(again).replace(tzinfo=UTC) if again else None)


def test_job_every_few_minutes_leaves_no_old_runs() -> None:
    """Ingests missed while the process was down are not made up for: the next one reads everything."""
    job = Job(entrypoint="flows.ingest:ingest", every=timedelta(minutes=5))
    now = datetime(2026, 3, 27, 9, tzinfo=UTC)
    assert not job.still_wanted(now - timedelta(hours=1), now)


def test_prepare_keeps_data_here_and_the_users_own_server(tmp_path: Path) -> None:
    """Telemetry is off whatever the environment says, a configured Prefect server is used, Prefect is not imported."""
    program = (
        "import os, sys; from pathlib import Path; from flows.prefect_setup import prepare; prepare(Path('home'));"
        "print(*(os.environ.get(name) for name in sys.argv[1:]), 'prefect' in sys.modules)"
    )
    names = ["PREFECT_SERVER_ANALYTICS_ENABLED", "PREFECT_API_URL", "PREFECT_SERVER_EPHEMERAL_ENABLED", "PREFECT_HOME"]
    users = {"PREFECT_SERVER_ANALYTICS_ENABLED": "true", "PREFECT_API_URL": "http://127.0.0.1:4200/api"}
    command = [sys.executable, "-c", program, *names]
    found = subprocess.run(
        command, env={"PYTHONPATH": str(ROOT)} | users, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["false", "http://127.0.0.1:4200/api", "None", "home", "False"]


def test_leaving_is_not_held_up_by_a_thread_that_never_ends() -> None:
    """What Prefect still does at the end is given its time, no more; the exit code is that of a good end."""
    program = (
        "import threading; from datetime import timedelta; from flows.serve import leave_within;"
        "threading.Thread(target=threading.Event().wait).start(); leave_within(timedelta(milliseconds=50))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
