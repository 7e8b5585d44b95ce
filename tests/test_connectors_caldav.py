"""CalDAV, against a real Radicale, and against what other servers lack or do wrong."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version

import pytest
from contract_sources import Place, Shelf, SourceContract
from fake_caldav import FakeCaldav, Fault, Lacks, expired, in_front_of
from radicale_server import PASSWORD, Radicale

from connectors import dav_session
from connectors.caldav import CaldavSource
from connectors.dav_session import session
from connectors.registry import open_source
from connectors.retries import Patience
from domain.errors import AuthError, ConfigError, SourceError, SourceUnreachable
from domain.sources import Deleted, Listing, Source

pytestmark = pytest.mark.servers
LIMIT = 1_000_000
PRODID = f"PRODID:-//Radicale//NONSGML Version {version('radicale')}//EN"


def calendar_object(number: int, *more: str) -> bytes:
    """Return a small calendar object as Radicale hands it out."""
    lines = ("BEGIN:VCALENDAR", "VERSION:2.0", PRODID, *event(number, *more), "END:VCALENDAR")
    return "".join(f"{line}\r\n" for line in lines).encode()


def event(number: int, *more: str) -> tuple[str, ...]:
    """Return the content lines of its event."""
    uid = f"UID:meeting-{number}@northwind.example"
    return ("BEGIN:VEVENT", uid, "DTSTART:20250310T090000Z", "DTSTAMP:20250301T090000Z", *more, "END:VEVENT")


def path_of(number: int) -> str:
    """Return where it lies."""
    return f"jobs/meeting-{number}@northwind.example.ics"


class CaldavPlace:
    """A user with one calendar, behind a proxy that lacks what is said."""

    def __init__(self, radicale: Radicale, fake: FakeCaldav | None = None) -> None:
        self.server = radicale
        self.root = fake.url if fake else radicale.url
        self.user = radicale.add_user()
        self.pauses: list[float] = []
        self.changes = 0
        radicale.add_calendar(self.user, "jobs", "Work")

    def put(self, *numbers: int) -> None:
        if len(numbers) > 20:
            inner = "".join(f"{line}\r\n" for number in numbers for line in event(number))
            whole = calendar_object(0).replace("".join(f"{line}\r\n" for line in event(0)).encode(), inner.encode())
            self.server.put_all(self.user, "jobs", "Work", whole)
            return
        for number in numbers:
            self.server.put(self.user, path_of(number), calendar_object(number))

    def remove(self, number: int) -> None:
        self.server.delete(self.user, path_of(number))

    def change(self, number: int) -> None:
        self.changes += 1
        words = f"DESCRIPTION:{'again ' * self.changes}"
        self.server.put(self.user, path_of(number), calendar_object(number, words))

    def source(self, *, size_limit: int = LIMIT, url: str = "", **options: object) -> CaldavSource:
        where = {"url": url or self.root, "username": self.user, "size_limit": size_limit}
        source = open_source("caldav", "desk", where | options, secret=PASSWORD)
        assert isinstance(source, CaldavSource)
        return replace(source, sleep=self.pauses.append)

    def missing(self) -> Source:
        options = {"url": "http://127.0.0.1:1/", "username": self.user}
        source = open_source("caldav", "gone", options, secret=PASSWORD)
        assert isinstance(source, CaldavSource)
        return replace(source, sleep=self.pauses.append)

    def put_oversized(self, size: int) -> None:
        self.server.put(self.user, "jobs/big.ics", calendar_object(0, f"DESCRIPTION:{'x' * size}"))

    def fingerprint(self) -> object:
        return self.server.contents(self.user)

    def synced(self) -> Shelf:
        """Return a shelf after one run."""
        shelf = Shelf()
        shelf.sync(self.source())
        return shelf


@pytest.fixture
def fake(radicale: Radicale) -> Iterator[FakeCaldav]:
    """A proxy in front of Radicale."""
    with in_front_of(radicale.port) as running:
        yield running


@pytest.fixture
def desk(radicale: Radicale, fake: FakeCaldav) -> CaldavPlace:
    """A user with one calendar, read through the proxy."""
    return CaldavPlace(radicale, fake)


class TestCaldav(SourceContract):
    """The contract, over sync-collection."""

    lacks: frozenset[Lacks] = frozenset()

    @pytest.fixture
    def place(self, radicale: Radicale, fake: FakeCaldav) -> CaldavPlace:
        fake.lacks |= self.lacks
        return CaldavPlace(radicale, fake)

    def expected(self, *numbers: int) -> list[bytes]:
        return sorted(calendar_object(number) for number in numbers)

    def test_an_oversized_item_is_truncated(self, place: Place) -> None:
        """Half an event is none: it is reported instead, and counted."""
        place.put(1)
        place.put_oversized(30_000)
        shelf = Shelf()

        shelf.sync(place.source(size_limit=20_000))

        assert len(shelf.items) == 1
        assert [trouble.uid.rpartition("/")[2] for trouble in shelf.unreadable] == ["big.ics"]
        assert "more than `size_limit`" in shelf.unreadable[0].reason
        assert shelf.counted() == {"Work": 2}


class TestCaldavByEtagAlone(TestCaldav):
    """The contract, of a server with neither sync-collection nor getctag."""

    lacks = frozenset({Lacks.SYNC, Lacks.CTAG})


class TestCaldavWithoutEtag(TestCaldav):
    """The contract, of a server that tells nothing of its objects."""

    lacks = frozenset({Lacks.SYNC, Lacks.CTAG, Lacks.ETAG})


def test_only_looking_methods_go_out(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Whatever the way, nothing is ever written to the server (SEMANTICS 7)."""
    desk.put(1, 2)
    for lacks in (set(), {Lacks.SYNC}, {Lacks.SYNC, Lacks.ETAG}, {Lacks.MULTIGET}):
        fake.lacks = lacks
        desk.synced()
    desk.source().check()

    assert fake.methods() == {"PROPFIND", "REPORT", "GET"}


def test_the_library_cannot_write_even_if_asked_to(desk: CaldavPlace) -> None:
    """The session refuses the method before anything is sent."""
    with (
        session(desk.source().login, source="desk", patience=Patience()) as server,
        pytest.raises(ValueError, match="PUT"),
    ):
        server._client.put(desk.root, "")


@pytest.mark.parametrize(
    ("below", "folders"),
    [
        pytest.param("", {"Work", "Private"}, id="the server"),
        pytest.param("{user}/", {"Work", "Private"}, id="the user, who is also what holds the calendars"),
        pytest.param("{user}/jobs/", {"Work"}, id="a calendar"),
        pytest.param(".well-known/caldav", {"Work", "Private"}, id="the address servers agreed on, which redirects"),
        pytest.param("nowhere/", {"Work", "Private"}, id="an address where nothing is"),
    ],
)
def test_calendars_are_found_from_any_address(
    desk: CaldavPlace, fake: FakeCaldav, below: str, folders: set[str]
) -> None:
    """Principal, home-set, calendar, well-known (RFC 4791, 6.2.1; RFC 6764, 5)."""
    fake.faults.append(Fault(path="nowhere", status=404))
    desk.server.add_calendar(desk.user, "private", "Private")
    shelf = Shelf()

    shelf.sync(desk.source(url=desk.root + below.format(user=desk.user)))

    assert set(shelf.counted()) == folders


def test_calendars_without_events_are_left_out(desk: CaldavPlace) -> None:
    """Tasks are no meetings."""
    desk.server.add_calendar(desk.user, "tasks", "Tasks", component="VTODO")

    assert set(desk.synced().counted()) == {"Work"}


def test_calendars_are_chosen_by_their_names(desk: CaldavPlace) -> None:
    """Patterns as for folders of mail; a slash in a name is no level."""
    desk.server.add_calendar(desk.user, "b", "Team/Blue & Peak")
    desk.server.add_calendar(desk.user, "c", "Birthdays")
    shelf = Shelf()

    shelf.sync(desk.source(folders={"include": ["team*", "Work"], "exclude": ["Work"]}))

    assert set(shelf.counted()) == {"Team/Blue & Peak"}


def test_two_calendars_of_one_name_are_told_apart(desk: CaldavPlace) -> None:
    """By where they lie."""
    desk.server.add_calendar(desk.user, "other", "Work")

    assert set(desk.synced().counted()) == {"Work (jobs)", "Work (other)"}


def test_a_renamed_calendar_moves_as_a_whole(desk: CaldavPlace) -> None:
    """The store need not ask a person: the server says that nothing was removed."""
    desk.put(*range(25))
    shelf = desk.synced()
    desk.server.rename(desk.user, "jobs", "Clients")

    pages = list(desk.source().changes(shelf.cursor, shelf.held))
    for page in pages:
        shelf.save(page)

    gone = [item.folder for page in pages for item in page.items if isinstance(item, Deleted)]
    assert {folder for folder, _ in shelf.items} == {"Clients"}
    assert (len(shelf.items), gone) == (25, ["Work"] * 25)
    assert shelf.sync(desk.source()) == 0


def test_a_removed_calendar_is_listed_as_empty(desk: CaldavPlace) -> None:
    """The store learns it, and decides whether to ask."""
    desk.server.add_calendar(desk.user, "other", "Other")
    shelf = desk.synced()
    desk.server.delete(desk.user, "other/")

    shelf.sync(desk.source())

    assert Listing(folder="Other", server_count=0, uids=frozenset()) in shelf.listings
    assert set(shelf.cursor["folders"]) == {"Work"}


def test_an_unchanged_calendar_costs_nothing(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """The sync token that comes with its description is the one known."""
    desk.put(1)
    shelf = desk.synced()
    fake.asked.clear()

    shelf.sync(desk.source())

    assert "REPORT" not in fake.methods()
    assert shelf.counted() == {"Work": 1}


def test_changes_are_asked_for_by_token(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Only what changed is listed and fetched; what is gone comes as such (RFC 6578)."""
    desk.put(1, 2, 3)
    shelf = desk.synced()
    fake.asked.clear()
    desk.put(4)
    desk.remove(1)
    desk.server.put(desk.user, path_of(2), calendar_object(2, "SUMMARY:moved"))

    assert shelf.sync(desk.source()) == 2
    assert shelf.contents() == sorted([calendar_object(2, "SUMMARY:moved"), calendar_object(3), calendar_object(4)])
    (report,) = fake.reports("<sync-token>http")
    assert "sync-level>1<" in report
    assert not fake.reports("3@northwind")
    assert shelf.listings[-1] == Listing(folder="Work", server_count=3)


@pytest.mark.parametrize("status", [403, 409, 412])
def test_an_expired_token_lists_that_calendar_anew(desk: CaldavPlace, fake: FakeCaldav, status: int) -> None:
    """Nothing is fetched that is held; what was removed meanwhile shows in the listing."""
    desk.put(1, 2, 3)
    shelf = desk.synced()
    desk.remove(1)
    desk.put(4)
    fake.faults.append(expired(status))

    assert shelf.sync(desk.source()) == 1
    assert shelf.contents() == sorted([calendar_object(2), calendar_object(3), calendar_object(4)])
    assert shelf.listings[-1].uids is not None


def test_a_sync_report_that_always_fails_is_done_without(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Some servers offer it all the same."""
    desk.put(1, 2)
    fake.faults.append(Fault("REPORT", body="sync-collection", status=500))

    assert len(desk.synced().items) == 2


def test_an_unchanged_ctag_costs_nothing(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Where there is no sync-collection; a changed one lists the calendar."""
    fake.lacks = {Lacks.SYNC}
    desk.put(1, 2)
    shelf = desk.synced()
    fake.asked.clear()
    shelf.sync(desk.source())
    unchanged = fake.methods(), fake.reports("<getcontentlength")
    desk.put(3)

    assert shelf.sync(desk.source()) == 1
    assert unchanged == ({"PROPFIND"}, [])
    assert len(fake.reports("<getcontentlength")) == 1


def test_a_server_that_does_not_list_is_queried(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """By calendar-query, as the last way."""
    fake.lacks = {Lacks.SYNC, Lacks.LISTING}
    desk.put(1, 2)

    assert len(desk.synced().items) == 2
    assert fake.reports("calendar-query")


def test_without_etags_contents_are_compared(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """All is fetched, only what changed is handed out."""
    fake.lacks = {Lacks.SYNC, Lacks.CTAG, Lacks.ETAG}
    desk.put(1, 2)
    shelf = desk.synced()
    desk.server.put(desk.user, path_of(2), calendar_object(2, "SUMMARY:moved"))

    assert shelf.sync(desk.source()) == 1
    assert calendar_object(2, "SUMMARY:moved") in shelf.contents()


def test_objects_are_fetched_a_hundred_at_a_time(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """And none by itself."""
    desk.put(*range(130))
    desk.synced()

    assert [body.count("<href>") for body in fake.reports("calendar-multiget")] == [100, 30]
    assert "GET" not in fake.methods()


@pytest.mark.parametrize("status", [400, 500])
def test_without_multiget_objects_are_fetched_one_by_one(desk: CaldavPlace, fake: FakeCaldav, status: int) -> None:
    """Both ways give the same text: XML turns line ends, and they are turned back."""
    desk.put(1, 2)
    once = desk.synced()
    fake.faults.append(Fault("REPORT", body="calendar-multiget", status=status))

    assert desk.synced().items == once.items
    assert "GET" in fake.methods()


def test_what_is_listed_and_not_there_is_gone(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Removed between listing and fetching, or never there: neither lost nor counted."""
    fake.lacks = {Lacks.SYNC}
    desk.put(1, 2)
    fake.ghosts = [f"/{desk.user}/{path_of(99)}"]
    shelf = desk.synced()

    assert shelf.counted() == {"Work": 2}
    assert shelf.unreadable == []
    assert shelf.sync(desk.source()) == 0


def test_an_object_that_is_not_returned_is_told_and_tried_again(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """The cursor remembers it; the others are not held up."""
    desk.put(1, 2, 3)
    broken = Fault("GET", path="meeting-2", status=500)
    fake.faults += [broken, Fault("REPORT", body="calendar-multiget", status=500)]
    shelf = desk.synced()
    first = [item.uid.rpartition("/")[2] for item in shelf.unreadable], shelf.counted(), len(shelf.items)
    broken.times = 0

    assert shelf.sync(desk.source()) == 1
    assert first == (["meeting-2@northwind.example.ics"], {"Work": 3}, 2)
    assert (shelf.counted(), len(shelf.items)) == ({"Work": 3}, 3)
    assert shelf.sync(desk.source()) == 0


def test_what_could_not_be_fetched_may_be_removed(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Then it is not waited for any longer."""
    desk.put(1, 2)
    fake.faults += [Fault("GET", path="meeting-2", status=500), Fault("REPORT", body="multiget", status=400)]
    shelf = desk.synced()
    desk.remove(2)

    shelf.sync(desk.source())

    assert shelf.counted() == {"Work": 1}
    assert shelf.cursor["folders"]["Work"]["unread"] == {}


def test_what_is_too_large_is_not_fetched_again_until_the_limit_grows(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """It stays counted."""
    desk.put(1)
    desk.put_oversized(5_000)
    shelf = Shelf()
    shelf.sync(desk.source(size_limit=4_000))
    fake.asked.clear()
    shelf.sync(desk.source(size_limit=4_000))
    again = fake.methods()

    assert shelf.sync(desk.source(size_limit=8_000)) == 1
    assert again == {"PROPFIND"}
    assert shelf.counted() == {"Work": 2}


def test_a_calendar_that_refuses_does_not_hold_up_the_others(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """It is told, and listed anew once it opens."""
    desk.server.add_calendar(desk.user, "other", "Other")
    desk.put(1)
    closed = Fault(path="/other/", status=403)
    fake.faults.append(closed)
    shelf = desk.synced()
    first = [(item.folder, item.uid) for item in shelf.unreadable], shelf.counted()
    closed.times = 0
    shelf.sync(desk.source())

    assert first == ([("Other", "")], {"Work": 1})
    assert shelf.listings[0].folder == "Work"
    assert Listing(folder="Other", server_count=0, uids=frozenset()) in shelf.listings


def test_a_calendar_the_server_cannot_describe_is_not_gone(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Its events stay."""
    desk.put(1)
    shelf = desk.synced()
    answer = f"""<multistatus xmlns="DAV:"><response><href>/{desk.user}/jobs/</href>
    <status>HTTP/1.1 503 Service Unavailable</status></response></multistatus>"""
    headers = {"Content-Type": "text/xml"}
    fake.faults.append(Fault("PROPFIND", path=f"/{desk.user}/", status=207, headers=headers, answer=answer.encode()))
    here = f"""<multistatus xmlns="DAV:"><response><href>/</href><propstat><prop><C:calendar-home-set
    xmlns:C="urn:ietf:params:xml:ns:caldav"><href>/{desk.user}/</href></C:calendar-home-set></prop>
    <status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"""
    fake.faults.append(Fault("PROPFIND", status=207, headers=headers, answer=here.encode()))

    shelf.sync(desk.source())

    assert len(shelf.items) == 1
    assert "Work" in shelf.cursor["folders"]


def test_a_refused_password_is_the_persons_to_mend(desk: CaldavPlace) -> None:
    """The sentence names the user, and not the password."""
    source = replace(desk.source(), login=replace(desk.source().login, password="wröng"))

    with pytest.raises(AuthError, match=rf"refused user {desk.user}; check `username` and password") as caught:
        list(source.changes({}, Shelf().held))
    assert "wröng" not in f"{caught.value}{source!r}"
    assert desk.pauses == []


def test_a_forbidden_address_is_the_persons_to_mend(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """403 where reading begins."""
    fake.faults.append(Fault(status=403))

    with pytest.raises(AuthError, match="does not let this user read `url`"):
        desk.source().check()


def test_a_password_refused_in_the_middle(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """What was handed out stays; it is told as any refused password."""
    desk.put(1)
    fake.faults.append(Fault("REPORT", status=401, headers={"WWW-Authenticate": "Basic realm=x"}))

    with pytest.raises(AuthError):
        desk.synced()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(status=429, headers={"Retry-After": "5"}), id="asks to wait"),
        pytest.param(Fault(status=503), id="busy"),
        pytest.param(Fault(), id="hangs up"),
    ],
)
def test_what_passes_is_waited_for(desk: CaldavPlace, fake: FakeCaldav, fault: Fault) -> None:
    """A few times, with pauses; then the run goes on as if nothing had been."""
    desk.put(1, 2)
    fake.faults.append(replace(fault, times=2))

    assert len(desk.synced().items) == 2
    assert len(desk.pauses) == 2
    assert not fault.headers or desk.pauses == [5, 5]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=429, headers={"Retry-After": "4000"}), "asks us to wait; try again later"),
        (Fault(status=502), "answers 502; try again later"),
        (Fault(), "cannot be reached or hung up"),
    ],
)
def test_what_does_not_pass_ends(desk: CaldavPlace, fake: FakeCaldav, fault: Fault, words: str) -> None:
    """Attempts are counted."""
    fake.faults.append(replace(fault))

    with pytest.raises(SourceUnreachable, match=words):
        desk.source().check()
    assert len(desk.pauses) <= 3


def test_a_server_that_fails_halfway_loses_nothing(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Objects are not taken for broken when it is the server that is."""
    desk.put(*range(30))
    fault = Fault("GET", status=503)
    fake.faults += [fault, Fault("REPORT", body="multiget", status=503)]
    shelf = Shelf()
    with pytest.raises(SourceUnreachable):
        shelf.sync(desk.source())
    fake.faults.clear()

    shelf.sync(desk.source())

    assert len(shelf.items) == 30
    assert len(desk.pauses) < 20


def test_the_password_does_not_follow_to_another_server(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """Neither by a redirect nor by an href; the sentence says how to allow it."""
    fake.faults.append(Fault(status=302, headers={"Location": "https://other.example/dav/"}))

    with pytest.raises(SourceError, match=r"redirects to https://other\.example; if you trust it"):
        desk.source().check()


def test_an_href_to_another_server_is_not_followed(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """A principal elsewhere."""
    answer = """<multistatus xmlns="DAV:"><response><href>/</href><propstat><prop><current-user-principal>
    <href>https://other.example/me/</href></current-user-principal></prop></propstat></response></multistatus>"""
    fake.faults.append(Fault("PROPFIND", status=207, headers={"Content-Type": "text/xml"}, answer=answer.encode()))

    with pytest.raises(SourceError, match=r"points to the server other\.example; if you trust it"):
        desk.source().check()


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("text/html", b"<html>Sign in</html>"),
        ("text/xml", b"<multistatus xmlns='DAV:'><response>"),
        ("text/xml", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'bbbbbbbbbb'>]><a>&b;</a>"),
        ("text/plain", b"hello"),
    ],
)
def test_what_is_no_caldav_is_told(desk: CaldavPlace, fake: FakeCaldav, kind: str, answer: bytes) -> None:
    """A wrong address is the most common slip."""
    fake.faults.append(Fault(status=207, headers={"Content-Type": kind}, answer=answer))

    with pytest.raises(SourceError, match="shows no calendars at this address; check `url`"):
        desk.source().check()


def named(display_name: str, definitions: str) -> Fault:
    """Answer everything with one calendar of that name."""
    prop = f"<prop><displayname>{display_name}</displayname><resourcetype><C:calendar/></resourcetype></prop>"
    response = f"<response><href>/c/</href><propstat>{prop}</propstat></response>"
    names = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    answer = f"<!DOCTYPE m [{definitions}]><multistatus {names}>{response}</multistatus>"
    return Fault(status=207, headers={"Content-Type": "text/xml"}, answer=answer.encode())


def test_entities_are_not_resolved(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """They could show files of this machine to whoever reads the store."""
    fake.faults.append(named("&f;", "<!ENTITY f SYSTEM 'file:///etc/hostname'>"))

    assert desk.source().check().endswith("has 1 calendar: &f;.")


def test_entities_do_not_multiply(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """A few lines of XML could fill all memory."""
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 9))
    fake.faults.append(named("&l8;", f"<!ENTITY l0 'lol'>{laughs}"))

    with pytest.raises(SourceError, match="shows no calendars"):
        desk.source().check()


def test_an_answer_without_end_is_cut_off(desk: CaldavPlace, fake: FakeCaldav, monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects that together are too large for one answer come one by one."""
    desk.put(*range(1, 30))
    monkeypatch.setattr(dav_session, "_LARGEST_ANSWER", 9_000)
    monkeypatch.setattr(dav_session._Bounded.request, "__kwdefaults__", {"limit": 9_000})

    assert len(desk.synced().items) == 29
    assert "GET" in fake.methods()


def test_a_series_and_its_exceptions_are_one_item(desk: CaldavPlace) -> None:
    """All that shares one UID lies in one object (RFC 4791, 4.1)."""
    moved = event(1, "RECURRENCE-ID:20250317T090000Z")
    inner = "".join(f"{line}\r\n" for line in (*event(1, "RRULE:FREQ=WEEKLY;COUNT=3"), *moved)).encode()
    single = "".join(f"{line}\r\n" for line in event(1)).encode()
    desk.server.put(desk.user, path_of(1), calendar_object(1).replace(single, inner))

    (data,) = desk.synced().contents()

    assert data.count(b"BEGIN:VEVENT") == 2


def test_unusual_hrefs_are_one_uid(desk: CaldavPlace, fake: FakeCaldav) -> None:
    """However a path is quoted, by listing, multiget and GET, it is the same object."""
    name = "m%C3%BCnchen%20%26%20b%40c.ics"
    desk.server.put(desk.user, f"jobs/{name}", calendar_object(1))
    shelf = desk.synced()
    fake.lacks = {Lacks.SYNC, Lacks.MULTIGET, Lacks.CTAG}

    assert [uid.rpartition("/")[2] for _, uid in shelf.items] == ["m%C3%BCnchen%20&%20b@c.ics"]
    assert shelf.sync(desk.source()) == 0


@pytest.mark.parametrize(
    ("options", "secret", "words"),
    [
        ({"username": "ana"}, "x", "no `url`"),
        ({"url": "https://dav.example/"}, "x", "no `username`"),
        ({"url": "https://dav.example/", "username": "ana"}, None, "has no password"),
        ({"url": "http://dav.example/", "username": "ana"}, "x", "must begin with https"),
        ({"url": "https://ana:x@dav.example/", "username": "ana"}, "x", "must not contain a user name"),
    ],
)
def test_a_source_says_what_it_lacks(options: dict[str, str], secret: str | None, words: str) -> None:
    """Before anything is connected."""
    with pytest.raises(ConfigError, match=words):
        open_source("caldav", "desk", options, secret=secret)


def test_what_came_before_a_crash_is_missed_when_its_calendar_goes(desk: CaldavPlace) -> None:
    """The cursor knows of a calendar from its first page on."""
    desk.put(1)
    shelf = Shelf()
    shelf.save(next(desk.source().changes({}, shelf.held)))
    held = len(shelf.items)
    desk.server.delete(desk.user, "jobs/")

    shelf.sync(desk.source())

    assert (held, len(shelf.items)) == (1, 0)
