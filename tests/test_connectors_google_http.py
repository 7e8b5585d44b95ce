"""Google's client: where requests go."""

import pytest
from google.oauth2.credentials import Credentials

from connectors.google_http import GoogleClient
from connectors.retries import Patience


def client(endpoint: str = "") -> GoogleClient:
    """A client that never connects."""
    credentials = Credentials("token")
    return GoogleClient(source="desk", credentials=credentials, patience=Patience(), api_endpoint=endpoint)


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
