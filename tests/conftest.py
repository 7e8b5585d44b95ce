"""Fixtures shared by several test files: the real servers, and the folder of the real scheduler."""

from dovecot import dovecot
from program import prefect_home

__all__ = ["dovecot", "prefect_home"]
