"""The stages of a run, each a plain function that does what is stale and can be killed and run again.

pull → parse → attach → index → read → settle → meet. What is stale, each stage asks the store; the order is the only
logic.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypedDict

from domain.conversations import ThreadMessage
from domain.errors import CursorExpired
from domain.followup import MeetingGap
from flows.composition import Desk, source_of
from flows.crossing import cross, readable_languages
from flows.helper import Helper, helper_for
from flows.mail_parsing import Outcome, Spans, attacher_of, parse_span, parser_version
from flows.memory import give_back
from flows.progress import report
from flows.settings import ExclusionMode, SourceConfig
from followup.awaiting import awaiting
from followup.commitments import commitments
from followup.complaints import complaints
from followup.conversations import conversations
from followup.ids import FOLLOWUP_VERSION
from followup.meetings import meeting_gaps
from followup.obligations import obligations
from followup.third_parties import with_passed_on
from followup.turns import concerned, mail_fact, turns
from store.acts import meeting_notes
from store.attaching import EventLinks, save_attachments, save_event_links, unattached, unattached_events
from store.forgetting import forgotten
from store.indexing import index_waiting
from store.meeting_facts import neighbourhood, save_gaps, unmet
from store.occurrences import save_events
from store.pages import Saved, forget_cursor, held, save_page, saved_cursor
from store.parsing import HORIZON, RawRow, count_unparsed, next_span, unparsed
from store.reading import save_signals, unread
from store.settling import Settled, save_settled, unsettled

if TYPE_CHECKING:
    from store.pages import Screen

_BATCH = 256
_MAILS = 512
_ACCOUNTS = 32


def pull(desk: Desk, config: SourceConfig) -> Saved:
    """Save everything new of one source, page by page.

    Raises:
        SourceError: What was saved up to here stays, the next run goes on from there.
    """
    source = source_of(config)
    cursor = saved_cursor(desk.store, config.name)
    saved = Saved()
    screen = _screen(desk)
    try:
        for page in source.changes(cursor, lambda folder: held(desk.store, config.name, folder)):
            saved += save_page(desk.store, config.name, page, now=desk.now, screen=screen)
            report(config.name, saved.listed, page.expected)
            if helper := _helper(desk, page.expected):
                helper.more()
    except CursorExpired:
        if not cursor:
            raise
        forget_cursor(desk.store, config.name)
        return saved + pull(desk, config)
    give_back()
    return saved


def _screen(desk: Desk) -> "Screen":
    from extraction.screening import barring, screen, with_stripping  # noqa: PLC0415 - brings the public suffix list

    rules = {mode: _rules(desk, mode) for mode in ExclusionMode}
    drop = screen(desk.book, **rules[ExclusionMode.DROP], forgotten=forgotten(desk.store))
    if not any(rules[ExclusionMode.STRIP].values()):
        return drop
    judge = screen(desk.book, **rules[ExclusionMode.STRIP])
    addresses = [address for some in rules.values() for address in some["addresses"]]
    domains = [domain for some in rules.values() for domain in some["domains"]]
    return with_stripping(drop, judge, desk.book, barred=barring(addresses, domains))


class _Rules(TypedDict):
    addresses: list[str]
    domains: list[str]
    folders: list[str]
    labels: list[str]


def _rules(desk: Desk, mode: ExclusionMode) -> _Rules:
    """Exclusions of a mode, as the judge takes them."""
    by_key: dict[str, list[str]] = {"address": [], "domain": [], "folder": [], "label": []}
    for exclusion in desk.settings.exclusions:
        if exclusion.mode is mode:
            by_key[exclusion.key].append(exclusion.value)
    return {
        "addresses": by_key["address"],
        "domains": by_key["domain"],
        "folders": by_key["folder"] + by_key["label"],
        "labels": by_key["label"],
    }


def parse(desk: Desk) -> tuple[Counter[str], Counter[str]]:
    """Parse mail and calendar objects; return by source how many were copies, and how many went to quarantine."""
    outcome = Outcome()
    version = parser_version()
    # Saving a mail may send another back to be parsed once more.
    while left := count_unparsed(desk.store, "message", version, now=desk.now):
        _parse_mail(desk, left, outcome)
    desk.dismiss()
    while count_unparsed(desk.store, "event", version, now=desk.now):
        for batch in _event_batches(desk):
            for raw in batch:
                outcome.quarantined[raw.source] += _parse_event(raw, desk)
    return outcome.duplicates, outcome.quarantined


def _parse_mail(desk: Desk, left: int, outcome: Outcome) -> None:
    """Go over all mail that waits, once."""
    helper = _helper(desk, left)
    spans = helper.spans if helper else Spans(desk)
    while span := spans.take():
        outcome.add(parse_span(desk, span))
        report("reading mail", outcome.done)
    if helper:
        outcome.add(helper.finish())
        desk.dismiss()


def _helper(desk: Desk, expected: int | None) -> Helper | None:
    """The helper at work, or one that is worth starting."""
    if desk.helper is None:
        desk.helper = helper_for(desk, expected)
    return desk.helper


def _event_batches(desk: Desk) -> Iterator[Sequence[RawRow]]:
    """What waits, once from first to last: looking again from the beginning takes ever longer as more is done."""
    done = after = 0
    version = parser_version()
    while span := next_span(desk.store, "event", version, now=desk.now, limit=_BATCH, after=after):
        batch = unparsed(desk.store, "event", version, now=desk.now, span=span)
        yield batch
        after = span.last
        done += len(batch)
        report("reading calendars", done)


def _parse_event(raw: RawRow, desk: Desk) -> bool:
    from extraction.event_readers import read_events  # noqa: PLC0415

    until = desk.now + HORIZON
    if raw.gone:
        save_events(desk.store, raw, [], None, version=parser_version(), until=None)
        return False
    data = raw.data
    events, problems = read_events(raw.media_type, data, zone=desk.settings.company.timezone, until=until)
    repeats = b"RRULE" in data or b"RDATE" in data
    problem = problems[0] if problems else None
    save_events(desk.store, raw, events, problem, version=parser_version(), until=until if repeats else None)
    return problem is not None


def read(desk: Desk) -> int:
    """Find signals in new words; return how many."""
    from extraction.pipeline import read_signals  # noqa: PLC0415 - brings spaCy
    from flows.signal_inputs import of_stored, writers  # noqa: PLC0415 - as above

    writer_of = writers(desk.settings.company)
    allow = {address for account in desk.book.accounts.values() for address in account.allow}
    total = done = 0
    while batch := unread(desk.store, desk.signals_version, allow=allow, limit=_BATCH):
        inputs = [of_stored(mail, writer_of, desk.book.zone_of) for mail in batch]
        found = list(zip((m.key for m in batch), read_signals(desk.nlp, inputs), strict=True))
        total += save_signals(desk.store, found, version=desk.signals_version)
        done += len(batch)
        report("understanding", done)
    return total


def attach(desk: Desk) -> None:
    """Link messages and occurrences to accounts."""
    from extraction import attach as rules  # noqa: PLC0415 - brings the public suffix list
    from extraction.leave import absent  # noqa: PLC0415 - as above

    attacher = attacher_of(desk)
    version = attacher.version
    limit = desk.settings.policy.historic_after
    while batch := unattached(desk.store, version, limit=_MAILS):
        save_attachments(desk.store, [(m, *attacher.attach(m)) for m in batch], version=version)
    while events := unattached_events(desk.store, version, limit=_BATCH):
        found = []
        for event, owners, connected in events:
            placed = rules.attach_event(event, owners, desk.book)
            historic = connected is not None and event.ends_at < connected - limit
            found.append(
                EventLinks(
                    key=event.key,
                    at=event.starts_at,
                    own=placed.own,
                    clients=placed.clients,
                    strangers=placed.strangers,
                    accounts=placed.accounts,
                    titled=placed.titled,
                    historic=historic,
                    absent=absent(event, owners, desk.book),
                )
            )
        save_event_links(desk.store, found, version=version)


def index(desk: Desk) -> None:
    """Make what was attached findable by its words."""
    done = 0
    while more := index_waiting(desk.store):
        done += more
        report("indexing", done)


def settle(desk: Desk) -> tuple[int, int]:
    """Work out whose turn it is in changed conversations; return how many flags opened and closed."""
    version = f"{FOLLOWUP_VERSION}:{desk.policy_version}:{desk.own_side_version}"
    opened = closed = done = 0
    while threads := unsettled(desk.store, version, limit=_BATCH):
        settled = Settled()
        for thread in threads:
            settle_thread(desk, thread, settled)
        more, fewer = save_settled(desk.store, settled, version=version)
        opened, closed, done = opened + more, closed + fewer, done + len(threads)
        report("whose turn", done)
    return opened, closed


def settle_thread(desk: Desk, thread: Sequence[ThreadMessage], settled: Settled) -> None:
    """Work out the conversations of one thread by the desk's account book and policy."""
    home = conversations(thread)
    settled.conversation |= home
    for conversation in sorted(set(home.values())):
        members = [message for message in thread if home[message.key] == conversation]
        involved = [account for account in concerned(members) if account in desk.book.accounts]
        settled.links += [(m.key, account, m.at) for m in members if not m.accounts for account in involved]
        for account in involved:
            seen = turns(account, members, readable=readable_languages())
            whose = desk.book.accounts[account]
            business, theirs = desk.calendars.ours(account), desk.calendars.theirs(account)
            owed = obligations(
                seen,
                account=whose,
                conversation=conversation,
                policy=desk.settings.policy,
                business=business,
                company=desk.settings.company.name,
            )
            settled.obligations += with_passed_on(owed, thread, members)
            settled.obligations += awaiting(seen, account=whose, conversation=conversation, business=theirs)
            promised = commitments(seen, account=whose, conversation=conversation, business=business, theirs=theirs)
            settled.commitments += promised
            settled.complaints += complaints(seen, promised, account=whose, conversation=conversation)


def meet(desk: Desk) -> tuple[int, int]:
    """Find unrecorded meetings of changed accounts; return how many flags opened and closed."""
    version = f"{FOLLOWUP_VERSION}:{desk.policy_version}:{desk.own_side_version}"
    notes = meeting_notes(desk.store)
    opened = closed = done = 0
    while changed := unmet(desk.store, version, limit=_ACCOUNTS):
        around = neighbourhood(desk.store, changed)
        mails = [
            mail_fact(account, message, text, readable=readable_languages()) for account, message, text in around.mails
        ]
        gaps = meeting_gaps(
            [fact for fact, _ in around.meetings],
            mails,
            notes,
            calendars=desk.calendars,
            historic={fact.event.key for fact, historic in around.meetings if historic},
        )
        for more, fewer in (
            cross(desk, around, mails, notes, gaps),
            save_gaps(desk.store, around.accounts, _owned(gaps, around.accounts), version=version),
        ):
            opened, closed = opened + more, closed + fewer
        done += len(around.accounts)
        report("meetings", done)
    return opened, closed


def _owned(gaps: Iterable[MeetingGap], judged: Sequence[str]) -> list[MeetingGap]:
    """A gap is written once, by the account it is listed under (D5.8)."""
    return [gap for gap in gaps if gap.accounts[0] in judged]
