"""Which files a mail brings."""

import re
from collections.abc import Iterator

from domain.followup import Turn

_DECORATION = re.compile(
    r"(?:image\d+|logo)\.(?:png|gif|jpe?g)|winmail\.dat|smime\.p7[sm]|.*\.(?:ics|vcf|asc)", re.IGNORECASE
)
"""Names of files that come with a signature or a mail program, not with an answer."""


def files(turn: Turn) -> Iterator[str]:
    """Names of what is attached, without what a signature or a mail program adds."""
    return (name for name in turn.attachments if not _DECORATION.fullmatch(name))
