"""How fast mail is understood, beside spaCy's bare tokenizer and public quote-strippers on the same mail.

    python benchmarks/extract.py MAIL... [--most 4000] [--memory 100000]

MAIL is a mailbox (mbox), or a .xz or .tar.xz of such; real mail, for on templated mail caches do the work. All figures
are of one process and one run, but for the line that says two, in seconds of the processor, so that whatever else runs
on the machine counts little; two processes are compared by the clock. Quote-strippers are left out where they are not
installed:

    pip install mail-parser-reply email-reply-parser quotequail talon

With ``--memory`` so many mails are read, the same again and again, and the peak of this process is printed.
"""

import argparse
import lzma
import mailbox
import multiprocessing
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from itertools import cycle, islice
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)]

import spacy  # noqa: E402

from domain.mail import Message  # noqa: E402
from domain.sources import RawMessage  # noqa: E402
from extraction.mime import parse_message  # noqa: E402
from extraction.pipeline import load_pipeline, read_signals  # noqa: E402
from flows.signal_inputs import of_message  # noqa: E402

_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
_PART = 500
_LINE = "The crane for the second hall comes on {}, could you please have the gate opened?\n"
Stripper = Callable[[str], object]


def raw_mails(path: Path) -> Iterator[bytes]:
    """Yield the mails of a mailbox, unpacked if need be."""
    with tempfile.TemporaryDirectory() as folder:
        if ".tar" in path.name:
            with tarfile.open(path) as archive:
                archive.extractall(folder, filter="data")
        elif path.suffix == ".xz":
            (Path(folder) / path.stem).write_bytes(lzma.decompress(path.read_bytes()))
        boxes = sorted(file for file in Path(folder).rglob("*") if file.is_file()) or [path]
        for box in boxes:
            for mail in mailbox.mbox(box):
                with suppress(Exception):  # mails that the standard library cannot write again
                    yield mail.as_bytes()


def parsed(mails: Iterable[bytes]) -> list[Message]:
    """Return the messages of raw mails."""
    return [message for data in mails if isinstance(message := parse_message(_raw(data), fetched_at=_AT), Message)]


def _raw(data: bytes) -> RawMessage:
    return RawMessage(folder="", uid="1", data=data, received_at=None, size=len(data))


def timed(name: str, mails: int, work: Callable[[], object]) -> float:
    """Print how many mails some work does in a second of the processor, and return it."""
    begin = time.process_time()
    work()
    rate = mails / (time.process_time() - begin)
    print(f"{name:<44}{rate:>9,.0f} mails/s", flush=True)
    return rate


def understand(messages: Iterable[Message]) -> int:
    """Read signals; return how many."""
    return sum(len(found) for found in read_signals(load_once(), map(of_message, messages)))


_LOADED: list[spacy.language.Language] = []


def load_once() -> spacy.language.Language:
    """The pipeline of this process."""
    if not _LOADED:
        _LOADED.append(load_pipeline())
    return _LOADED[0]


def from_bytes(mails: list[bytes]) -> int:
    """Parse and read, part by part, as ``extract`` does."""
    return sum(understand(parsed(mails[start : start + _PART])) for start in range(0, len(mails), _PART))


def tokenize(texts: list[str]) -> None:
    """Make Docs with spaCy's own tokenizer of English, the yardstick."""
    nlp = spacy.blank("en")
    for text in texts:
        nlp.make_doc(text)


def two_processes(mails: list[bytes]) -> tuple[float, float]:
    """Seconds for all mails in one process of a pool, and in two; what they start with is not counted."""
    parts = [mails[start : start + _PART // 2] for start in range(0, len(mails), _PART // 2)]
    seconds = []
    for count in (1, 2):
        with multiprocessing.get_context("spawn").Pool(count) as pool:
            pool.map(from_bytes, [mails[:50]] * 4 * count, chunksize=1)
            begin = time.perf_counter()
            pool.map(from_bytes, parts, chunksize=1)
            seconds.append(time.perf_counter() - begin)
    return seconds[0], seconds[1]


def strippers() -> Iterator[tuple[str, Stripper]]:
    """Public libraries that find the new text of a body, as far as they are installed."""
    with suppress(ImportError):
        from mailparser_reply import EmailReplyParser as Newer  # noqa: PLC0415

        yield "mail-parser-reply", lambda text: Newer(languages=["en"]).parse_reply(text)
    with suppress(ImportError):
        from email_reply_parser import EmailReplyParser  # noqa: PLC0415

        yield "email-reply-parser", EmailReplyParser.parse_reply
    with suppress(ImportError):
        import quotequail  # noqa: PLC0415

        yield "quotequail", quotequail.quote
    with suppress(ImportError):
        from talon import quotations  # noqa: PLC0415

        yield "talon", quotations.extract_from_plain


def strip_all(strip: Stripper, bodies: list[str]) -> Callable[[], None]:
    """Return what runs a stripper over all bodies, its own talk and errors swallowed."""

    def run() -> None:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            for body in bodies:
                with suppress(Exception):
                    strip(body)

    return run


def loading() -> None:
    """Print what the pipeline takes to load, beside the import of spaCy, in a new process."""
    code = (
        "import time; a = time.perf_counter(); import spacy; b = time.perf_counter();"
        "from extraction.pipeline import load_pipeline; load_pipeline(); c = time.perf_counter();"
        "print(f'import of spaCy {b - a:.2f} s, pipeline beside it {c - b:.2f} s')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    print(done.stdout.strip())


def large_mails() -> None:
    """Print what mails of 1, 2 and 5 MB take, each line another; twice the text takes twice as long."""
    for megabytes in (1, 2, 5):
        lines = megabytes * 1_000_000 // len(_LINE)
        body = "".join(_LINE.format(f"{number} May") + ("\n" if number % 7 == 0 else "") for number in range(lines))
        data = b"From: a@acme.example\nContent-Type: text/plain\n\n" + body.encode()
        begin = time.process_time()
        count = from_bytes([data])
        print(f"one mail of {megabytes} MB: {time.process_time() - begin:.1f} s, {count:,} signals", flush=True)


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mail", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=4_000, help="mails read of each mailbox")
    parser.add_argument("--memory", type=int, default=0, help="mails read to see what memory it takes")
    asked = parser.parse_args()
    loading()
    for path in asked.mail:
        mails = list(islice(raw_mails(path), asked.most))
        messages = parsed(mails)
        texts, bodies = [m.zones.reply_text for m in messages], [m.body_text for m in messages]
        words = sum(len(text.split()) for text in texts) / len(texts)
        print(f"\n{path.name}: {len(messages)} mails, {words:.0f} words of reply text each")
        understand(messages[:20])
        bare = timed("spaCy's bare tokenizer, reply text", len(texts), partial(tokenize, texts))
        own = timed("reply text to signals", len(texts), partial(understand, messages))
        print(f"{'':<44}{own / bare:>9.2f} x bare tokenizer")
        timed("bytes to messages with zones", len(mails), partial(parsed, mails))
        timed("bytes to signals", len(mails), partial(from_bytes, mails))
        one, two = two_processes(mails)
        print(f"{'bytes to signals, two processes':<44}{len(mails) / two:>9,.0f} mails/s, {one / two:.2f} x one")
        for name, strip in strippers():
            timed(f"{name}, quotes alone", len(bodies), strip_all(strip, bodies))
    large_mails()
    if asked.memory:
        timed(f"{asked.memory:,} mails", asked.memory, lambda: understand(islice(cycle(messages), asked.memory)))
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
