"""The notes mail clients put into a text where a file was attached."""

import re
from typing import Final

_NOTE: Final = re.compile(
    r"^\s*(?:-\s+\S[^.]{0,80}\.\w{2,4}|"
    r"(?:(?:<<[^<>]{1,120}\.\w{2,4}\s*>>|\[[^\[\]]{1,120}\.\w{2,4}\s*\]|\([^()]{1,120}\.\w{2,4}\s*\))\s*)+)\W*$"
)
_LONGEST = 200


def is_attachment(line: str) -> bool:
    """Where Outlook and Notes put a file into the text: ``<<plan.doc>>``, `` - plan.doc``."""
    return "." in line and len(line) <= _LONGEST and bool(_NOTE.match(line))
