"""The morning report goes to everybody once a day, through real servers, whatever breaks in between (SEMANTICS 7)."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from desk import ANA, NINA, DeskFolder, at
from loopback import free_port

from domain.digest import Report
from domain.errors import ConfigError, SourceUnreachable
from flows.morning import write_report
from flows.outbox import Way, deliver
from flows.settings import Settings, load_settings
from store.database import open_store
from store.notices import begin_report, mark_sent, report_of

pytestmark = pytest.mark.servers
ASKS = "Could you send us the <b>new</b> price list & the terms?"
MORNING = at("Tue 07:30")


class Postbox:
    """A mail server that takes everything, or nothing while ``closed``."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.closed = False

    async def handle_RCPT(  # noqa: N802 - its name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("gone"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        assert isinstance(envelope.content, bytes)
        if self.closed:
            return "451 come back later"
        self.taken.append(envelope.content)
        return "250 OK"

    def mails(self) -> list[EmailMessage]:
        """What was taken, parsed."""
        return [message_from_bytes(content, policy=policy.default) for content in self.taken]


class Chat:
    """A service that takes notices as JSON by HTTP."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken: list[dict[str, str]] = []


@pytest.fixture
def chat() -> Iterator[Chat]:
    """A real HTTP server on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    taken = Chat(server.server_port)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield taken
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def postbox() -> Postbox:
    """What the mail server took."""
    return Postbox()


@pytest.fixture
def desk(tmp_path: Path, postbox: Postbox) -> Iterator[DeskFolder]:
    """A desk whose report goes to Ana by mail."""
    folder = DeskFolder(tmp_path)
    controller = Controller(postbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    server = f'{{ host = "127.0.0.1", port = {controller.port} }}'
    _configure(folder, f'to = ["{ANA}"]\nsender = "desk@northwind.example"\nsmtp = {server}\n')
    yield folder
    controller.stop()


def _configure(desk: DeskFolder, digest: str) -> None:
    text = desk.config.read_text("utf-8").partition("[digest]")[0]
    desk.config.write_text(f"{text}[digest]\n{digest}", "utf-8")


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body
    content: str = body.get_content()
    return content


def settings_of(desk: DeskFolder, now: datetime) -> Settings:
    """Read what is new, and return the settings."""
    desk.ingest(now)
    return load_settings(desk.config)


def test_the_mail_holds_the_sentence_as_text_and_as_a_page(desk: DeskFolder, postbox: Postbox) -> None:
    """Multipart/alternative, machine-made by its header, the words of strangers escaped."""
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")

    deliver(settings_of(desk, MORNING), MORNING)

    (mail,) = postbox.mails()
    page = mail.get_body(("html",))
    assert page
    assert (mail["To"], mail["Subject"], mail["Auto-Submitted"]) == (
        ANA,
        "Northwind Agency: 1 overdue",
        "auto-generated",
    )
    assert ASKS in " ".join(_text(mail).split())
    assert "&lt;b&gt;new&lt;/b&gt; price list &amp; the terms?" in page.get_content()
    assert "<b>new" not in page.get_content()


def test_once_a_day(desk: DeskFolder, postbox: Postbox) -> None:
    """A restart, a second process, somebody who types it: there is one report a day."""
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    settings = settings_of(desk, MORNING)

    said = [deliver(settings, MORNING + timedelta(minutes=minutes)) for minutes in (0, 1, 600)]

    assert len(postbox.taken) == 1
    assert said[1:] == ["The report of 2026-03-03 was sent already.\n"] * 2


@pytest.mark.parametrize(
    "days",
    [("2026-03-28T07:30+01:00", "2026-03-29T07:30+02:00"), ("2026-10-24T07:30+02:00", "2026-10-25T07:30+01:00")],
    ids=["a night an hour shorter", "a night an hour longer"],
)
def test_a_report_for_each_local_day(desk: DeskFolder, postbox: Postbox, days: tuple[str, str]) -> None:
    """A day is the company's, also when clocks change."""
    desk.mail(NINA, ANA, datetime.fromisoformat(days[0]) - timedelta(days=2), f"{ASKS}\n\nNina\n")

    for day in days:
        moment = datetime.fromisoformat(day)
        deliver(settings_of(desk, moment), moment)

    assert len(postbox.taken) == 2
    assert len({mail["Message-ID"] for mail in postbox.mails()}) == 2


def test_nothing_is_sent_when_there_is_nothing_to_say(desk: DeskFolder, postbox: Postbox) -> None:
    """An empty report trains people not to read it."""
    assert "nothing was sent" in deliver(settings_of(desk, MORNING), MORNING)
    assert postbox.taken == []


def test_a_gap_in_coverage_is_always_something_to_say(desk: DeskFolder, postbox: Postbox) -> None:
    """Never "all clear" from stale data: since this morning one mailbox cannot be read."""
    desk.ingest(MORNING)
    (desk.path / "mail").rename(desk.path / "elsewhere")
    later = MORNING + timedelta(days=1)

    deliver(settings_of(desk, later), later)

    (mail,) = postbox.mails()
    assert mail["Subject"] == "Northwind Agency: incomplete"
    assert "Nobody is waiting for us" not in _text(mail)
    assert "Not known since Tue 3 Mar 07:30: source mail" in _text(mail)


def test_a_report_that_was_not_taken_goes_out_later_as_it_was(desk: DeskFolder, postbox: Postbox) -> None:
    """The mail server was down at half past seven."""
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    settings = settings_of(desk, MORNING)
    postbox.closed = True
    with pytest.raises(SourceUnreachable, match="did not take the mail"):
        deliver(settings, MORNING)
    postbox.closed = False

    deliver(settings, MORNING + timedelta(hours=1))

    assert [mail["Subject"] for mail in postbox.mails()] == ["Northwind Agency: 1 overdue"]


def test_after_a_crash_between_sending_and_noting_the_same_mail_goes_out_again(
    desk: DeskFolder, postbox: Postbox
) -> None:
    """Under the same Message-ID, by which mail programs know it; its words are those of the first."""
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    settings = settings_of(desk, MORNING)

    def killed_after(way: Way) -> Way:
        def hand_over(report: Report) -> None:
            way(report)
            raise KeyboardInterrupt

        return hand_over

    with pytest.raises(KeyboardInterrupt):
        deliver(settings, MORNING, trying=killed_after)
    deliver(settings, MORNING + timedelta(minutes=2))

    first, second = postbox.mails()
    assert first["Message-ID"] == second["Message-ID"]
    assert _text(first) == _text(second)


def test_a_reader_whom_the_server_refuses_is_told_of_and_the_others_have_theirs(
    desk: DeskFolder, postbox: Postbox
) -> None:
    """An address with a typing error must not stay without its report in silence."""
    text = desk.config.read_text("utf-8")
    desk.config.write_text(text.replace(f'to = ["{ANA}"]', f'to = ["gone@northwind.example", "{ANA}"]'), "utf-8")
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    settings = settings_of(desk, MORNING)

    for minutes in (0, 15):
        with pytest.raises(SourceUnreachable, match=r"gone@northwind\.example"):
            deliver(settings, MORNING + timedelta(minutes=minutes))

    assert [mail["To"] for mail in postbox.mails()] == [ANA]


def test_the_chat_gets_what_the_mail_says(desk: DeskFolder, postbox: Postbox, chat: Chat) -> None:
    """Both once; what one of them lacks is tried again without the other."""
    text = desk.config.read_text("utf-8").partition("[digest]")[2]
    _configure(desk, f'{text.strip()}\nnotify = ["json://127.0.0.1:{chat.port}/", "json://127.0.0.1:9/"]\n')
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    settings = settings_of(desk, MORNING)

    for minutes in (0, 5):
        with pytest.raises(SourceUnreachable, match="The address for notices 2 did not take the report"):
            deliver(settings, MORNING + timedelta(minutes=minutes))

    assert (len(postbox.taken), len(chat.taken)) == (1, 1)
    assert chat.taken[0]["title"] == "Northwind Agency: 1 overdue"
    assert "price list & the terms?" in " ".join(chat.taken[0]["message"].split())


def test_an_address_nobody_knows_is_named_without_its_secret(desk: DeskFolder) -> None:
    """Addresses of chats hold their tokens."""
    _configure(desk, 'notify = ["carrierpigeon://s3cret-token/"]\n')
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")

    with pytest.raises(ConfigError, match="The address for notices 1 is no address") as failed:
        deliver(settings_of(desk, MORNING), MORNING)

    assert "s3cret" not in str(failed.value)


def test_tomorrow_says_what_changed_today(desk: DeskFolder, postbox: Postbox) -> None:
    """Answered, new, and still waiting."""
    answered = desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n", subject="Prices")
    desk.mail("ole@acme.example", ANA, "Mon 09:30", "When will the stand be ready?\n\nOle\n", subject="Stand")
    deliver(settings_of(desk, MORNING), MORNING)
    desk.mail(ANA, NINA, "Tue 10:00", "Hi Nina,\n\nhere they are.\n", answers=answered, attached="prices.pdf")
    desk.mail("petra@borealis.example", ANA, "Tue 10:30", "Could you call me about the fair?\n\nPetra\n")

    moment = at("Wed 18:30")
    deliver(settings_of(desk, moment), moment)

    assert "1 new, 1 still waiting, 1 cleared since Tue 3 Mar 07:30." in _text(postbox.mails()[1])


def test_two_processes_send_one_report(desk: DeskFolder, postbox: Postbox) -> None:
    """Whoever comes second finds it begun."""
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    settings = settings_of(desk, MORNING)

    threads = [Thread(target=deliver, args=(settings, MORNING)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(postbox.taken) == 1


def test_the_words_of_a_report_do_not_stay(desk: DeskFolder) -> None:
    """The outbox holds quotes of clients only until everybody has them."""
    desk.mail(NINA, ANA, "Mon 09:00", f"{ASKS}\n\nNina\n")
    settings = settings_of(desk, MORNING)
    with open_store(settings.store_url, read_only=False) as store:
        begun = begin_report(store, write_report(settings, MORNING))
        assert ASKS in " ".join(begun.text.split())
        mark_sent(store, begun, "mail")

    deliver(settings, MORNING)

    with open_store(settings.store_url, read_only=True) as store:
        kept = report_of(store, "2026-03-03")
    assert kept is not None
    assert (kept.finished, kept.text, kept.html, kept.subject) == (True, "", "", "")
