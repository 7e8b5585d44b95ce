"""What must not be stored (SEMANTICS 6 and 7): afterwards the raw files are searched."""

import pytest
from desk import ANA, BEN, NINA, OLE, DeskFolder, at
from raw_bytes import files_holding, packed_frames

from flows.settings import load_settings
from store import queries
from store.database import open_store

SECRET = "the lighthouse plans"
NOW = "Fri 12:00"
RULES = {
    "address": ('{ address = "nina@acme.example" }', ""),
    "domain": ('{ domain = "acme.example" }', ""),
    "folder": ('{ folder = "Private" }', ".Private"),
}


def exclude(folder: DeskFolder, rule: str, mode: str = "drop") -> None:
    """Write an exclusion into the configuration."""
    folder.configure(f"\n[privacy]\nexclude = [{rule.replace(' }', '')}, mode = '{mode}' }}]\n")


def traces(folder: DeskFolder, *words: str) -> list[str]:
    """Where words can still be found."""
    store = folder.path / "accountline.db"
    frames = packed_frames(store)
    found = [place for word in words for place in files_holding(word, store)]
    return found + [word for word in words if any(word.encode().lower() in frame.lower() for frame in frames)]


@pytest.mark.parametrize("key", RULES)
@pytest.mark.parametrize("mode", ["drop", "strip"])
def test_excluded_words_never_reach_the_store(desk: DeskFolder, key: str, mode: str) -> None:
    """Whatever the rule and its mode: subject, words and the person's name are nowhere in the files."""
    rule, folder = RULES[key]
    exclude(desk, rule, mode)
    desk.mail(NINA, ANA, "Mon 10:00", f"{SECRET}\n", subject="Red rocket", name="Nina Weber", file=folder)
    desk.mail(OLE if key != "domain" else "kira@calder.example", ANA, "Mon 11:00", "Could you call me?\n")
    desk.ingest("Wed 12:00")
    assert traces(desk, SECRET, "Red rocket", "Nina Weber", NINA) == []


def test_drop_keeps_a_counter(desk: DeskFolder) -> None:
    """The mail is counted as left out, so that the numbers add up to the server's."""
    exclude(desk, '{ address = "nina@acme.example" }')
    desk.mail(NINA, ANA, "Mon 10:00", f"{SECRET}\n")
    desk.ingest("Wed 12:00")
    settings = load_settings(desk.config)
    with open_store(settings.store_url, read_only=True) as store:
        known = [(source.name, source.kind) for source in settings.sources]
        answer = queries.status(store, now=at(NOW), sources=known, stale_after=settings.stale_after())
    assert [f["left_out"] for source in answer["sources"] for f in source["folders"] if f["held"]] == [1]
    assert desk.timeline("acme", NOW) == []


def test_strip_keeps_that_a_mail_was_exchanged(desk: DeskFolder) -> None:
    """When, which way and with which account; from a hash at the account's domain."""
    exclude(desk, '{ address = "nina@acme.example" }', "strip")
    desk.mail(NINA, ANA, "Mon 10:00", f"{SECRET}\n", subject="Red rocket")
    desk.mail(ANA, NINA, "Tue 10:00", f"{SECRET}\n", subject="Red rocket")
    answer, asked = [entry for entry in desk.timeline("acme", NOW) if entry["kind"] == "message"]
    assert [(entry["direction"], entry["title"]) for entry in (asked, answer)] == [
        ("inbound", "(left out)"),
        ("outbound", "(left out)"),
    ]
    assert all(who.endswith(("@acme.example", "@northwind.example")) for who in asked["participants"])
    assert NINA not in asked["participants"]


def test_a_stripped_answer_answers(desk: DeskFolder) -> None:
    """What we wrote in a private folder is not known; that we wrote is."""
    exclude(desk, '{ folder = "Private" }', "strip")
    desk.mail(NINA, ANA, "Mon 10:00", "Could you send us the contract?\n", file=".Private")
    desk.mail(ANA, NINA, "Mon 11:00", f"{SECRET}\n", file=".Private")
    assert desk.waiting(NOW) == []


def test_a_stripped_contact_at_a_public_service_becomes_somebody_at_the_account(desk: DeskFolder) -> None:
    """The exact address is excluded, so not even it is kept; the account still has the mail."""
    exclude(desk, '{ address = "nina.private@gmx.example" }', "strip")
    desk.mail("nina.private@gmx.example", ANA, "Mon 10:00", f"{SECRET}\n")
    assert [entry["direction"] for entry in desk.timeline("acme", NOW)] == ["inbound"]


def test_a_stripped_mail_of_nobody_we_know_is_only_counted(desk: DeskFolder) -> None:
    """There is no account whose side could be kept."""
    exclude(desk, '{ domain = "doctor.example" }', "strip")
    desk.mail("praxis@doctor.example", ANA, "Mon 10:00", f"{SECRET}\n")
    desk.ingest("Wed 12:00")
    assert traces(desk, "doctor.example", SECRET) == []


def test_mail_among_ourselves_is_not_stored(desk: DeskFolder) -> None:
    """Neither what is known as such at once, nor what answers something and turns out to be."""
    first = desk.mail(ANA, BEN, "Mon 10:00", f"{SECRET}\n")
    desk.mail(BEN, ANA, "Mon 11:00", f"Yes, {SECRET}\n", answers=first)
    desk.ingest("Wed 12:00")
    assert traces(desk, SECRET) == []
