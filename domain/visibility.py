"""How much of what a source holds is shown to the whole team (SEMANTICS 7, D4.8)."""

from enum import IntEnum


class Visibility(IntEnum):
    """From nothing but who and when to all words; of several copies the most open one decides."""

    METADATA = 0
    SUBJECT = 1
    EVERYTHING = 2

    @property
    def word(self) -> str:
        """As the configuration has it."""
        return self.name.lower()


HIDDEN = "(not shown)"
"""In place of a subject or title."""
