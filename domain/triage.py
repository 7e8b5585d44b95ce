"""What can be decided about an unknown domain (SEMANTICS 1, triage)."""

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What somebody, or the configuration, decided."""

    ASSIGN = "assign"
    CREATE = "create"
    IGNORE = "ignore"
    UNDO = "undo"
    """Nothing any more; kept so that nothing is decided by itself where somebody took it back."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as remembered.

    Attributes:
        name: A domain, or the address of a person at a public mail service.
        account: Id of the account it went to, ``""`` where it went to none.
    """

    name: str
    decision: Decision
    account: str = ""
