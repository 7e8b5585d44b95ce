"""Mail of Microsoft Graph, against a fake that behaves as documented."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from contract_sources import MANY, Shelf, SourceContract, big_mail, mail
from fake_graph import FakeGraph, Fault
from graph_places import GraphMailPlace, TestGrant

from connectors import graph_http
from connectors.registry import open_source
from domain.errors import AuthError, ConfigError, SourceError, SourceUnreachable
from domain.sources import Deleted, RawMessage


@pytest.fixture
def place(graph: FakeGraph) -> GraphMailPlace:
    """Offer the mailbox as a place."""
    return GraphMailPlace(graph)


class TestGraphMailKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, graph: FakeGraph) -> GraphMailPlace:
        return GraphMailPlace(graph)


def flags(shelf: Shelf) -> list[tuple[str, ...]]:
    """Return the flags of all messages held, sorted."""
    return sorted(item.imap_flags for item in shelf.items.values() if isinstance(item, RawMessage))


def where(shelf: Shelf) -> list[tuple[str, str]]:
    """Return folder and UID of everything held."""
    return sorted(shelf.items)


def test_only_reading_requests_are_made_and_all_ask_for_immutable_ids(place: GraphMailPlace) -> None:
    """Ids without that preference would change with every move."""
    place.put(1)

    Shelf().sync(place.source())

    assert place.graph.requests
    assert all('IdType="ImmutableId"' in request.prefer for request in place.graph.requests)


def test_the_time_of_receipt_is_the_servers_in_utc(place: GraphMailPlace) -> None:
    """Graph's receivedDateTime (SEMANTICS 6)."""
    place.graph.deliver(mail(1), receivedDateTime="2026-03-02T09:15:00Z")
    shelf = Shelf()

    shelf.sync(place.source())

    assert [item.received_at for item in shelf.items.values()] == [datetime(2026, 3, 2, 9, 15, tzinfo=UTC)]  # type: ignore[union-attr]


def test_the_newest_messages_come_first(place: GraphMailPlace) -> None:
    """What is due now is known before what is long past."""
    place.put(1, 2, 3)

    items = [item for page in place.source().changes({}, Shelf().held) for item in page.items]

    assert [item.data for item in items if isinstance(item, RawMessage)] == [mail(3), mail(2), mail(1)]


def test_state_and_categories_become_flags(place: GraphMailPlace) -> None:
    """In IMAP's words, and the categories as they are called: privacy rules on labels go by them."""
    place.graph.deliver(mail(1), isRead=True, flag={"flagStatus": "flagged"}, categories=["Private", "Blue category"])
    shelf = Shelf()

    shelf.sync(place.source())

    assert flags(shelf) == [("\\Seen", "\\Flagged", "Private", "Blue category")]


def test_a_message_that_was_read_is_not_fetched_again(place: GraphMailPlace) -> None:
    """Only its flags come: received mail does not change."""
    place.put(1, 2)
    shelf = Shelf()
    shelf.sync(place.source())
    fetched = place.graph.asked("$value")
    place.graph.change(place.ids[1], isRead=True)

    assert shelf.sync(place.source()) == 0
    assert flags(shelf) == [(), ("\\Seen",)]
    assert place.graph.asked("$value") == fetched == 2


def test_a_draft_that_was_changed_is_fetched_again(place: GraphMailPlace) -> None:
    """It is still being written; chosen folders may hold some."""
    draft = place.graph.deliver(mail(1), isDraft=True)
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.messages[draft].data = mail(2)
    place.graph.change(draft)

    assert shelf.sync(place.source()) == 1
    assert shelf.contents() == [mail(2)]


def test_a_move_is_a_deletion_here_and_the_same_uid_there(place: GraphMailPlace) -> None:
    """Immutable ids: the bytes are the same, so the store knows one message."""
    archive = place.graph.add_folder("Archive")
    place.put(1, 2)
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.move(place.ids[1], archive)

    assert shelf.sync(place.source()) == 1
    assert where(shelf) == [("Archive", place.ids[1]), ("Posteingang", place.ids[2])]
    assert shelf.counted() == {"Archive": 1, "Posteingang": 1}


def test_trash_and_drafts_are_left_out_in_every_language(place: GraphMailPlace) -> None:
    """Their well-known names find them, whatever they are called, and what lies below."""
    trash = place.graph.well_known["deleteditems"]
    below = place.graph.add_folder("Alt", parent=trash)
    for folder in (trash, below, place.graph.well_known["drafts"]):
        place.graph.deliver(mail(1), folder)
    place.put(2)
    shelf = Shelf()

    shelf.sync(place.source())

    assert shelf.contents() == [mail(2)]
    assert set(shelf.counted()) == {"Posteingang"}


def test_folders_are_read_at_every_depth(place: GraphMailPlace) -> None:
    """Child folders are named by their path."""
    clients = place.graph.add_folder("Clients")
    bluepeak = place.graph.add_folder("Blue Peak", parent=clients)
    place.graph.deliver(mail(1), place.graph.add_folder("2026", parent=bluepeak))
    shelf = Shelf()

    shelf.sync(place.source())

    assert [folder for folder, _ in where(shelf)] == ["Clients/Blue Peak/2026"]


def test_search_folders_are_left_out(place: GraphMailPlace) -> None:
    """They show what lies elsewhere."""
    search = place.graph.add_folder("Unread", **{"@odata.type": "#microsoft.graph.mailSearchFolder"})
    place.graph.deliver(mail(1), search)
    shelf = Shelf()

    assert shelf.sync(place.source()) == 0


def test_folders_with_one_name_are_told_apart(place: GraphMailPlace) -> None:
    """A display name may contain a slash."""
    parent = place.graph.add_folder("A")
    place.graph.deliver(mail(1), place.graph.add_folder("B", parent=parent))
    place.graph.deliver(mail(2), place.graph.add_folder("A/B"))
    shelf = Shelf()

    shelf.sync(place.source())

    assert [folder for folder, _ in where(shelf)] == ["A/B", "A/B (2)"]
    assert shelf.sync(place.source()) == 0


def test_a_renamed_folder_moves_its_messages_without_losing_any(place: GraphMailPlace) -> None:
    """Even where the store would take a suddenly empty folder for a fault, as it is told of every message."""
    folder = place.graph.add_folder("Blue")
    for number in range(30):
        place.graph.deliver(mail(number), folder)
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.folders[folder]["displayName"] = "Blue Peak"

    pages = list(place.source().changes(shelf.cursor, shelf.held))
    for page in pages:
        shelf.save(page)

    assert shelf.contents() == sorted(map(mail, range(30)))
    assert {name for name, _ in shelf.items} == {"Blue Peak"}
    assert sum(isinstance(item, Deleted) for page in pages for item in page.items) == 30
    assert shelf.sync(place.source()) == 0


def test_folders_that_swap_their_names_keep_their_messages(place: GraphMailPlace) -> None:
    """The old name of one is the new name of the other."""
    one, other = place.graph.add_folder("One"), place.graph.add_folder("Other")
    first, second = place.graph.deliver(mail(1), one), place.graph.deliver(mail(2), other)
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.folders[one]["displayName"], place.graph.folders[other]["displayName"] = "Other", "One"

    shelf.sync(place.source())

    assert where(shelf) == [("One", second), ("Other", first)]


def test_a_removed_folder_is_listed_as_empty(place: GraphMailPlace) -> None:
    """The store learns that all of it is gone, and the cursor forgets it."""
    folder = place.graph.add_folder("Old")
    message = place.graph.deliver(mail(1), folder)
    place.put(2)
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.remove(message)
    del place.graph.folders[folder]

    shelf.sync(place.source())

    assert shelf.contents() == [mail(2)]
    assert folder not in shelf.cursor["folders"]


def test_expired_tokens_cost_a_comparison_and_no_bytes(place: GraphMailPlace) -> None:
    """410: the folder is listed anew; what is held is not fetched, what went and what came is found."""
    place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(place.source())
    place.remove(2)
    place.put(4)
    place.graph.change(place.ids[1], isRead=True)
    place.graph.forget_tokens()
    fetched = place.graph.asked("$value")

    assert shelf.sync(place.source()) == 1
    assert shelf.contents() == sorted(map(mail, (1, 3, 4)))
    assert flags(shelf).count(("\\Seen",)) == 1
    assert place.graph.asked("$value") == fetched + 1


@pytest.mark.parametrize(
    ("status", "code"), [(410, "resyncRequired"), (404, "SyncStateNotFound"), (400, "syncStateInvalid")]
)
def test_every_word_for_an_expired_token_is_understood(place: GraphMailPlace, status: int, code: str) -> None:
    """The documentation names several."""
    place.put(1)
    shelf = Shelf()
    shelf.sync(place.source())
    place.remove(1)
    place.put(2)
    place.graph.faults = [Fault("messages/delta", status, code)]

    shelf.sync(place.source())

    assert shelf.contents() == [mail(2)]


def test_a_first_round_that_expires_half_way_is_begun_anew(place: GraphMailPlace) -> None:
    """A backfill may take longer than its tokens live."""
    place.put(*range(MANY))
    shelf = Shelf()
    pages = place.source().changes({}, shelf.held)
    shelf.save(next(pages))
    del pages
    place.graph.forget_tokens()
    place.remove(7)

    shelf.sync(place.source())

    assert shelf.contents() == sorted(mail(number) for number in range(MANY) if number != 7)


def test_what_delta_queries_forgot_is_found_by_the_count(place: GraphMailPlace) -> None:
    """Delta queries may be late or lose something: the folder's own count brings it to light."""
    place.put(1, 2, 3)
    shelf = Shelf()
    shelf.sync(place.source())
    place.remove(1)
    place.put(4, 5)
    place.graph.changes.log.clear()

    assert shelf.sync(place.source()) == 2
    assert shelf.contents() == sorted(map(mail, (2, 3, 4, 5)))
    assert shelf.counted()["Posteingang"] == 4


def test_a_count_that_is_never_right_costs_a_listing_and_removes_nothing(place: GraphMailPlace) -> None:
    """What is listed counts."""
    place.put(1, 2)
    place.graph.counted_off = 5
    shelf = Shelf()
    shelf.sync(place.source())

    assert shelf.sync(place.source()) == 0
    assert shelf.contents() == [mail(1), mail(2)]
    assert shelf.counted()["Posteingang"] == 2


def test_a_removal_while_ids_are_listed_hides_no_message(
    place: GraphMailPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are cut by number, so a removal moves a message across the cut."""
    monkeypatch.setattr(graph_http, "LIST_SIZE", 2)
    place.put(*range(5))
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.counted_off = 1
    seen: list[str] = []

    def remove_one(path: str) -> None:
        if path.endswith("/messages"):
            seen.append(path)
            if len(seen) == 2:
                place.remove(4)

    place.graph.on_request = remove_one
    shelf.sync(place.source())

    assert [number for number in range(4) if mail(number) not in shelf.contents()] == []


def test_throttling_is_waited_out_as_long_as_the_server_says(place: GraphMailPlace) -> None:
    """429 with Retry-After (RFC 9110, 10.2.3); 503 without one: longer and longer, with jitter."""
    place.put(1)
    waits: list[float] = []
    place.graph.faults = [
        Fault("messages/delta", 429, "TooManyRequests", {"Retry-After": "17"}),
        Fault("messages/delta", 503, "serviceNotAvailable", times=2),
    ]
    shelf = Shelf()

    shelf.sync(place.source(sleep=waits.append))

    assert shelf.contents() == [mail(1)]
    assert waits[0] == 17
    assert 2 <= waits[1] <= 4 <= waits[2] <= 8


def test_endless_throttling_ends_the_run(place: GraphMailPlace) -> None:
    """Attempts are capped; the sentence says what is the matter."""
    place.put(1)
    place.graph.faults = [Fault("messages/delta", 429, "TooManyRequests", {"Retry-After": "1"}, times=99)]
    waits: list[float] = []

    with pytest.raises(SourceUnreachable, match="asked too often"):
        Shelf().sync(place.source(sleep=waits.append))
    assert len(waits) == 5


def test_a_wait_longer_than_a_run_may_take_ends_it_at_once(place: GraphMailPlace) -> None:
    """Nobody sits there for an hour; the next run tries again."""
    place.graph.faults = [Fault("mailFolders", 429, "TooManyRequests", {"Retry-After": "3600"}, times=99)]
    waits: list[float] = []

    with pytest.raises(SourceUnreachable, match="wants us to wait"):
        Shelf().sync(place.source(sleep=waits.append))
    assert waits == []


@pytest.mark.parametrize("after", [0, 40], ids=["without an answer", "in the middle of one"])
def test_a_dropped_connection_is_made_again(place: GraphMailPlace, after: int) -> None:
    """Whatever was being asked."""
    place.put(1)
    place.graph.faults = [Fault("$value", after=after), Fault("messages/delta", after=after)]
    shelf = Shelf()

    shelf.sync(place.source())

    assert shelf.contents() == [mail(1)]


def test_an_expired_token_is_renewed_once(place: GraphMailPlace) -> None:
    """401 asks for one fresh token."""
    place.put(1)
    place.graph.tokens = {"token-2"}
    shelf = Shelf()

    shelf.sync(place.source(grant=TestGrant(["token-1", "token-2"])))

    assert shelf.contents() == [mail(1)]


def test_a_refused_sign_in_says_what_to_do(place: GraphMailPlace) -> None:
    """A dead grant is its own state, and no token shows."""
    place.graph.tokens = set()

    with pytest.raises(AuthError, match="run `accountline connect desk`") as refused:
        Shelf().sync(place.source())
    assert "token-1" not in str(refused.value)
    assert "token-1" not in repr(place.source())


def test_a_missing_permission_is_named(place: GraphMailPlace) -> None:
    """403: Mail.Read, and whose mailbox it is for."""
    place.graph.faults = [Fault("mailFolders", 403, "ErrorAccessDenied")]

    with pytest.raises(AuthError, match=r"mailbox of desk@northwind\.example: the permission Mail\.Read"):
        Shelf().sync(place.source(username="desk@northwind.example"))


def test_check_finds_a_permission_that_shows_folders_only(place: GraphMailPlace) -> None:
    """Mail.ReadBasic lists messages and refuses their content."""
    place.put(1)
    place.graph.faults = [Fault("$value", 403, "ErrorAccessDenied")]

    with pytest.raises(AuthError, match=r"permission Mail\.Read"):
        place.source().check()


def test_a_shared_mailbox_is_read_by_its_address(place: GraphMailPlace) -> None:
    """``username`` chooses it, also with application permissions, which have no mailbox of their own."""
    place.put(1)
    shelf = Shelf()

    shelf.sync(place.source(username="desk@northwind.example"))

    assert shelf.contents() == [mail(1)]
    assert place.source(username="desk@northwind.example").access.mailbox.endswith("/users/desk@northwind.example")


def test_an_unknown_mailbox_is_no_expired_cursor(place: GraphMailPlace) -> None:
    """404 on everything: check the name."""
    place.graph.faults = [Fault("", 404, "ErrorInvalidUser", times=99)]

    with pytest.raises(SourceError, match="check `username`"):
        Shelf().sync(place.source())


def test_a_link_to_another_host_is_not_followed(place: GraphMailPlace) -> None:
    """It would get the token."""
    place.put(1)
    shelf = Shelf()
    shelf.sync(place.source())
    mark = next(mark for mark in shelf.cursor["folders"].values() if mark["name"] == "Posteingang")
    mark["link"] = "https://graph.attacker.example/v1.0/me/x"

    with pytest.raises(SourceError, match=r"link to graph\.attacker\.example; it was not followed"):
        shelf.sync(place.source())


def test_a_message_graph_cannot_convert_waits_in_quarantine(place: GraphMailPlace) -> None:
    """It is counted and tried again, and does not keep the others from being read."""
    place.put(1, 2, 3)
    place.graph.faults = [Fault(f"{place.ids[2]}/$value", 500, "ErrorMimeContentConversionFailed", times=6)]
    shelf = Shelf()
    shelf.sync(place.source())

    assert shelf.contents() == [mail(1), mail(3)]
    assert [trouble.uid for trouble in shelf.unreadable] == [place.ids[2]]
    assert shelf.counted()["Posteingang"] == 3

    assert shelf.sync(place.source()) == 1
    assert shelf.contents() == [mail(1), mail(2), mail(3)]


def test_a_message_in_quarantine_that_goes_leaves_the_listing(place: GraphMailPlace) -> None:
    """Its uid is in no later listing, so the store can drop it."""
    place.put(1, 2)
    place.graph.faults = [Fault(f"{place.ids[2]}/$value", 500, "ErrorMimeContentConversionFailed", times=6)]
    shelf = Shelf()
    shelf.sync(place.source())
    place.remove(2)

    shelf.sync(place.source())

    assert shelf.listings[-1].uids == frozenset({place.ids[1]})


def test_a_message_that_goes_while_it_is_fetched_is_no_trouble(place: GraphMailPlace) -> None:
    """404: the next run will hear of it, if this one does not."""
    place.put(1, 2)
    gone = place.ids[2]
    place.graph.on_request = lambda path: (
        place.graph.remove(gone) if path == f"messages/{gone}/$value" and gone in place.graph.messages else None
    )
    shelf = Shelf()

    shelf.sync(place.source())

    assert shelf.contents() == [mail(1)]
    assert not shelf.unreadable
    assert shelf.counted()["Posteingang"] == 1


def test_the_size_of_an_oversized_message_is_asked_for_where_it_is_not_sent_along(place: GraphMailPlace) -> None:
    """Chunked answers have no length; reading stops all the same, and the property PidTagMessageSize tells."""
    place.graph.chunked = True
    place.put_oversized(3_000_000)
    shelf = Shelf()

    shelf.sync(place.source(size_limit=2_000_000))

    (cut,) = shelf.items.values()
    assert isinstance(cut, RawMessage)
    assert (len(cut.data), cut.truncated) == (1024 * 1024, True)
    assert cut.size == len(big_mail(3_000_000))


def test_a_change_told_only_in_part_keeps_the_other_flags(place: GraphMailPlace) -> None:
    """Graph need not tell more than what changed; the rest is asked for."""
    place.put(1)
    shelf = Shelf()
    shelf.sync(place.source())
    place.graph.change(place.ids[1], isRead=True, categories=["Blue"])
    place.graph.told_in_part = True

    shelf.sync(place.source())

    assert flags(shelf) == [("\\Seen", "Blue")]


def test_an_unchanged_mailbox_costs_a_handful_of_requests(place: GraphMailPlace) -> None:
    """A few for the folders, and two for each of them, however many messages there are."""
    place.put(*range(MANY))
    shelf = Shelf()
    shelf.sync(place.source())
    before = len(place.graph.requests)

    shelf.sync(place.source())

    assert len(place.graph.requests) - before == 9


def test_something_else_than_graph_says_so(place: GraphMailPlace) -> None:
    """A proxy on the way may answer everything with a page of its own."""
    place.graph.garbage = True

    with pytest.raises(SourceUnreachable, match="does not answer as Microsoft Graph does"):
        Shelf().sync(place.source())


def test_http_to_another_machine_is_refused(tmp_path: Path) -> None:
    """Tokens do not cross the network in the clear."""
    credentials = tmp_path / "app.json"
    credentials.write_text('{"client_id": "c", "tenant": "t", "client_secret": "s"}')
    options = {"credentials": str(credentials), "api_endpoint": "http://graph.example/v1.0"}

    with pytest.raises(ConfigError, match="must begin with https://"):
        open_source("graph_mail", "desk", options)
