"""Fixtures shared by several test files: the real servers."""

from dovecot import dovecot

__all__ = ["dovecot"]
