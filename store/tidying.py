"""After a run: internal talk that concerns no client goes, and quarantine is given another chance."""

from sqlalchemy import and_, delete, select, update

from domain.accounts import Direction
from store import tables
from store.database import Store, chunks
from store.itip import fold_events, named_by


def leave_out_internal(store: Store) -> int:
    """Remove mail among own people that belongs to no client's conversation (SEMANTICS 7); return how many.

    It was kept up to here because it answers or forwards something, and only now is it known what.
    """
    message, links, item = tables.message, tables.message_account, tables.item
    linked = select(links.c.message).where(links.c.message == message.c.key).exists()
    query = select(message.c.key).where(
        message.c.direction == Direction.INTERNAL, ~linked, message.c.forwarded.is_(False)
    )
    with store.writing() as connection:
        keys = list(connection.execute(query).scalars())
        for some in chunks(keys, 5000):
            copies = item.c.message.in_(some)
            hashes = list(connection.execute(select(item.c.blob).where(copies)).scalars())
            connection.execute(
                update(item).where(copies).values(blob=None, message=None, size=0, left_out="internal", parsed_with="-")
            )
            named = named_by(connection, some)
            connection.execute(delete(tables.message).where(message.c.key.in_(some)))
            fold_events(connection, named)
            used = select(item.c.blob).where(item.c.blob == tables.blob.c.hash).exists()
            connection.execute(delete(tables.blob).where(tables.blob.c.hash.in_(hashes), ~used))
    return len(keys)


def release_quarantine(store: Store) -> int:
    """Let everything in quarantine be parsed once more; return how many. The unfetched wait for their source."""
    item = tables.item
    waiting = and_(item.c.problem != "", item.c.removed_at.is_(None), item.c.blob.is_not(None))
    with store.writing() as connection:
        return connection.execute(update(item).where(waiting).values(parsed_with=None)).rowcount
