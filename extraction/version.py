"""What made a derived row. Raise a version with the rules behind it, and the next run derives those rows anew."""

PARSER_VERSION = "6"
"""Of bytes to messages and occurrences: MIME, zones, automatic mail, language, calendars."""

READABLE = frozenset({"en", "de", "fr", "und"})
"""Languages whose signals can be trusted; mail in others requires a response with low confidence (SEMANTICS 2).

A mail too short to tell its language is read with every pattern there is, and is not one we cannot read."""
