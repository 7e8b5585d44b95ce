"""What a process runs that only parses; it imports neither the store nor the rest of the flows."""

import os
import signal
import threading
from collections.abc import Sequence
from datetime import datetime
from multiprocessing import parent_process

from domain.mail import Message
from domain.signals import Problem
from domain.sources import RawMessage

Waiting = tuple[RawMessage, datetime]
"""A mail, and when it was fetched."""

Result = tuple[Message | Problem, str]
"""What became of it, and the fingerprint of its words."""


def parse_mails(mails: Sequence[Waiting], zone: str) -> list[Result]:
    """Parse mails; ``zone`` is the company's."""
    from extraction.mime import body_fingerprint, parse_message  # noqa: PLC0415 - brings the language model

    found: list[Result] = []
    for raw, fetched_at in mails:
        result = parse_message(raw, fetched_at=fetched_at, zone=zone)
        found.append((result, "" if isinstance(result, Problem) else body_fingerprint(result)))
    return found


def begin() -> None:
    """Set a process up: an interrupt is for the one that started it, and when that one is gone, so is this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
