"""Short ids that stay the same however often something is computed again."""

import base64
import hashlib


def short_id(prefix: str, *parts: str) -> str:
    """Return ``prefix-`` and ten lower-case base32 characters of a hash over the parts."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
    return f"{prefix}-{base64.b32encode(digest)[:10].decode('ascii').lower()}"
