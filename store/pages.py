"""Writing what a source hands out: raw bytes and cursor in one transaction (SEMANTICS 7)."""

import hashlib
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import zstandard
from sqlalchemy import Connection, bindparam, case, select, update

from domain.errors import VanishedError
from domain.sources import Cursor, Deleted, Item, Listing, Page, RawEvent, RawItem, RawMessage, Reflagged, Unreadable
from store import tables
from store.database import Store, chunks, execute_many, insert_missing, upsert
from store.tables import key_text

# A folder that held more than this and is suddenly empty is taken for a fault, not for a clean-up.
_VANISHING = 20

Screen = Callable[[RawItem], str | RawMessage]
"""Says why an item must not be kept (a privacy rule), or ``""``, or what is kept in its place.

Called before anything is stored.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What one page changed."""

    listed: int = 0
    new: int = 0
    updated: int = 0
    removed: int = 0
    unreadable: int = 0
    size: int = 0

    def __add__(self, other: "Saved") -> "Saved":
        return Saved(
            listed=self.listed + other.listed,
            new=self.new + other.new,
            updated=self.updated + other.updated,
            removed=self.removed + other.removed,
            unreadable=self.unreadable + other.unreadable,
            size=self.size + other.size,
        )


def begin_source(store: Store, name: str, kind: str, owner: str, *, now: datetime) -> None:
    """Note that a source is about to be read. ``connected_at`` stays what it was at the first time (D4.25)."""
    row = {"name": name, "kind": kind, "owner": owner, "attempted_at": now}
    fresh = row | {"cursor": {}, "connected_at": now, "state": "never", "error": ""}
    with store.writing() as connection:
        insert_missing(connection, tables.source, [fresh])
        connection.execute(update(tables.source).where(tables.source.c.name == name).values(row))


def set_visibility(store: Store, wanted: Mapping[str, str]) -> None:
    """Note how much of what a source holds is shown, by name; those not known yet are left out."""
    source = tables.source
    with store.writing() as connection:
        for name, word in wanted.items():
            changed = update(source).where(source.c.name == name, source.c.visibility != word)
            connection.execute(changed.values(visibility=word))


def saved_cursor(store: Store, name: str) -> Cursor:
    """The cursor that came with the last saved page, ``{}`` when there was none."""
    with store.reading() as connection:
        cursor: Cursor = connection.execute(
            select(tables.source.c.cursor).where(tables.source.c.name == name)
        ).scalar_one()
    return cursor


def end_source(store: Store, name: str, *, state: str, error: str = "", now: datetime) -> None:
    """Note how reading a source ended: ``ok``, ``failed`` or ``auth_dead``; only ``ok`` proves coverage."""
    values: dict[str, Any] = {"state": state, "error": error}
    if state == "ok":
        values["succeeded_at"] = now
    with store.writing() as connection:
        connection.execute(update(tables.source).where(tables.source.c.name == name).values(values))


def all_read(store: Store, names: Collection[str]) -> bool:
    """Whether every one of these sources was read completely at its last run."""
    source = tables.source
    query = select(source.c.name).where(source.c.state == "ok", source.c.name.in_(names))
    with store.reading() as connection:
        return set(connection.execute(query).scalars()) == set(names)


def forget_cursor(store: Store, name: str) -> None:
    """The cursor expired: start over. Items and all that was derived from them stay and are reconciled."""
    with store.writing() as connection:
        connection.execute(update(tables.source).where(tables.source.c.name == name).values(cursor={}))


def held(store: Store, name: str, folder: str) -> Mapping[str, str]:
    """``{uid: etag}`` of what is held of a folder; items waiting to be fetched again are left out."""
    item = tables.item
    query = select(item.c.uid, item.c.etag).where(
        item.c.source == name, item.c.folder == folder, item.c.removed_at.is_(None), item.c.problem_stage != "fetch"
    )
    with store.reading() as connection:
        return dict(connection.execute(query).all())


def save_page(store: Store, name: str, page: Page, *, now: datetime, screen: Screen) -> Saved:
    """Save a page's items, removals, listings and cursor in one transaction; saving it again changes nothing.

    Raises:
        VanishedError: A listing would remove a whole folder; nothing of this page is kept.
    """
    items = [_named(item) for item in page.items]
    written = _Written(name, items, now=now, screen=screen)
    with store.writing() as connection:
        saved = _save_items(connection, name, items, written, now=now)
        for listing in map(_listed, page.listings):
            saved += Saved(removed=_reconcile(connection, name, listing, now=now))
        connection.execute(update(tables.source).where(tables.source.c.name == name).values(cursor=page.next_cursor))
    return saved


def _named(item: Item) -> Item:
    """An item under the name it is stored with, which differs where a source gives one too long to look up."""
    folder, uid = key_text(item.folder), key_text(item.uid)
    return item if (folder, uid) == (item.folder, item.uid) else replace(item, folder=folder, uid=uid)


def _listed(listing: Listing) -> Listing:
    uids = None if listing.uids is None else frozenset(map(key_text, listing.uids))
    return replace(listing, folder=key_text(listing.folder), uids=uids)


class _Written:
    """Rows of a page's items, made before the transaction begins: others wait for its end.

    Attributes:
        rows: By folder and UID.
        blobs: Packed bytes by hash.
    """

    def __init__(self, name: str, items: Iterable[Item], *, now: datetime, screen: Screen) -> None:
        self.blobs: dict[str, bytes] = {}
        self.rows = {
            (entry.folder, entry.uid): _item_row(name, entry, self.blobs, now=now, screen=screen)
            for entry in items
            if not isinstance(entry, Deleted | Reflagged)
        }


def _save_items(connection: Connection, name: str, items: Iterable[Item], written: _Written, *, now: datetime) -> Saved:
    # What comes twice in one page counts as it came last: that is how it is now. New flags are no new item, so they
    # are set behind all others.
    every = list(items)
    entries = {(entry.folder, entry.uid): entry for entry in every if not isinstance(entry, Reflagged)}
    before = _known(connection, name, entries.values())
    rows: list[dict[str, Any]] = []
    saved = Saved()
    for place, entry in entries.items():
        known = before.get(place)
        if isinstance(entry, Deleted):
            saved += Saved(removed=_remove(connection, name, entry.folder, [entry.uid], now=now))
            continue
        if isinstance(entry, Unreadable) and known and known[1]:
            saved += _mark_unreadable(connection, name, entry, known)
            continue
        row = written.rows[place]
        if known and known == (row["etag"], row["blob"], None, row["problem"]):
            saved += Saved(listed=1)
            continue
        rows.append(row)
        size = 0 if isinstance(entry, Unreadable) else len(entry.data)
        saved += Saved(
            listed=1, new=not known, updated=bool(known), unreadable=isinstance(entry, Unreadable), size=size
        )
    wanted = {row["blob"] for row in rows} - {None}
    blobs = ({"hash": key, "data": data} for key, data in written.blobs.items() if key in wanted)
    insert_missing(connection, tables.blob, blobs)
    _write_items(connection, rows, before)
    return saved + Saved(updated=_reflag(connection, name, [entry for entry in every if isinstance(entry, Reflagged)]))


def _reflag(connection: Connection, name: str, entries: Iterable[Reflagged]) -> int:
    """Note new flags; return how many items have others than before."""
    latest = {(entry.folder, entry.uid): list(entry.imap_flags) for entry in entries}
    item = tables.item
    changed = 0
    for folder in sorted({folder for folder, _ in latest}):
        uids = [uid for where, uid in latest if where == folder]
        here = (item.c.source == name, item.c.folder == folder, item.c.left_out == "")
        for some in chunks(uids, 5000):
            known = connection.execute(select(item.c.uid, item.c.imap_flags).where(*here, item.c.uid.in_(some)))
            rows = [
                {"b_uid": uid, "b_flags": latest[folder, uid]} for uid, flags in known if flags != latest[folder, uid]
            ]
            if rows:
                new = bindparam("b_flags", type_=item.c.imap_flags.type)
                connection.execute(
                    update(item).where(*here, item.c.uid == bindparam("b_uid")).values(imap_flags=new), rows
                )
            changed += len(rows)
    return changed


_Known = tuple[str, str | None, datetime | None, str]
"""ETag, hash of the bytes, time of removal and why it could not be fetched."""


def _mark_unreadable(connection: Connection, name: str, entry: Unreadable, known: _Known) -> Saved:
    """Put an item whose former bytes are held into quarantine; the bytes and what they told stay."""
    if known[2:] == (None, entry.reason):
        return Saved(listed=1)
    item = tables.item
    connection.execute(
        update(item)
        .where(item.c.source == name, item.c.folder == entry.folder, item.c.uid == entry.uid)
        .values(problem=entry.reason, problem_stage="fetch", removed_at=None)
    )
    return Saved(listed=1, updated=1, unreadable=1)


def _known(
    connection: Connection, name: str, entries: Iterable[RawItem | Deleted | Unreadable]
) -> dict[tuple[str, str], _Known]:
    item = tables.item
    by_folder: dict[str, list[str]] = {}
    for entry in entries:
        by_folder.setdefault(entry.folder, []).append(entry.uid)
    found = {}
    for folder, uids in by_folder.items():
        problem = case((item.c.problem_stage == "fetch", item.c.problem), else_="")
        query = select(item.c.uid, item.c.etag, item.c.blob, item.c.removed_at, problem).where(
            item.c.source == name, item.c.folder == folder, item.c.uid.in_(bindparam("uids", expanding=True))
        )
        for some in chunks(uids, 5000):
            for uid, *known in connection.execute(query, {"uids": some}):
                found[folder, uid] = (known[0], known[1], known[2], known[3])
    return found


def _item_row(
    name: str, entry: RawItem | Unreadable, blobs: dict[str, bytes], *, now: datetime, screen: Screen
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": name,
        "folder": entry.folder,
        "uid": entry.uid,
        "kind": "event" if isinstance(entry, RawEvent) else "message",
        "etag": "",
        "blob": None,
        "size": 0,
        "truncated": False,
        "received_at": None,
        "fetched_at": now,
        "imap_flags": [],
        "provider_thread": "",
        "media_type": "",
        "removed_at": None,
        "left_out": "",
        "problem": "",
        "problem_stage": "",
        "parsed_with": None,
    }
    if isinstance(entry, Unreadable):
        return row | {"problem": entry.reason, "problem_stage": "fetch", "parsed_with": "-"}
    row |= {"etag": entry.etag, "size": entry.size}
    verdict = screen(entry)
    if isinstance(verdict, RawMessage):
        entry = verdict
        row["size"] = entry.size
    elif verdict:
        # The etag stays so that it is not fetched again; nothing of the content does.
        return row | {"left_out": verdict, "size": 0, "parsed_with": "-"}
    row["blob"] = hashlib.sha256(entry.data).hexdigest()
    blobs[row["blob"]] = _COMPRESS.compress(entry.data)
    if isinstance(entry, RawMessage):
        row |= {
            "truncated": entry.truncated,
            "received_at": entry.received_at,
            "imap_flags": list(entry.imap_flags),
            "provider_thread": entry.provider_thread,
        }
    else:
        row["media_type"] = entry.media_type
    return row


# A higher level takes twice as long and saves two percent.
_COMPRESS = zstandard.ZstdCompressor(level=1)


_FRESH = tables.item.insert()


def _write_items(connection: Connection, rows: list[dict[str, Any]], before: Container[tuple[str, str]]) -> None:
    item = tables.item
    fresh = [row for row in rows if (row["folder"], row["uid"]) not in before]
    if fresh:
        execute_many(connection, _FRESH, fresh)
    changed = [row for row in rows if (row["folder"], row["uid"]) in before]
    if changed:
        where = [item.c[name] == bindparam(f"b_{name}") for name in ("source", "folder", "uid")]
        values = {name: bindparam(f"b_{name}", type_=item.c[name].type) for name in rows[0]}
        parameters = [{f"b_{name}": value for name, value in row.items()} for row in changed]
        connection.execute(update(item).where(*where).values(values), parameters)


def _reconcile(connection: Connection, name: str, listing: Listing, *, now: datetime) -> int:
    """Mark what the listing no longer has as removed, and note that the folder was read completely."""
    removed = 0
    if listing.uids is not None:
        item = tables.item
        query = select(item.c.uid).where(
            item.c.source == name, item.c.folder == listing.folder, item.c.removed_at.is_(None)
        )
        here = set(connection.execute(query).scalars())
        gone = here - listing.uids
        if len(gone) == len(here) > _VANISHING:
            raise VanishedError(
                f"{listing.folder} of source {name} suddenly lists none of the {len(here)} items we hold; "
                "nothing was removed. If that is right, remove the source's folder from the configuration."
            )
        removed = _remove(connection, name, listing.folder, sorted(gone), now=now)
    upsert(
        connection,
        tables.folder,
        [{"source": name, "name": listing.folder, "server_count": listing.server_count, "proven_at": now}],
    )
    return removed


def _remove(connection: Connection, name: str, folder: str, uids: Iterable[str], *, now: datetime) -> int:
    """A tombstone, not a delete: what the item told us stays true (D4.24)."""
    item = tables.item
    removed = 0
    for some in chunks(uids, 5000):
        done = connection.execute(
            update(item)
            .where(item.c.source == name, item.c.folder == folder, item.c.uid.in_(some), item.c.removed_at.is_(None))
            # A calendar object that is gone takes its occurrences along: the parser is sent over it once more.
            .values(removed_at=now, parsed_with=case((item.c.kind == "event", None), else_=item.c.parsed_with))
        )
        removed += done.rowcount
    return removed
