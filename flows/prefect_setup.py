"""Settings Prefect reads when it is imported: nothing leaves the machine, nothing is written to the user's home.

This module never imports Prefect, so that it can be called first.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ALWAYS: Mapping[str, str] = MappingProxyType(
    {
        # Every outbound call found in Prefect 3.8: the server's heartbeat, the client's usage events, its pages.
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        # Mail and names may stand in results and log lines: neither is sent to the API, which keeps what it gets.
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    }
)
"""Set whatever the user's environment says: they keep data on the machine."""

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        # Blocks (stored credentials of other services) are not used; registering them takes seconds.
        "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
        # Our store is the history; Prefect's is swept after a week.
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "604800",
        "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    }
)
"""Set where the user's environment is silent."""


def prepare(home: Path) -> None:
    """Make Prefect quiet and local; call before anything imports it.

    A ``PREFECT_API_URL`` of the user (a Prefect server with many workers) is left alone. Where there is none, Prefect
    may start a server of its own on loopback.

    Args:
        home: Folder for Prefect's files, beside the store; a ``PREFECT_HOME`` of the user goes before it.
    """
    os.environ.update(ALWAYS)
    for name, value in {**DEFAULTS, "PREFECT_HOME": str(home)}.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_ENABLED", "true")
