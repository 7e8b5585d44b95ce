"""The lines that introduce a quoted mail inside a body."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuoteStart:
    """Lines ``start`` to ``end`` (not included) introduce a quoted mail.

    Attributes:
        fields: Header fields as written (``from``, ``sent``, ``to``, ``subject``), or the whole ``attribution``.
        forwarded: The words themselves say that it is a forward.
    """

    start: int
    end: int
    fields: dict[str, str]
    forwarded: bool = False
