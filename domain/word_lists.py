"""Lists of words and phrases in TOML, as patterns."""

import re
from collections.abc import Iterable


def whole_words(
    entries: Iterable[str], *, boundary: str = r"\w", end: str = "", flags: re.RegexFlag = re.NOFLAG
) -> re.Pattern[str]:
    r"""Match any entry as whole words of lower-case text.

    Args:
        entries: Regular expressions; a space stands for any white space, ' for any apostrophe.
        boundary: What must not stand beside an entry.
        end: Expression that must follow.
        flags: Of the expression.
    """
    text = "|".join(entries).replace(" ", r"\s+").replace("'", "['\u2019]")
    return re.compile(rf"(?<!{boundary})(?:{text})(?!{boundary}){end}", flags)
