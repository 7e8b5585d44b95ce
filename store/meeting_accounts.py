"""Which accounts' meetings must be judged again when something about an account changes."""

from typing import Any

from sqlalchemy import Connection, or_, select, update

from store import tables


def forget_meetings(connection: Connection, accounts: Any) -> None:
    """Have meetings of some accounts judged again, and those of accounts they met together with.

    A meeting with two accounts is written under one of them (D5.8), whatever mail of the other tells about it.

    Args:
        connection: Inside a transaction.
        accounts: Ids, or a query for them.
    """
    account = tables.account
    judged = account.c.met_with.is_not(None)
    if connection.execute(select(account.c.id).where(judged).limit(1)).first() is None:
        return
    mine, theirs = tables.event_account.alias(), tables.event_account.alias()
    around = (
        select(theirs.c.account)
        .join(mine, mine.c.event == theirs.c.event)
        .where(mine.c.account.in_(accounts), theirs.c.account != mine.c.account)
    )
    concerned = or_(account.c.id.in_(accounts), account.c.id.in_(around))
    connection.execute(update(account).where(judged, concerned).values(met_with=None))
