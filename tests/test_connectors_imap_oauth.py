"""IMAP with OAuth: a real Dovecot that asks the authorization server whose an access token is."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from contract_sources import Shelf, mail
from cryptography.fernet import Fernet
from dovecot import Dovecot
from fake_authorization import FakeAuthorization

from connectors.oauth import grant_of
from connectors.registry import open_source
from connectors.token_key import VARIABLE
from connectors.token_vault import TokenVault
from domain.errors import AuthError, ConfigError
from domain.sources import Source

pytestmark = pytest.mark.servers

_users = (f"user{number}" for number in count())


class Desk:
    """A mailbox, somebody's grant for it, and the source that uses it."""

    def __init__(self, server: Dovecot, authorization: FakeAuthorization, folder: Path) -> None:
        self.user = authorization.user = next(_users)
        server.add_user(self.user)
        server.deliver(self.user, "INBOX", mail(1))
        self.vault = TokenVault(folder / "tokens")
        self.server = server
        self.file = folder / "google.json"
        self.file.write_text(json.dumps(authorization.authorized_user()))

    def options(self, **more: Any) -> dict[str, Any]:
        place = {"host": self.server.host, "port": self.server.port, "username": self.user, "security": "none"}
        access = {"auth": "xoauth2", "provider": "google", "credentials": str(self.file), "vault": self.vault}
        return {**place, **access, **more}

    def source(self, **more: Any) -> Source:
        return open_source("imap", "desk", self.options(**more))

    def token(self) -> str:
        return grant_of("imap", "desk", self.options(), None).token()


@pytest.fixture
def desk(
    oauth_dovecot: Dovecot, authorization: FakeAuthorization, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """A desk of the test's own."""
    monkeypatch.setenv(VARIABLE, Fernet.generate_key().decode())
    return Desk(oauth_dovecot, authorization, tmp_path)


def test_a_valid_token_signs_in(desk: Desk, authorization: FakeAuthorization) -> None:
    """Mail is read as with a password, and the token serves the next run too."""
    shelf = Shelf()

    shelf.sync(desk.source())
    shelf.sync(desk.source())

    assert len(shelf.items) == 1
    assert authorization.grants() == ["refresh_token"]


def test_an_expired_token_is_refreshed(desk: Desk, authorization: FakeAuthorization) -> None:
    """Before it is used: the server never sees it."""
    authorization.lifetime = 30
    first = desk.token()
    authorization.lifetime = 3600

    assert "holds 1 mails" in desk.source().check()
    assert desk.token() != first
    assert authorization.grants() == ["refresh_token", "refresh_token"]


def test_a_token_the_server_refuses_is_replaced_once(desk: Desk, authorization: FakeAuthorization) -> None:
    """It may be void before its time."""
    refused = desk.token()
    authorization.forget_access_tokens()

    assert "holds 1 mails" in desk.source().check()
    assert desk.token() != refused


def test_refresh_tokens_that_rotate_are_kept(desk: Desk, authorization: FakeAuthorization) -> None:
    """Each is good once; the next run needs the one that came last."""
    authorization.rotates, authorization.lifetime = True, 30

    for _ in range(3):
        desk.source().check()

    assert authorization.grants() == ["refresh_token"] * 3
    assert len({form["refresh_token"] for form in authorization.forms}) == 3


def test_a_dead_grant(desk: Desk, authorization: FakeAuthorization) -> None:
    """The sentence says what to do, and nothing of the token."""
    token = desk.token()
    authorization.revoke()

    with pytest.raises(
        AuthError, match=r"expired or was revoked \(invalid_grant.*; run `accountline connect desk`"
    ) as dead:
        desk.source().check()
    assert token not in str(dead.value)
    assert not [secret for secret in authorization.issued if secret in str(dead.value)]


def test_a_user_the_token_is_not_for(desk: Desk, authorization: FakeAuthorization) -> None:
    """A fresh token is tried once, no more."""
    with pytest.raises(AuthError, match="refused user somebody; run `accountline connect desk` to sign in again as"):
        desk.source(username="somebody").check()
    assert authorization.grants() == ["refresh_token", "refresh_token"]


def test_nothing_is_shown(desk: Desk) -> None:
    """A source may be logged."""
    source = desk.source()
    source.check()

    assert desk.token() not in repr(source)
    assert desk.user not in repr(source)


def test_microsoft_with_application_permissions(desk: Desk, authorization: FakeAuthorization) -> None:
    """Exchange is asked for under the name it has for applications."""
    desk.file.write_text(json.dumps(authorization.microsoft(secret=True)))
    grant = grant_of("imap", "desk", desk.options(provider="microsoft"), None)

    assert grant.token() in authorization.issued
    assert authorization.forms[0]["scope"] == "https://outlook.office365.com/.default"


def test_credentials_of_another_provider(desk: Desk, authorization: FakeAuthorization) -> None:
    """Refused before anything is connected."""
    desk.file.write_text(json.dumps(authorization.microsoft()))

    with pytest.raises(ConfigError, match="none of Google's"):
        desk.source()
