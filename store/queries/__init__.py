"""Questions to the store. Every surface asks these; none of them writes."""

from store.queries.absences import answering
from store.queries.accounts import accounts, find_account, triage
from store.queries.acts import corrections, teaching_flags
from store.queries.commitments import promises
from store.queries.complaints import complaints
from store.queries.explain import explain
from store.queries.meetings import meetings
from store.queries.obligations import asked_of_us, overdue
from store.queries.search import search
from store.queries.status import quarantine, status
from store.queries.timeline import timeline

__all__ = [
    "accounts",
    "answering",
    "asked_of_us",
    "complaints",
    "corrections",
    "explain",
    "find_account",
    "meetings",
    "overdue",
    "promises",
    "quarantine",
    "search",
    "status",
    "teaching_flags",
    "timeline",
    "triage",
]
