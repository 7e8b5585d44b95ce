"""Short, stable names for what the rules find."""

import base64
import hashlib

FOLLOWUP_VERSION = "10"
"""Of the rules in this folder: raise it with them, and the next run computes every obligation and gap anew."""


def short_id(prefix: str, *parts: str) -> str:
    """Name something after what it rests on: the same parts give the same id in every store."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}-{base64.b32encode(digest)[:10].decode().lower()}"
