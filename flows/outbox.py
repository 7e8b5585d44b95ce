"""Today's morning report, on its way to everybody who shall have it; without Prefect."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from filelock import FileLock

from connectors.notify import send_notice
from connectors.smtp import send_mail
from domain.digest import Letter, Report
from domain.errors import AccountlineError
from flows.composition import home
from flows.morning import local_day, write_report
from flows.secret_values import Secret
from flows.settings import Settings, resolve
from store.database import open_store
from store.notices import begin_report, finish_report, mark_sent, report_of

_MOST_IN_CHAT = 3500
Way = Callable[[Report], None]
"""Hands a report over to one who shall have it, or raises an AccountlineError."""


def deliver(settings: Settings, now: datetime, *, trying: Callable[[Way], Way] = lambda way: way) -> str:
    """Send today's report to whoever has not got it yet.

    It is written down before anything is sent. After a crash between sending and noting so, the same mail goes out
    once more under the same Message-ID, by which mail programs know it; nobody is left without it.

    Args:
        settings: Say who shall have it.
        now: The present.
        trying: Wraps each way, to try it more than once.

    Returns:
        The report, or a sentence why nothing was sent.

    Raises:
        AccountlineError: Some way did not take it; the others have it, and the next call tries that one again.
    """
    day = local_day(settings, now)
    home(settings).mkdir(parents=True, exist_ok=True)
    with FileLock(home(settings) / "digest.lock"), open_store(settings.store_url, read_only=False) as store:
        report = report_of(store, day)
        if report is None:
            report = begin_report(store, write_report(settings, now))
            if report.finished:
                return f"Nothing to report for {day}; nothing was sent.\n"
        elif report.finished:
            return f"The report of {day} was sent already.\n"
        failed: AccountlineError | None = None
        for way, hand_over in _ways(settings, report).items():
            if way in report.sent:
                continue
            try:
                trying(hand_over)(report)
            except AccountlineError as error:
                failed = error
            else:
                report = mark_sent(store, report, way)
        if failed:
            raise failed
        finish_report(store, report, now)
        return report.text


def _ways(settings: Settings, report: Report) -> dict[str, Way]:
    """How the report goes out, by name; to the output of the program where nobody is named."""
    ways: dict[str, Way] = {}
    # A mail for each: one whom the server refuses must not go unnoticed beside others.
    for address in settings.digest.to if settings.digest.smtp else ():
        ways[f"mail to {address}"] = partial(_mail_report, settings, address)
    for letter in report.letters if settings.digest.smtp else ():
        # Who reads the team's report gets no other one, also when the configuration changed since it was written.
        ways.setdefault(f"mail to {letter.to}", partial(_mail_letter, settings, letter))
    for number, secret in enumerate(settings.digest.notify, 1):
        ways[f"notice {number}"] = partial(_notify_report, secret, f"address for notices {number}")
    return ways or ({} if settings.digest.owners else {"output": _print_report})


def _print_report(report: Report) -> None:
    print(report.text)  # noqa: T201 - where nobody is named, the report goes where serve's output goes


def _mail_report(settings: Settings, address: str, report: Report) -> None:
    """Hand the report to the mail server. Its Message-ID is the day's, so that a repeated one can be recognised."""
    smtp = settings.digest.smtp
    assert smtp is not None  # noqa: S101 - for the type checker
    sender = settings.digest.sender or settings.digest.to[0]
    mark = hashlib.sha256(f"{settings.company.name} {report.day} {address}".encode()).hexdigest()[:20]
    send_mail(
        host=smtp.host,
        port=smtp.port,
        sender=sender,
        recipients=[address],
        subject=report.subject,
        text=report.text,
        html=report.html,
        message_id=f"<digest.{mark}@{sender.rpartition('@')[2]}>",
        security=smtp.security,
        username=smtp.username or None,
        secret=resolve(smtp.password) if smtp.password else None,
    )


def _mail_letter(settings: Settings, letter: Letter, report: Report) -> None:
    """Hand an owner's part of the report to the mail server."""
    words = replace(report, subject=letter.subject, text=letter.text, html=letter.html)
    _mail_report(settings, letter.to, words)


def _notify_report(secret: Secret, name: str, report: Report) -> None:
    """Hand the report to a chat; a long one is cut at a line, chats take only so much."""
    text = report.text
    if len(text) > _MOST_IN_CHAT:
        text = text[:_MOST_IN_CHAT].rpartition("\n")[0] + "\n\u2026 the rest: accountline digest\n"
    send_notice(resolve(secret), title=report.subject, text=text, name=name)
