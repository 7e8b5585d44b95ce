"""What Gmail's API can be asked for: lists of identifiers, the history, mails in batches."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from googleapiclient.errors import HttpError

from connectors.folder_choice import FolderChoice
from connectors.gmail_labels import Labels, labels_of
from connectors.google_batch import Answers, Batch
from connectors.google_http import GoogleClient
from domain.errors import CursorExpired

_MOST = 500  # identifiers in one answer
_KINDS = ("messagesAdded", "messagesDeleted", "labelsAdded", "labelsRemoved")
_UNSEEN = frozenset({"TRASH", "SPAM"})  # left out of lists that do not ask for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Whose mailbox it is, where its history stands, and how many mails it has in all."""

    address: str
    history: str
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Mails something happened to, each once, oldest change first, and where the history stood when reading began."""

    touched: tuple[str, ...]
    history: str


class Mailbox:
    """One mailbox, read only."""

    def __init__(self, client: GoogleClient) -> None:
        service = client.service("gmail", "v1")
        self._client = client
        self._users = service.users()
        self._messages = self._users.messages()
        self._batch = Batch(client, client.batch_address(service, "batch/gmail/v1"))

    def profile(self) -> Profile:
        """Ask whose mailbox it is."""
        answer = self._client.call(self._users.getProfile(userId="me"))
        return Profile(
            address=str(answer.get("emailAddress", "")),
            history=str(answer["historyId"]),
            total=int(answer.get("messagesTotal", 0)),
        )

    def labels(self, choice: FolderChoice) -> Labels:
        """Ask for all labels."""
        return labels_of(self._client.call(self._users.labels().list(userId="me")), choice)

    def wanted(self, labels: Labels) -> dict[str, None]:
        """List the mails that are read, newest first; of others nothing but their identifiers is asked for."""
        excluded, included = labels.excluded, labels.included
        everything = not excluded >= _UNSEEN
        found: dict[str, None] = {}
        for label in [""] if included is None else sorted(included - excluded):
            found.update(dict.fromkeys(self.ids(label=label, everything=everything)))
        for label in sorted(excluded if everything else excluded - _UNSEEN):
            for uid in self.ids(label=label, everything=everything):
                found.pop(uid, None)
        return found

    def ids(self, *, label: str = "", query: str = "", everything: bool = True) -> Iterator[str]:
        """List identifiers, newest first.

        Args:
            label: Only with this one.
            query: Only what this search finds.
            everything: Also what lies in spam and trash.
        """
        request = self._messages.list(
            userId="me",
            labelIds=[label] if label else None,
            q=query or None,
            includeSpamTrash=everything,
            maxResults=_MOST,
            fields="messages/id,nextPageToken",
        )
        for answer in self._pages(self._messages, request):
            yield from (str(message["id"]) for message in answer.get("messages", []))

    def changes(self, since: str) -> Changes:
        """Read the history.

        Raises:
            CursorExpired: Gmail does not remember that far back: about a week.
        """
        history = self._users.history()
        touched: dict[str, None] = {}
        now = ""
        request = history.list(userId="me", startHistoryId=since, maxResults=_MOST)
        try:
            for answer in self._pages(history, request, expected={404}):
                # That of the first answer: what happens while the others are read comes again, rather than not at all.
                now = now or str(answer.get("historyId") or since)
                for record in answer.get("history", []):
                    changed = (entry["message"]["id"] for kind in _KINDS for entry in record.get(kind, []))
                    touched.update(dict.fromkeys(map(str, changed)))
        except HttpError:
            raise CursorExpired("Gmail's history does not reach back to the last run.") from None
        return Changes(touched=tuple(touched), history=now)

    def described(self, uids: Iterable[str]) -> Answers:
        """Ask for labels and size of up to ``MAX_BATCH`` mails."""
        return self._get(uids, form="minimal", fields="id,labelIds,sizeEstimate,internalDate")

    def whole(self, uids: Iterable[str]) -> Answers:
        """Fetch up to ``MAX_BATCH`` mails."""
        return self._get(uids, form="raw", fields="id,threadId,labelIds,sizeEstimate,internalDate,raw")

    def parts(self, uid: str) -> Answers:
        """Fetch one mail taken apart, without its attachments."""
        return self._get([uid], form="full", fields="id,threadId,labelIds,sizeEstimate,internalDate,payload")

    def _get(self, uids: Iterable[str], *, form: str, fields: str) -> Answers:
        requests = {uid: self._messages.get(userId="me", id=uid, format=form, fields=fields) for uid in uids}
        return self._batch.send(requests) if requests else Answers()

    def _pages(self, resource: Any, request: Any, **options: Any) -> Iterator[Mapping[str, Any]]:
        while request is not None:
            answer = self._client.call(request, **options)
            yield answer
            request = resource.list_next(request, answer)
