"""Patience with Google: how long is waited, where requests go, what an interrupted answer means."""

import pytest
from google.oauth2.credentials import Credentials

from connectors.google_http import GoogleClient, retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"retry-after": "12"}, 12),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "soon"}, 0),
        (
            {"retry-after": "Thu, 12 Mar 2026 09:01:30 GMT", "date": "Thu, 12 Mar 2026 09:00:00 GMT"},
            90,
        ),
        ({"retry-after": "Thu, 12 Mar 2026 09:01:30 GMT"}, 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], seconds: float) -> None:
    """RFC 9110, 10.2.3; a date is measured against the server's own clock, not against ours."""
    assert retry_after(headers) == seconds


def client(endpoint: str = "", **more: object) -> GoogleClient:
    """A client that never connects."""
    return GoogleClient(source="desk", credentials=Credentials("token"), api_endpoint=endpoint, **more)  # type: ignore[arg-type]


def test_waits_double_and_differ() -> None:
    """Backoff with jitter: two clients do not come back at the same moment for ever."""
    waited: list[float] = []
    patient = client(sleep=waited.append, jitter=iter((0.0, 1.0, 0.5, 0.0)).__next__)

    for attempt in (1, 2, 3, 4):
        patient.wait(attempt, 0, "busy")

    assert waited == [1, 4, 6, 8]


@pytest.mark.parametrize(
    ("endpoint", "api", "version", "address"),
    [
        ("", "gmail", "v1", "https://gmail.googleapis.com/gmail/v1/users/me/profile?alt=json"),
        ("http://127.0.0.1:4000", "gmail", "v1", "http://127.0.0.1:4000/gmail/v1/users/me/profile?alt=json"),
        ("", "calendar", "v3", "https://www.googleapis.com/calendar/v3/users/me/calendarList?alt=json"),
        ("http://127.0.0.1:4000", "calendar", "v3", "http://127.0.0.1:4000/calendar/v3/users/me/calendarList?alt=json"),
        (
            "http://127.0.0.1:4000/calendar/v3/",
            "calendar",
            "v3",
            "http://127.0.0.1:4000/calendar/v3/users/me/calendarList?alt=json",
        ),
    ],
)
def test_one_endpoint_serves_both_apis(endpoint: str, api: str, version: str, address: str) -> None:
    """The server's address is enough; the path below it is the API's business. Nothing is asked to build it."""
    one = client(endpoint)
    service = one.service(api, version)

    request = service.users().getProfile(userId="me") if api == "gmail" else service.calendarList().list()

    assert request.uri == address
    one.close()


@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("", "https://gmail.googleapis.com/batch/gmail/v1"),
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000/batch/gmail/v1"),
    ],
)
def test_batches_go_where_all_requests_go(endpoint: str, address: str) -> None:
    """The library would send them to Google, whatever endpoint is configured."""
    one = client(endpoint)

    assert one.batch_address(one.service("gmail", "v1"), "batch/gmail/v1") == address
    one.close()
