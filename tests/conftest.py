"""Fixtures shared by several test files: the real servers, and a folder as users have it."""

from desk import desk
from dovecot import dovecot

__all__ = ["desk", "dovecot"]
