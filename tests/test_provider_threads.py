"""What a mailbox calls a conversation joins mails that lost their References, and never two clients (SEMANTICS 1)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from fake_google import FakeGoogle
from fake_graph import FakeGraph
from small_desk import ASK, NOW, SmallDesk, mail, raw
from test_connectors_gmail import GmailPlace
from test_flows_google import configured as configured_google
from test_flows_google import google as google  # noqa: PLC0414 - a fixture
from test_graph_end_to_end import configured as configured_graph

from domain.sources import Page, RawMessage
from flows import stages
from flows.once import ingest_once
from flows.settings import load_settings
from store import queries
from store.database import open_store
from store.pages import save_page

MARA, ANA = "mara@tidewater.example", "ana@northwind.example"
ANSWER = "Hello Mara,\n\nthe revised offer is in your folder now.\n\nAna"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    """Two mailboxes of ours."""
    desk = SmallDesk(tmp_path)
    desk.connect("ana", "ben")
    yield desk
    desk.close()


def in_thread(name: str, thread: str, body: str = ASK, *, hours: int = 0, **more: str) -> RawMessage:
    """A mail without References that its mailbox puts into a thread."""
    at = NOW - timedelta(days=2) + timedelta(hours=hours)
    data = mail(name, body, at=at, **{"subject": f"Mail {name}", **more})
    return replace(raw(name, data, received_at=at), provider_thread=thread)


def talks(desk: SmallDesk) -> set[frozenset[str]]:
    """Message-IDs by conversation, without their host."""
    found: dict[str, set[str]] = {}
    for message_id, conversation in desk.query("SELECT message_id, conversation FROM message"):
        found.setdefault(conversation, set()).add(message_id.partition("@")[0])
    return {frozenset(names) for names in found.values()}


def test_a_mail_without_references_joins_by_the_thread_of_its_mailbox(desk: SmallDesk) -> None:
    """A phone answered with another subject and named nothing; the provider knew."""
    desk.save("ana", in_thread("ask", "t1"), in_thread("answer", "t1", ANSWER, hours=3, sender=ANA, to=MARA))
    desk.understand()
    assert talks(desk) == {frozenset({"ask", "answer"})}
    assert desk.query("SELECT count(*) FROM obligation WHERE cleared_at IS NULL AND side = 'ours'") == [(0,)]


def test_two_clients_in_one_thread_stay_two_conversations(desk: SmallDesk) -> None:
    """Gmail files alike subjects together, whoever wrote."""
    other = in_thread("other", "t1", sender="pia@bluepeak.example", hours=1)
    desk.save("ana", in_thread("ask", "t1"), other)
    desk.understand()
    assert talks(desk) == {frozenset({"ask"}), frozenset({"other"})}


def test_a_stranger_in_the_thread_gets_no_part_of_the_client(desk: SmallDesk) -> None:
    """Forged References bring a mail into the provider's thread, too."""
    forged = in_thread("forged", "t1", sender="mallory@stranger.example", hours=1)
    desk.save("ana", in_thread("ask", "t1"), forged)
    desk.understand()
    assert talks(desk) == {frozenset({"ask"}), frozenset({"forged"})}
    assert desk.query("SELECT count(*) FROM message_account") == [(1,)]


def test_the_same_name_in_another_mailbox_says_nothing(desk: SmallDesk) -> None:
    """Names of threads are the mailbox's own."""
    desk.save("ana", in_thread("ask", "t1"))
    desk.save("ben", in_thread("more", "t1", hours=1))
    desk.understand()
    assert talks(desk) == {frozenset({"ask"}), frozenset({"more"})}


@pytest.mark.parametrize(("mode", "kept"), [("strip", ""), ("", "t-ask")])
def test_a_stripped_mail_keeps_no_name_of_its_thread(tmp_path: Path, mode: str, kept: str) -> None:
    """The provider could lead from it to the words that were not to be kept."""
    rule = f"[privacy]\nexclude = [{{ domain = 'tidewater.example', mode = '{mode}' }}]\n" if mode else ""
    desk = SmallDesk(tmp_path, sources=rule)
    desk.connect("ana")
    page = Page(items=(in_thread("ask", "t-ask"),), next_cursor={})
    save_page(desk.store, "ana", page, now=NOW, screen=stages._screen(desk.desk))
    assert desk.query("SELECT left_out, provider_thread FROM item") == [("", kept)]
    desk.close()


def test_halves_in_two_mailboxes_are_one_conversation_in_any_order(tmp_path: Path) -> None:
    """The middle mail lies in both; which copy is read first does not matter, nor whether each is read alone."""
    halves = [
        ("ana", in_thread("first", "t1")),
        ("ana", in_thread("middle", "t1", ANSWER, hours=1, sender=ANA, to=MARA)),
        ("ben", in_thread("middle", "u9", ANSWER, hours=1, sender=ANA, to=MARA)),
        ("ben", in_thread("last", "u9", hours=2)),
    ]
    found = []
    for number, order in enumerate(permutations(halves)):
        desk = SmallDesk(tmp_path / str(number))
        desk.connect("ana", "ben")
        for source, message in order:
            desk.save(source, message)
            desk.understand()
        assert talks(desk) == {frozenset({"first", "middle", "last"})}
        found.append(desk.query("SELECT message, reference, position FROM message_reference ORDER BY 1, 2"))
        desk.close()
    assert all(rows == found[0] for rows in found)


def _subjects_by_conversation(config: Path) -> set[frozenset[str]]:
    with open_store(f"sqlite:///{config.parent / 'accountline.db'}", read_only=True) as store:
        entries = queries.timeline(store, "Tidewater", now=NOW)["entries"]
        found: dict[str, set[str]] = {}
        for entry in entries:
            if entry["kind"] == "message":
                told = queries.explain(store, entry["id"], now=NOW, stale_after={}, elapsed=lambda _, a, b: b - a)
                found.setdefault(told["facts"]["conversation"], set()).add(entry["title"])
    return {frozenset(titles) for titles in found.values()}


@pytest.mark.servers
def test_gmail_tells_its_thread(google: FakeGoogle, tmp_path: Path) -> None:
    """``threadId``, through the emulator: the same thread, then another one."""
    place = GmailPlace(google)
    first = place.deliver(mail("ask", subject="Offer"))
    thread = google.ask("GET", f"/gmail/v1/users/me/messages/{first}?format=minimal")["threadId"]
    place.deliver(mail("more", subject="One more thing"), threadId=thread)
    place.deliver(mail("else", subject="Pier lights"))
    config = configured_google(tmp_path, google)

    ingest_once(load_settings(config), ["mail"], NOW)

    assert _subjects_by_conversation(config) == {frozenset({"Offer", "One more thing"}), frozenset({"Pier lights"})}


def test_graph_tells_its_conversation(graph: FakeGraph, tmp_path: Path) -> None:
    """``conversationId``, through the fake Graph: the same conversation, then another one."""
    graph.deliver(mail("ask", subject="Offer"), conversationId="AAQk-1")
    graph.deliver(mail("more", subject="One more thing"), conversationId="AAQk-1")
    graph.deliver(mail("else", subject="Pier lights"), conversationId="AAQk-2")
    config = configured_graph(tmp_path, graph)

    ingest_once(load_settings(config), ["graph_mail"], NOW)

    assert _subjects_by_conversation(config) == {frozenset({"Offer", "One more thing"}), frozenset({"Pier lights"})}
