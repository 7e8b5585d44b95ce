"""When things break: a sentence, the right exit code, what was saved stays, and no secret anywhere."""

import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
from base64 import encodebytes
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from dovecot import Dovecot, _give_up
from program import PROGRAM, answer, environment, run
from small_desk import ASK, BOOK, CONFIG, NOW, mail

from flows.once import ingest_once
from flows.settings import load_settings

SECRET = "wröng-and-secret-1234"
PRESENT = NOW.isoformat()
_MEASURING = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
MEASURED = [sys.executable, "-c", _MEASURING]
"""Runs a program and prints its peak memory in KiB.

A small process must start it: a new process counts what its parent held until it becomes the program.
"""


def configured(folder: Path, sources: str, *, store: str = "accountline.db") -> Path:
    """Write a configuration with its account book."""
    (folder / "accounts.csv").write_text(BOOK, encoding="utf-8")
    config = folder / "accountline.toml"
    config.write_text(f'{CONFIG}[store]\nurl = "sqlite:///{store}"\n{sources}', encoding="utf-8")
    return config


def imap(name: str, user: str, port: int) -> str:
    """A source on this machine whose password stands in the environment."""
    return (
        f'[[sources]]\nname = "{name}"\nkind = "imap"\nhost = "127.0.0.1"\nport = {port}\nusername = "{user}"\n'
        'password = { env = "DESK_PASSWORD" }\nsecurity = "none"\n'
    )


def eml(folder: Path, *mails: bytes) -> str:
    """A source of mail files."""
    (folder / "mails").mkdir()
    for number, data in enumerate(mails):
        (folder / "mails" / f"{number}.eml").write_bytes(data)
    return '[[sources]]\nname = "files"\nkind = "eml"\npath = "mails"\n'


def closed_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def bytes_below(*folders: Path) -> bytes:
    """Everything that was written."""
    return b"\n".join(file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file())


class TestUsage:
    @pytest.mark.parametrize("now", ["yesterday", "2026-02-30", ""])
    def test_a_wrong_now_changes_nothing(self, tmp_path: Path, now: str) -> None:
        """Exit code 2, before anything is opened."""
        config = configured(tmp_path, "")

        done = run("ingest", "--now", now, config=config)

        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("--now must be an instant")
        assert not (tmp_path / "accountline.db").exists()

    def test_a_bad_configuration(self, tmp_path: Path) -> None:
        """Exit code 2, with the line."""
        config = configured(tmp_path, '[[sources]]\nname = "a"\nkind = "imapp"\n')

        done = run("ingest", config=config)

        assert done.returncode == 2
        assert "accountline.toml, line 9" in done.stderr
        assert "did you mean `imap`?" in done.stderr

    def test_a_bad_account_book(self, tmp_path: Path) -> None:
        """Exit code 2, and no half-made store is left."""
        config = configured(tmp_path, "")
        (tmp_path / "accounts.csv").write_text("name,domain\nTidewater,tidewater.example\n", encoding="utf-8")

        done = run("ingest", "--now", PRESENT, config=config)

        assert done.returncode == 2
        assert "accounts.csv, line 1: unknown column `domain`; did you mean `domains`?" in done.stderr
        assert not (tmp_path / "accountline.db").exists()


@dataclass(frozen=True, slots=True)
class Broken:
    """A run in which one source refuses the password, one is not there and one is fine."""

    config: Path
    done: "subprocess.CompletedProcess[str]"
    report: dict[str, Any]


@pytest.fixture(scope="module")
def broken(dovecot: Dovecot, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    """Run it once."""
    dovecot.add_user("refused")
    folder = tmp_path_factory.mktemp("broken")
    sources = imap("refusing", "refused", dovecot.port) + imap("down", "somebody", closed_port())
    config = configured(folder, sources + eml(folder, mail("a"), b"\x00\x01\x02"))
    done = run("ingest", "--format", "json", "--now", PRESENT, config=config, DESK_PASSWORD=SECRET)
    return Broken(config, done, json.loads(done.stdout))


@pytest.mark.servers
class TestSourcesThatFail:
    def test_the_others_are_done(self, broken: Broken) -> None:
        """Exit code 3; each source says how it ended."""
        assert broken.done.returncode == 3
        states = {source["name"]: (source["state"], source["new"]) for source in broken.report["sources"]}
        assert states == {"refusing": ("auth_dead", 0), "down": ("failed", 0), "files": ("ok", 2)}
        assert broken.report["flags"]["opened"] == 1

    def test_each_failure_is_a_sentence(self, broken: Broken) -> None:
        """It names the source or server and what to check."""
        said = {source["name"]: source["error"] for source in broken.report["sources"]}

        assert "password" in said["refusing"].lower()
        assert "127.0.0.1" in said["down"]
        assert said["files"] is None
        assert all(error.endswith(".") for error in said.values() if error)

    def test_no_secret_is_anywhere(self, broken: Broken, prefect_home: Path) -> None:
        """Neither in what was said nor in any file: store, Prefect's database, logs."""
        written = bytes_below(broken.config.parent, prefect_home)

        assert SECRET not in broken.done.stdout + broken.done.stderr
        assert SECRET.encode() not in written
        assert SECRET.encode("unicode_escape") not in written
        assert b"accountline" in written.lower()  # it was looked at

    def test_status_tells_it_afterwards(self, broken: Broken) -> None:
        """And what waits may be unknown from now on."""
        told = answer("status", "--now", PRESENT, config=broken.config)["sources"]

        assert {row["name"]: row["state"] for row in told} == {
            "refusing": "auth_dead",
            "down": "failed",
            "files": "ok",
        }
        assert [row["state"] for row in answer("overdue", "--now", PRESENT, config=broken.config)] == ["unknown"]

    def test_quarantine_is_counted(self, broken: Broken) -> None:
        """What is no mail is kept with its reason."""
        (waiting,) = answer("quarantine", "list", config=broken.config)

        assert (waiting["source"], waiting["uid"], waiting["stage"]) == ("files", "1.eml", "parse")
        assert broken.report["sources"][2]["quarantined"] == 1


@pytest.mark.servers
def test_nothing_to_read_is_fine(dovecot: Dovecot, prefect_home: Path, tmp_path: Path) -> None:
    """A mailbox of no messages and an empty folder: exit code 0; the right password is nowhere either."""
    dovecot.add_user("empty")
    config = configured(tmp_path, imap("desk", "empty", dovecot.port) + eml(tmp_path))

    done = run("ingest", "--format", "json", "--now", PRESENT, config=config, DESK_PASSWORD=dovecot.password)

    assert done.returncode == 0, done.stderr
    assert [(s["state"], s["listed"]) for s in json.loads(done.stdout)["sources"]] == [("ok", 0), ("ok", 0)]
    assert answer("overdue", "--now", PRESENT, config=config) == []
    assert dovecot.password.encode() not in bytes_below(tmp_path, prefect_home)


@pytest.mark.servers
def test_a_mail_of_60_megabytes(dovecot: Dovecot, tmp_path: Path) -> None:
    """It is held, its words are read, and it does not fill the memory."""
    dovecot.add_user("large")
    dovecot.deliver("large", "INBOX", large_mail(60_000_000), received_at=NOW)
    config = configured(tmp_path, imap("desk", "large", dovecot.port))

    done = run("ingest", "--now", PRESENT, config=config, started_by=MEASURED, DESK_PASSWORD=dovecot.password)

    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout.splitlines()[-1]) < 700_000  # KiB; Prefect and spaCy alone take 400,000
    (folder,) = (f for f in answer("status", "--now", PRESENT, config=config)["sources"][0]["folders"] if f["held"])
    assert (folder["server_count"], folder["held"], folder["quarantined"]) == (1, 1, 0)
    (row,) = answer("overdue", "--now", PRESENT, config=config)
    assert row["evidence"][0]["quote"] == ASK


def large_mail(size: int) -> bytes:
    """A request with a large attachment."""
    chance = Random(1)  # noqa: S311 - any bytes will do
    attached = encodebytes(chance.randbytes(1_000_000))
    head, _, body = mail("large").partition(b"\n\n")
    plain = b"\n".join(line for line in head.splitlines() if not line.lower().startswith((b"content-", b"mime-")))
    return b"".join(
        [
            plain,
            b'\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\n',
            body,
            b'\n--b\nContent-Type: application/octet-stream; name="plan.bin"\nContent-Transfer-Encoding: base64\n\n',
            attached * (size // len(attached) + 1),
            b"\n--b--\n",
        ]
    )


def in_a_world_of_its_own(folder: Path, script: str) -> dict[str, tuple[int, str, str]]:
    """Run a shell script that may mount what it likes without anybody else seeing it.

    In the script, ``try NAME WORD…`` runs the program. Returns by name: exit code, standard output, standard error.
    """
    if shutil.which("unshare") is None:
        _give_up("unshare is not installed (Debian: util-linux).")
    tried = f'try() {{ name=$1; shift; {shlex.join(PROGRAM)} "$@" > $name.out 2> $name.err && code=0 || code=$?; '
    tried += "echo $code > $name.code; }\n"
    # An ordinary user is root in there, and may mount too, where the system lets them.
    rights = [] if os.getuid() == 0 else ["--map-root-user"]
    done = subprocess.run(
        ["unshare", *rights, "--mount", "sh", "-e", "-c", tried + script],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        _give_up(f"Mounting is not allowed here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    found = {}
    for code in folder.glob("*.code"):
        said = code.with_suffix(".err").read_text("utf-8")
        assert "Traceback" not in said, said
        found[code.stem] = (int(code.read_text()), code.with_suffix(".out").read_text("utf-8"), said)
    return found


def test_a_full_disk_and_then_more_room(tmp_path: Path) -> None:
    """Exit code 1 and a sentence; once there is room, a second run completes what the first could not."""
    chance = Random(2)  # noqa: S311 - bytes that cannot be compressed
    mails = [mail(f"m{n}", ASK + "\n\n" + encodebytes(chance.randbytes(40_000)).decode()) for n in range(120)]
    disk = tmp_path / "disk"
    disk.mkdir()
    configured(tmp_path, eml(tmp_path, *mails), store="disk/accountline.db")

    tried = in_a_world_of_its_own(
        tmp_path,
        f"""
        mount -t tmpfs -o size=3m tmpfs disk
        try full ingest --now {PRESENT}
        mount -o remount,size=100m disk
        try room ingest --now {PRESENT} --format json
        try status status --now {PRESENT} --format json
        """,
    )

    code, _, said = tried["full"]
    assert (code, said.count("\n")) == (1, 1), said
    assert said.startswith("The disk is full; free some space and run it again.")
    code, report, said = tried["room"]
    assert (code, said) == (0, "")
    assert json.loads(report)["sources"][0]["state"] == "ok"
    (folder,) = json.loads(tried["status"][1])["sources"][0]["folders"]
    assert (folder["server_count"], folder["held"], folder["quarantined"]) == (120, 120, 0)


def test_a_store_that_is_read_only(tmp_path: Path) -> None:
    """Reading goes on, writing ends with exit code 1 and a sentence."""
    (tmp_path / "disk").mkdir()
    config = configured(tmp_path, eml(tmp_path, mail("a")), store="disk/accountline.db")
    ingest_once(load_settings(config), None, NOW)

    tried = in_a_world_of_its_own(
        tmp_path,
        f"""
        mount --bind disk disk
        mount -o remount,bind,ro disk
        try write ingest --now {PRESENT}
        try upgrade db upgrade
        try read overdue --now {PRESENT} --format json
        """,
    )

    for name in ("write", "upgrade"):
        code, _, said = tried[name]
        assert (code, said.count("\n")) == (1, 1), said
        assert said.startswith("The store ")
        assert "cannot be " in said
    assert (tried["read"][0], tried["read"][2]) == (0, "")
    assert [row["message_id"] for row in json.loads(tried["read"][1])] == ["a@host.example"]
