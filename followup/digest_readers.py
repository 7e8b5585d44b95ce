"""What each owner gets of the morning report: what concerns the accounts they answer for."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from domain.digest import Digest, Facts


def share_of(reader: str, facts: Facts, *, answering: Mapping[str, str], concerned: Mapping[str, str]) -> Facts:
    """Choose what one reader is told.

    A flag that was given to somebody goes to that one, whoever owns its account. What stood in an earlier report and is
    over is told to who answers for the account now.

    Args:
        reader: Own address.
        facts: Everything there is to tell.
        answering: Name of an account to who answers for it.
        concerned: Flag that was told of to the name of its account.
    """

    def is_theirs(accounts: Iterable[str]) -> bool:
        return any(answering.get(name) == reader for name in accounts)

    overdue = tuple(row for row in facts.overdue if row["owner"] == reader)
    gaps = tuple(row for row in facts.gaps if is_theirs(row["accounts"]))
    there = {row["id"] for row in (*facts.overdue, *facts.gaps)}
    mine = {row["id"] for row in (*overdue, *gaps)}
    over = {flag for flag, account in concerned.items() if flag not in there and is_theirs([account])}
    return replace(
        facts,
        overdue=overdue,
        gaps=gaps,
        promises=tuple(row for row in facts.promises if is_theirs([row["account"]])),
        briefs=tuple(brief for brief in facts.briefs if is_theirs(brief.meeting["accounts"])),
        told={flag: notice for flag, notice in facts.told.items() if flag in mine or flag in over},
    )


def concerns(digest: Digest) -> bool:
    """Whether a reader's report has something of theirs; a source without coverage alone the team is told of."""
    return not replace(digest, stale=()).empty
