"""Gmail, against the emulator behind a fake of what it lacks."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from typing import Any

import pytest
from contract_sources import Shelf, SourceContract, big_mail, mail
from fake_google import REFRESH_TOKEN, FakeGoogle, serving
from google.oauth2.credentials import Credentials

from connectors.folder_choice import FolderChoice
from connectors.gmail import GmailSource
from domain.errors import AuthError, SourceError, SourceUnreachable
from domain.sources import Deleted, RawMessage, Reflagged, Source

pytestmark = pytest.mark.servers

_users = (f"user{number}@northwind.example" for number in count())
ME = "/gmail/v1/users/me"


class GmailPlace:
    def __init__(self, google: FakeGoogle) -> None:
        self.google = google
        self.waited: list[float] = []
        self.uids: dict[int, str] = {}

    def put(self, *numbers: int) -> None:
        for number in numbers:
            self.uids[number] = self.deliver(mail(number))

    def deliver(self, data: bytes, *labels: str, **more: Any) -> str:
        raw = urlsafe_b64encode(data).decode().rstrip("=")
        made = self.google.ask("POST", f"{ME}/messages", {"raw": raw, "labelIds": labels or ["INBOX"], **more})
        return str(made["id"])

    def label(self, name: str) -> str:
        return str(self.google.ask("POST", f"{ME}/labels", {"name": name})["id"])

    def relabel(self, uid: str, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> None:
        body = {"addLabelIds": add, "removeLabelIds": remove}
        self.google.ask("POST", f"{ME}/messages/{uid}/modify", body)

    def remove(self, number: int) -> None:
        self.delete(self.uids[number])

    def delete(self, uid: str) -> None:
        self.google.ask("DELETE", f"{ME}/messages/{uid}")

    tells_flags = True

    def flag(self, number: int) -> None:
        starred = "STARRED" in self.google.ask("GET", f"{ME}/messages/{self.uids[number]}?format=minimal")["labelIds"]
        change = ("STARRED",)
        self.relabel(self.uids[number], add=() if starred else change, remove=change if starred else ())

    def expire_cursor(self) -> None:
        told = self.google.ask("GET", f"{ME}/history?startHistoryId=0&maxResults=1")
        self.google.oldest_history = int(told["historyId"])

    def source(self, *, size_limit: int = 1_000_000, **options: Any) -> Source:
        return GmailSource(
            name="desk",
            credentials=credentials(self.google),
            api_endpoint=self.google.url,
            size_limit=size_limit,
            sleep=self.waited.append,
            **options,
        )

    def missing(self) -> Source:
        nowhere = "http://127.0.0.1:9"
        return GmailSource(
            name="gone", credentials=credentials(self.google), api_endpoint=nowhere, sleep=self.waited.append
        )

    def put_oversized(self, size: int) -> None:
        self.deliver(big_mail(size))

    def fingerprint(self) -> object:
        listed = self.google.ask("GET", f"{ME}/messages?maxResults=500&includeSpamTrash=true")["messages"]
        return [self.google.ask("GET", f"{ME}/messages/{each['id']}?format=raw") for each in listed]


def credentials(google: FakeGoogle) -> Credentials:
    """An access token that will end, and a refresh token, of the library's own kind."""
    return Credentials(
        token=google.token,
        refresh_token=REFRESH_TOKEN,
        token_uri=f"{google.url}/token",
        client_id="client",
        client_secret="secret",
    )


@pytest.fixture
def place(google_emulator: str) -> Iterator[GmailPlace]:
    """Offer a fresh user."""
    with serving(FakeGoogle(next(_users), google_emulator)) as google:
        yield GmailPlace(google)


class TestGmailKeepsTheContract(SourceContract):
    @pytest.fixture
    def place(self, google_emulator: str) -> Iterator[GmailPlace]:
        with ExitStack() as stack:
            yield GmailPlace(stack.enter_context(serving(FakeGoogle(next(_users), google_emulator))))


@pytest.fixture
def shelf() -> Shelf:
    """An empty store."""
    return Shelf()


def items(source: Source, shelf: Shelf) -> list[Any]:
    """Return what the next run hands out, without keeping it."""
    return [item for page in source.changes(shelf.cursor, shelf.held) for item in page.items]


def test_labels_and_the_time_of_receipt_come_along(place: GmailPlace, shelf: Shelf) -> None:
    """InternalDate is when Gmail took it in (SEMANTICS 6); labels come by name, nested ones with their path."""
    place.deliver(mail(1), "INBOX", place.label("Clients/Tidewater"), internalDate="1741600000000")

    shelf.sync(place.source())

    [message] = shelf.items.values()
    assert isinstance(message, RawMessage)
    assert (message.folder, message.imap_flags) == ("All Mail", ("Clients/Tidewater", "INBOX"))
    assert message.received_at == datetime(2025, 3, 10, 9, 46, 40, tzinfo=UTC)
    assert (message.size, message.truncated) == (len(mail(1)), False)


def test_newest_mail_comes_first(place: GmailPlace, shelf: Shelf) -> None:
    """What a manager asks about first is there first."""
    for number in (1, 3, 2):
        place.deliver(mail(number), internalDate=str(1741600000000 + number))

    assert [item.data for item in items(place.source(), shelf)] == [mail(3), mail(2), mail(1)]


def test_mails_are_fetched_in_batches(place: GmailPlace, shelf: Shelf) -> None:
    """120 mails are three requests, not 120."""
    place.put(*range(120))

    shelf.sync(place.source())

    assert len(shelf.items) == 120
    assert len(place.google.asked("POST /batch/gmail/v1")) == 3


def test_nothing_new_takes_three_small_requests(place: GmailPlace, shelf: Shelf) -> None:
    """Profile, labels, history; the work does not grow with the mailbox."""
    place.put(1, 2, 3)
    shelf.sync(place.source())
    place.google.requests.clear()

    assert items(place.source(), shelf) == []
    assert [request.split("?")[0] for request in place.google.requests] == [
        *(f"GET {ME}/profile", f"GET {ME}/labels", f"GET {ME}/history")
    ]


class TestChanges:
    def test_new_labels_are_no_new_mail(self, place: GmailPlace, shelf: Shelf) -> None:
        """Flags change, the bytes are not fetched again."""
        place.put(1)
        shelf.sync(place.source())
        place.relabel(place.uids[1], add=("STARRED",), remove=("INBOX",))

        assert items(place.source(), shelf) == [
            Reflagged(folder="All Mail", uid=place.uids[1], imap_flags=("STARRED",))
        ]

    def test_mail_put_in_the_trash_is_gone_and_comes_back(self, place: GmailPlace, shelf: Shelf) -> None:
        """A label that is excluded takes a mail away, its removal brings it."""
        place.put(1, 2)
        shelf.sync(place.source())
        place.relabel(place.uids[1], add=("TRASH",))

        assert items(place.source(), shelf) == [Deleted(folder="All Mail", uid=place.uids[1])]
        shelf.sync(place.source())
        assert shelf.counted() == {"All Mail": 1}

        place.relabel(place.uids[1], remove=("TRASH",))
        shelf.sync(place.source())
        assert shelf.contents() == sorted([mail(1), mail(2)])
        assert shelf.counted() == {"All Mail": 2}

    def test_mail_that_came_and_went_between_two_runs_is_no_trouble(self, place: GmailPlace, shelf: Shelf) -> None:
        """The history names it, the batch answers 404."""
        place.put(1)
        shelf.sync(place.source())
        place.put(2)
        place.remove(2)

        assert items(place.source(), shelf) == []

    def test_mail_deleted_between_list_and_fetch_is_not_counted(self, place: GmailPlace, shelf: Shelf) -> None:
        """404 inside the batch means gone, not broken."""
        place.put(1, 2)
        place.google.fail(f"/messages/{place.uids[2]}?", 404)

        shelf.sync(place.source())

        assert (shelf.contents(), shelf.counted()) == ([mail(1)], {"All Mail": 1})

    def test_a_forgotten_history_lists_again_and_fetches_only_what_is_not_held(
        self, place: GmailPlace, shelf: Shelf
    ) -> None:
        """404 on the history: new mail comes, deleted mail goes, labels are right again, nothing is fetched twice."""
        place.put(1, 2, 3)
        shelf.sync(place.source())
        place.put(4)
        place.remove(1)
        place.relabel(place.uids[2], add=("STARRED",))
        place.google.oldest_history = 10**30

        assert shelf.sync(place.source()) == 1
        assert shelf.contents() == sorted(map(mail, (2, 3, 4)))
        assert shelf.counted() == {"All Mail": 3}
        starred = shelf.items["All Mail", place.uids[2]]
        assert isinstance(starred, RawMessage)
        assert starred.imap_flags == ("INBOX", "STARRED")

    def test_mail_that_arrives_during_the_first_run_comes_in_the_next(self, place: GmailPlace, shelf: Shelf) -> None:
        """The history is asked before the list, so nothing falls between."""
        place.put(1)
        pages = iter(place.source().changes({}, shelf.held))
        shelf.save(next(pages))
        place.put(2)
        for page in pages:
            shelf.save(page)

        shelf.sync(place.source())

        assert shelf.contents() == sorted([mail(1), mail(2)])

    def test_a_renamed_label_is_noticed_though_the_history_is_silent(self, place: GmailPlace, shelf: Shelf) -> None:
        """Every mail with it is called otherwise."""
        label = place.label("Old")
        uid = place.deliver(mail(1), label)
        shelf.sync(place.source())
        place.google.ask("PATCH", f"{ME}/labels/{label}", {"name": "New"})

        assert items(place.source(), shelf) == [Reflagged(folder="All Mail", uid=uid, imap_flags=("New",))]


class TestChoice:
    def test_trash_spam_and_drafts_are_left_out(self, place: GmailPlace, shelf: Shelf) -> None:
        """Archived and sent mail is read; chosen by label, whatever else a mail is labelled."""
        for number, labels in enumerate([["TRASH"], ["SPAM"], ["DRAFT"], ["SENT"], ["INBOX", "DRAFT"]]):
            place.deliver(mail(number), *labels)

        shelf.sync(place.source())

        assert shelf.contents() == [mail(3)]

    @pytest.mark.parametrize(
        ("choice", "numbers"),
        [
            (FolderChoice(include=("Clients/*",), exclude=()), [1, 2]),
            (FolderChoice(include=("clients/tidewater", "Sent"), exclude=()), [1, 3]),
            (FolderChoice(exclude=("Clients",)), [3, 4]),
            (FolderChoice(include=("*",), exclude=("Tidewater",)), [2, 3, 4]),
            (FolderChoice(include=("Trash",), exclude=()), [4]),
        ],
    )
    def test_labels_choose(self, place: GmailPlace, shelf: Shelf, choice: FolderChoice, numbers: list[int]) -> None:
        """By name or its last part; what lies below an excluded label is excluded too."""
        place.deliver(mail(1), place.label("Clients/Tidewater"))
        place.deliver(mail(2), "INBOX", place.label("Clients/Bluepeak"))
        place.deliver(mail(3), "SENT")
        place.deliver(mail(4), "TRASH")

        shelf.sync(place.source(folders=choice))

        assert shelf.contents() == sorted(map(mail, numbers))

    def test_a_label_of_ones_own_is_no_spam_whatever_its_name(self, place: GmailPlace, shelf: Shelf) -> None:
        """Elsewhere "Werbung" is where junk goes; here it may be the advertising account."""
        place.deliver(mail(1), place.label("Werbung"))

        shelf.sync(place.source())

        assert shelf.contents() == [mail(1)]

    def test_another_choice_in_the_configuration_is_followed(self, place: GmailPlace, shelf: Shelf) -> None:
        """What is no longer chosen goes, what is now chosen comes."""
        place.deliver(mail(1), "SENT")
        place.deliver(mail(2), "INBOX")
        shelf.sync(place.source())

        shelf.sync(place.source(folders=FolderChoice(include=("SENT",), exclude=())))

        assert (shelf.contents(), shelf.counted()) == ([mail(1)], {"All Mail": 1})


class TestSizes:
    def test_an_oversized_mail_keeps_its_words_and_the_names_of_its_attachments(
        self, place: GmailPlace, shelf: Shelf
    ) -> None:
        """Attachments are not fetched."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "kim@tidewater.example", "ana@northwind.example", "Grüße"
        message["Message-ID"] = "<big@tidewater.example>"
        message.set_content("Please find the plan attached.")
        message.add_attachment(bytes(2_000_000), maintype="application", subtype="pdf", filename="plan.pdf")
        place.deliver(bytes(message))

        shelf.sync(place.source(size_limit=500_000))

        [held] = shelf.items.values()
        assert isinstance(held, RawMessage)
        assert held.truncated
        assert held.size > 2_000_000
        assert len(held.data) < 10_000
        read = message_from_bytes(held.data, policy=default)
        assert read["Message-ID"] == "<big@tidewater.example>"
        body = read.get_body()
        assert body
        assert "Please find the plan attached." in body.get_content()
        assert [part.get_filename() for part in read.iter_attachments()] == ["plan.pdf"]

    def test_large_mails_are_not_fetched_together(self, place: GmailPlace, shelf: Shelf) -> None:
        """However many, a batch carries eight megabytes at most."""
        for _ in range(3):
            place.put_oversized(3_000_000)

        shelf.sync(place.source(size_limit=10_000_000))

        assert len(shelf.items) == 3
        assert not any(item.truncated for item in shelf.items.values() if isinstance(item, RawMessage))
        assert len(place.google.asked("format=raw")) == 3
        assert len(place.google.asked("POST /batch/gmail/v1")) >= 3


class TestTroubles:
    def test_items_refused_inside_a_batch_are_tried_again_alone(self, place: GmailPlace, shelf: Shelf) -> None:
        """429 for one mail is no reason to fetch the others twice; Retry-After is honoured."""
        place.put(1, 2, 3)
        place.google.fail(f"/messages/{place.uids[2]}?", 429, times=2, retry_after="7")

        shelf.sync(place.source())

        assert shelf.contents() == sorted(map(mail, (1, 2, 3)))
        assert [wait >= 7 for wait in place.waited] == [True, True]
        assert len(place.google.asked("batched GET")) == 5

    @pytest.mark.parametrize(
        ("status", "reason"),
        [(429, ""), (403, "rateLimitExceeded"), (403, "userRateLimitExceeded"), (500, ""), (503, ""), (0, "")],
    )
    def test_what_passes_is_tried_again(self, place: GmailPlace, shelf: Shelf, status: int, reason: str) -> None:
        """Limits, troubles of the server and broken connections, longer each time."""
        place.put(1)
        place.google.fail(f"GET {ME}/messages?", status, times=3, reason=reason)

        shelf.sync(place.source())

        assert shelf.contents() == [mail(1)]
        assert len(place.waited) >= 1
        assert place.waited == sorted(place.waited)

    def test_patience_ends(self, place: GmailPlace, shelf: Shelf) -> None:
        """Six attempts, then a sentence; the next run may have better luck."""
        place.google.fail("/profile", 429, times=100)

        with pytest.raises(
            SourceUnreachable, match=r"^Source desk: .* limits how fast it may be asked; try again later"
        ):
            shelf.sync(place.source())
        assert len(place.waited) == 5
        assert len(place.google.asked("/profile")) == 6

    def test_a_wait_longer_than_the_run_may_take_ends_it_at_once(self, place: GmailPlace, shelf: Shelf) -> None:
        """Google asks for a day: nobody sits there for a day."""
        place.google.fail("/profile", 429, times=100, retry_after="86400")

        with pytest.raises(SourceUnreachable, match="try again later"):
            shelf.sync(place.source())
        assert place.waited == []

    def test_a_mail_gmail_fails_to_return_is_told_and_tried_again(self, place: GmailPlace, shelf: Shelf) -> None:
        """It is counted, the others come, and the next run asks for it (SEMANTICS 7)."""
        place.put(1, 2)
        place.google.fail(f"/messages/{place.uids[2]}?", 500, times=6)

        shelf.sync(place.source())

        assert (shelf.contents(), shelf.counted()) == ([mail(1)], {"All Mail": 2})
        assert [trouble.uid for trouble in shelf.unreadable] == [place.uids[2]]
        shelf.sync(place.source())
        assert (shelf.contents(), shelf.counted()) == (sorted([mail(1), mail(2)]), {"All Mail": 2})

    def test_an_ended_token_is_refreshed_once(self, place: GmailPlace, shelf: Shelf) -> None:
        """Between requests and inside of a batch."""
        place.put(1)
        source = place.source()
        place.google.expire_token()

        shelf.sync(source)

        assert shelf.contents() == [mail(1)]
        assert len(place.google.asked("POST /token")) == 1

    def test_a_revoked_grant_is_dead(self, place: GmailPlace, shelf: Shelf) -> None:
        """Nobody but a person can mend that; the sentence says how, and no secret."""
        source = place.source()
        place.google.expire_token()
        place.google.revoked = True

        with pytest.raises(AuthError, match="accountline connect desk") as refused:
            shelf.sync(source)
        assert "token" not in str(refused.value)

    def test_a_token_refused_after_its_refresh_is_dead(self, place: GmailPlace, shelf: Shelf) -> None:
        """One refresh, not one for ever."""
        place.google.fail("/profile", 401, times=100)

        with pytest.raises(AuthError, match="accountline connect desk"):
            shelf.sync(place.source())
        assert len(place.google.asked("/profile")) == 2

    @pytest.mark.parametrize(
        ("reason", "sentence"),
        [
            ("insufficientPermissions", "reading was not allowed at sign-in; run `accountline connect desk`"),
            ("accessNotConfigured", "enable it in the Google Cloud console"),
            ("dailyLimitExceeded", "try tomorrow"),
            ("domainPolicy", "an administrator allows this application"),
        ],
    )
    def test_a_refusal_says_what_to_do(self, place: GmailPlace, shelf: Shelf, reason: str, sentence: str) -> None:
        """No waiting for what does not pass."""
        place.google.fail("/profile", 403, times=100, reason=reason)

        with pytest.raises(SourceError, match=sentence):
            shelf.sync(place.source())
        assert place.waited == []

    def test_a_server_without_batches_is_asked_one_by_one(self, place: GmailPlace, shelf: Shelf) -> None:
        """As the bare emulator is."""
        place.google.batches = False
        place.put(1, 2)

        shelf.sync(place.source())

        assert shelf.contents() == sorted([mail(1), mail(2)])

    def test_no_secret_in_what_is_shown_of_a_source(self, place: GmailPlace) -> None:
        """Representations end up in logs."""
        assert place.google.token not in repr(place.source())
        assert "secret" not in repr(place.source())
