"""What users do with flags, and where a flag stands by it: kept for ever, with who, when and why (SEMANTICS 2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ActKind(StrEnum):
    """What may be done with a flag."""

    DONE = "done"
    SNOOZE = "snooze"
    REOPEN = "reopen"
    ASSIGN = "assign"
    DISMISS = "dismiss"


class DismissedAs(StrEnum):
    """Why a flag was wrong; the first two are also examples for training."""

    NOT_A_REQUEST = "not-a-request"
    NOT_A_COMPLAINT = "not-a-complaint"
    NO_REPLY_NEEDED = "no-reply-needed"
    THIRD_PARTY = "third-party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something a user did with a flag; never changed, only followed by another.

    Attributes:
        flag: Id of the obligation, commitment, complaint or gap.
        kind: What was done.
        at: When, aware UTC.
        actor: Who: an address, or the name of the account on the machine.
        until: For a snooze: when it ends, aware UTC.
        assignee: For an assignment: the new owner's address.
        label: For a dismissal: why it was wrong.
        reason: In the user's words.
    """

    flag: str
    kind: ActKind
    at: datetime
    actor: str
    until: datetime | None = None
    assignee: str = ""
    label: DismissedAs | None = None
    reason: str = ""


_ENDING = {ActKind.DONE, ActKind.DISMISS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a flag stands by what users did.

    Attributes:
        closed_by: The act that took it off the list, if one did.
        snoozed_until: Off the list until then.
        owner: Whom it was assigned to, ``""`` when nobody was.
        third_party: The act that said somebody else must answer first: it stays listed, for the client still waits.
        urges: The client asked again after that.
    """

    closed_by: Act | None = None
    snoozed_until: datetime | None = None
    owner: str = ""
    third_party: Act | None = None
    urges: bool = False

    @property
    def listed(self) -> bool:
        """Whether it is shown among what waits."""
        return self.closed_by is None and self.snoozed_until is None


_UNTOUCHED = Standing()


def standing(
    acts: Iterable[Act], now: datetime, *, asked_again: Iterable[datetime] = (), somebody_waits: bool = True
) -> Standing:
    """Fold what was done with one flag up to a moment.

    That a third party must answer first takes nothing off the list: the client still waits, only not for us alone.

    A client who writes again after "done" or during a snooze is heard: what was taken off the list comes back, for
    missing a client is worse than asking a colleague twice.

    Args:
        acts: Of one flag, in any order.
        now: The moment.
        asked_again: When the client wrote again (the obligation's chasers), or promised again.
        somebody_waits: Of a meeting without a record nobody waits for anything.
    """
    closed_by: Act | None = None
    snoozed: Act | None = None
    third_party: Act | None = None
    owner = ""
    done = sorted((act for act in acts if act.at <= now), key=lambda act: (act.at, act.kind))
    if not done:
        return _UNTOUCHED
    for act in done:
        if act.kind is ActKind.ASSIGN:
            owner = act.assignee
        elif act.kind is ActKind.SNOOZE:
            snoozed = act
        elif act.label is DismissedAs.THIRD_PARTY and somebody_waits:
            closed_by, snoozed, third_party = None, None, act
        else:
            closed_by, snoozed, third_party = (act if act.kind in _ENDING else None), None, None
    heard = max((at for at in asked_again if at <= now), default=None)
    if closed_by and heard and heard > closed_by.at:
        closed_by = None
    over = snoozed is None or snoozed.until is None or snoozed.until <= now or (heard and heard > snoozed.at)
    return Standing(
        closed_by=closed_by,
        snoozed_until=None if over or snoozed is None else snoozed.until,
        owner=owner,
        third_party=third_party,
        urges=bool(third_party and heard and heard > third_party.at),
    )
