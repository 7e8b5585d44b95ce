"""Fixtures shared by several test files: the real servers, a folder as users have it, the scheduler's own folder."""

from desk import desk
from dovecot import dovecot
from program import prefect_home
from radicale_server import radicale

__all__ = ["desk", "dovecot", "prefect_home", "radicale"]
