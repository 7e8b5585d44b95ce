"""What a user does with a flag or says about a meeting: written down, then what follows from it worked out anew."""

import getpass
import os

from domain.acts import Act, ActKind
from domain.followup import MeetingNote
from flows.composition import Desk
from flows.settings import Settings
from flows.stages import meet
from store.acts import save_act, save_note


def actor(given: str | None) -> str:
    """Return who acts: as given, else ``ACCOUNTLINE_USER``, else the account on this machine."""
    if given or os.environ.get("ACCOUNTLINE_USER"):
        return (given or os.environ["ACCOUNTLINE_USER"]).strip().lower()
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        return "unknown"


def act(settings: Settings, done: Act) -> None:
    """Write an act down.

    Raises:
        NotFoundError: There is no such flag.
    """
    desk = Desk(settings, now=done.at)
    try:
        save_act(desk.store, done)
    finally:
        desk.close()


def record(settings: Settings, note: MeetingNote, *, by: str, about: str = "") -> str:
    """Write a note about a meeting down and judge the meetings of its accounts anew; return the note's id.

    A note that names an obligation answers it (D4.10): the note, and not the meeting by itself, shows that the ask was
    talked about.

    Raises:
        NotFoundError: There is no such meeting, or nothing open is called ``about``.
    """
    desk = Desk(settings, now=note.at)
    try:
        if about:
            reason = "answered in a meeting; see its note"
            save_act(desk.store, Act(flag=about, kind=ActKind.DONE, at=note.at, actor=by, reason=reason))
        written = save_note(desk.store, note, actor=by, about=about)
        meet(desk)
    finally:
        desk.close()
    return written
