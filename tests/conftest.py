"""Fixtures shared by several test files: the real servers, a folder as users have it, the scheduler's own folder."""

from desk import desk
from dovecot import dovecot, old_dovecot
from fake_graph import graph
from program import prefect_home

__all__ = ["desk", "dovecot", "graph", "old_dovecot", "prefect_home"]
