"""The iCalendar UID of what Exchange calls by its own ids."""

import re
from typing import Final

_GLOBAL_OBJECT_ID: Final = "040000008200E00074C5B7101A82E008"
_DATE: Final = slice(32, 40)  # hexadecimal digits: year, month and day of one occurrence
_DATA: Final = 80  # digits before the data: the id, the date, creation time, 8 reserved bytes, the data's length
_FOREIGN: Final = b"vCal-Uid\x01\x00\x00\x00"


def series_uid(ical_uid: str) -> str:
    """Return the UID all occurrences of a series have in common, as other calendars and mails write it.

    Exchange puts the day of an occurrence into its iCalUId ([MS-OXOCAL] 2.2.1.27), and wraps the UID of meetings that
    came from elsewhere (the same, "vCal-Uid"). Every other UID is returned as it is.
    """
    digits = ical_uid.upper()
    if not digits.startswith(_GLOBAL_OBJECT_ID) or not re.fullmatch("(?:[0-9A-F]{2}){40,}", digits):
        return ical_uid
    data = bytes.fromhex(digits[_DATA:])
    if data.startswith(_FOREIGN):
        return data.removeprefix(_FOREIGN).rstrip(b"\x00").decode("utf-8", "replace")
    return digits[: _DATE.start] + "0" * 8 + digits[_DATE.stop :]
