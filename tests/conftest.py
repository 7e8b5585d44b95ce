"""Fixtures shared by several test files: the real servers, a folder as users have it, the scheduler's own folder."""

from desk import desk
from dovecot import dovecot
from google_emulator import google_emulator
from program import prefect_home

__all__ = ["desk", "dovecot", "google_emulator", "prefect_home"]
