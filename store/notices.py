"""What morning reports told, and the report of a day until everybody has it."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from domain.digest import Letter, Notice, Report
from store import tables
from store.database import Store, chunks, insert_missing, upsert

_FIELDS = ("flag", "title", "state", "times", "last_at")


def told(store: Store) -> tuple[dict[str, Notice], datetime | None]:
    """What earlier reports said, by flag, and when the last one was written."""
    notice, report = tables.notice, tables.report
    with store.reading() as connection:
        found = {row.flag: _notice(row) for row in connection.execute(select(notice))}
        last = connection.execute(select(func.max(report.c.written_at)).where(report.c.sent != [])).scalar()
    return found, last


def concerned(store: Store, flags: Collection[str]) -> dict[str, str]:
    """By flag that a report told of, the name of its account, under which a meeting with several is listed."""
    account = tables.account
    found: dict[str, str] = {}
    with store.reading() as connection:
        for flag in (tables.obligation, tables.gap):
            named = select(flag.c.id, account.c.name).join(account, account.c.id == flag.c.account)
            for some in chunks(sorted(flags), 5000):
                found |= dict(connection.execute(named.where(flag.c.id.in_(some))).all())
    return found


def report_of(store: Store, day: str) -> Report | None:
    """The report of a day, if it was begun."""
    with store.reading() as connection:
        return _report_of(connection, day)


def begin_report(store: Store, report: Report) -> Report:
    """Write a report down before it is sent; return the one of that day if there is one already."""
    row = asdict(report) | {"notices": [_plain(notice) for notice in report.notices], "finished_at": None}
    row |= {"over": list(report.over), "sent": list(report.sent), "letters": [asdict(one) for one in report.letters]}
    if row.pop("finished"):
        row["finished_at"] = report.written_at
    with store.writing() as connection:
        insert_missing(connection, tables.report, [row])
        kept = _report_of(connection, report.day)
    assert kept is not None  # noqa: S101 - it was just written
    return kept


def mark_sent(store: Store, report: Report, way: str) -> Report:
    """Note that one of the ways has the report; with the first, what it told is remembered."""
    done = replace(report, sent=(*report.sent, way))
    with store.writing() as connection:
        if not report.sent:
            connection.execute(delete(tables.notice).where(tables.notice.c.flag.in_(report.over)))
            upsert(connection, tables.notice, [asdict(notice) for notice in report.notices])
        row = tables.report.c
        connection.execute(update(tables.report).where(row.day == report.day).values(sent=list(done.sent)))
    return done


def finish_report(store: Store, report: Report, now: datetime) -> None:
    """Everybody has it: its words go."""
    emptied: dict[str, Any] = {"subject": "", "text": "", "html": "", "letters": [], "notices": [], "over": []}
    with store.writing() as connection:
        chosen = tables.report.c.day == report.day
        connection.execute(update(tables.report).where(chosen).values(**emptied, finished_at=now))


def _report_of(connection: Connection, day: str) -> Report | None:
    row = connection.execute(select(tables.report).where(tables.report.c.day == day)).first()
    if row is None:
        return None
    return Report(
        day=row.day,
        written_at=row.written_at,
        subject=row.subject,
        text=row.text,
        html=row.html,
        letters=tuple(Letter(**letter) for letter in row.letters),
        notices=tuple(
            Notice(**notice | {"last_at": datetime.fromisoformat(notice["last_at"])}) for notice in row.notices
        ),
        over=tuple(row.over),
        sent=tuple(row.sent),
        finished=row.finished_at is not None,
    )


def _notice(row: Any) -> Notice:
    return Notice(**{name: getattr(row, name) for name in _FIELDS})


def _plain(notice: Notice) -> dict[str, Any]:
    return asdict(notice) | {"last_at": notice.last_at.isoformat()}
