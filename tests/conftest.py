"""Fixtures shared by several test files: the real servers, a folder as users have it, the scheduler's own folder."""

from desk import desk
from dovecot import dovecot, oauth_dovecot, old_dovecot
from engines import engine, files_unless_asked
from fake_authorization import authorization, authorization_server
from fake_graph import graph
from google_emulator import google_emulator
from postgres import postgres
from program import prefect_home, programs_of_unmeasured_tests
from radicale_server import radicale

__all__ = [
    "authorization",
    "authorization_server",
    "desk",
    "dovecot",
    "engine",
    "files_unless_asked",
    "google_emulator",
    "graph",
    "oauth_dovecot",
    "old_dovecot",
    "postgres",
    "prefect_home",
    "programs_of_unmeasured_tests",
    "radicale",
]
