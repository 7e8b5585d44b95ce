"""Access tokens of Google and Microsoft: how they are got, kept, refreshed, and refused."""

import json
import logging
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.fernet import Fernet
from fake_authorization import CLIENT_SECRET, FakeAuthorization

from connectors.google_credentials import GoogleApplication, google_credentials
from connectors.grants import Grant, Terms
from connectors.microsoft_credentials import MicrosoftApplication
from connectors.token_endpoint import TokenEndpoint
from connectors.token_key import VARIABLE
from connectors.token_vault import TokenVault
from domain.errors import AuthError, ConfigError, SourceUnreachable

SCOPES = ["https://www.googleapis.com/auth/gmail.readonly"]
SIGN_IN = r"run `accountline connect desk` to sign in"


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TokenVault:
    """A vault without tokens, with a key of the test's own."""
    monkeypatch.setenv(VARIABLE, Fernet.generate_key().decode())
    return TokenVault(tmp_path / "tokens")


def google(document: dict[str, Any], vault: TokenVault | None, username: str = "") -> Grant:
    """A grant with Google's credentials given as a secret."""
    return GoogleApplication("desk", {"vault": vault, "username": username}, json.dumps(document), SCOPES).grant()


class TestGoogle:
    def test_somebody_who_signed_in_elsewhere(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """The refresh token is in the file; the access token is kept for the next run."""
        document = authorization.authorized_user()

        token = google(document, vault).token()

        assert authorization.tokeninfo(token)[1]["email"] == "desk"
        assert google(document, vault).token() == token
        assert authorization.grants() == ["refresh_token"]

    def test_a_service_account_acts_for_a_user(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """It signs an assertion with its key (RFC 7523)."""
        token = google(authorization.service_account(), vault, "ana@northwind.example").token()

        assert authorization.tokeninfo(token)[1]["email"] == "ana@northwind.example"
        assert authorization.grants() == ["jwt-bearer"]

    def test_a_service_account_that_may_not(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """An administrator mends that, not a sign-in."""
        authorization.undelegated = True

        with pytest.raises(AuthError, match="see that the administrator lets this service account act for ana@"):
            google(authorization.service_account(), vault, "ana@northwind.example").token()

    def test_what_google_s_libraries_see(self, authorization: FakeAuthorization, tmp_path: Path) -> None:
        """Valid after a refresh; a refresh of what is still valid means that a server refused it."""
        file = tmp_path / "user.json"
        file.write_text(json.dumps(authorization.authorized_user()))
        credentials = google_credentials("desk", {"credentials": str(file)}, None, scopes=SCOPES)
        headers: dict[str, str] = {}

        assert not credentials.valid
        credentials.before_request(None, "GET", "https://mail.example", headers)
        first = credentials.token
        credentials.before_request(None, "GET", "https://mail.example", headers)
        assert (credentials.valid, credentials.token, headers) == (True, first, {"authorization": f"Bearer {first}"})
        credentials.refresh(None)
        assert credentials.token != first
        assert authorization.grants() == ["refresh_token", "refresh_token"]

    def test_nobody_signed_in_yet(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """Nothing is asked of the server."""
        with pytest.raises(AuthError, match=f"nobody signed in for it yet; {SIGN_IN}"):
            google(authorization.installed(), vault).token()
        assert authorization.forms == []

    @pytest.mark.parametrize(
        "content",
        ["", "[]", "{}", "\x00", '{"web": {}}', '{"installed": 1}', '{"type": "external_account"}', "[" * 9999],
    )
    def test_what_are_no_credentials(self, content: str) -> None:
        """Refused before anything is asked, and not quoted."""
        with pytest.raises(ConfigError, match=r"Source desk: .*docs/guide.md"):
            google_credentials("desk", {}, content, scopes=SCOPES)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        """The sentence names it."""
        with pytest.raises(ConfigError, match=r"the file .*gone.json that `credentials` names cannot be read"):
            google_credentials("desk", {"credentials": str(tmp_path / "gone.json")}, None, scopes=SCOPES)

    @pytest.mark.parametrize("uri", ["http://oauth.example/token", "ftp://oauth.example", "", 7, "https://"])
    def test_secrets_do_not_cross_the_network_in_the_clear(self, authorization: FakeAuthorization, uri: object) -> None:
        """Only https, or http on this machine."""
        with pytest.raises(ConfigError, match="`token_uri` in its credentials"):
            google({**authorization.authorized_user(), "token_uri": uri}, None)

    def test_a_damaged_private_key(self, authorization: FakeAuthorization) -> None:
        """It is not quoted."""
        with pytest.raises(ConfigError, match="`private_key` in its credentials is damaged") as refused:
            google({**authorization.service_account(), "private_key": "-----BEGIN oops"}, None)
        assert "oops" not in str(refused.value)


class TestMicrosoft:
    def test_application_permissions(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """The whole of what the administrator granted, in one name."""
        document = json.dumps(authorization.microsoft(secret=True))
        grant = MicrosoftApplication("desk", {"vault": vault}, document, ["Mail.Read"]).grant()

        assert grant.token() in authorization.issued
        assert authorization.forms[0]["scope"] == "https://graph.microsoft.com/.default"

    def test_a_client_secret_that_expired(self, authorization: FakeAuthorization) -> None:
        """Microsoft's number is told, the rest of what it says is not."""
        document = {**authorization.microsoft(secret=True), "client_secret": "old-one"}
        grant = MicrosoftApplication("desk", {}, json.dumps(document), ["Mail.Read"]).grant()

        with pytest.raises(AuthError, match=r"invalid_client, AADSTS7000215\); see that the client secret") as refused:
            grant.token()
        assert "old-one" not in str(refused.value)
        assert "wrong secret" not in str(refused.value)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"client_id": ""}, "no `client_id`"),
            ({"tenant": None}, "no `tenant`"),
            ({"tenant": "../common"}, "`tenant` in its credentials is neither"),
            ({"authority": "http://login.example"}, "`authority` in its credentials must begin with https"),
        ],
    )
    def test_what_are_no_credentials(self, authorization: FakeAuthorization, change: dict[str, Any], said: str) -> None:
        """The sentence names the key."""
        with pytest.raises(ConfigError, match=said):
            MicrosoftApplication("desk", {}, json.dumps({**authorization.microsoft(), **change}), ["Mail.Read"]).grant()


class TestKeeping:
    def test_a_grant_of_another_user_is_not_used(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """A change of `username` wants another sign-in."""
        google(authorization.authorized_user(), vault, "ana").token()
        kept = vault.read("desk")
        assert kept is not None

        with pytest.raises(AuthError, match="nobody signed in"):
            google(authorization.installed(), vault, "ben").token()

    def test_more_scopes_than_were_granted(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """Less is fine, more is not what was agreed to."""
        document = authorization.authorized_user()
        google(document, vault).token()
        more = GoogleApplication("desk", {"vault": vault}, json.dumps(document), [*SCOPES, "more"]).grant()

        more.token()

        assert authorization.grants() == ["refresh_token", "refresh_token"]

    def test_two_threads_refresh_once(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """Of two runs at once, one asks and the other takes what it got: a refresh token may be good only once."""
        authorization.rotates = True
        document = authorization.authorized_user()
        tokens: list[str] = []
        threads = [Thread(target=lambda: tokens.append(google(document, vault).token())) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        assert len(tokens) == 4
        assert len(set(tokens)) == 1
        assert authorization.grants() == ["refresh_token"]

    def test_two_processes_refresh_once(
        self, authorization: FakeAuthorization, vault: TokenVault, tmp_path: Path
    ) -> None:
        """As `serve` and an `ingest` by hand do."""
        assert vault.read("desk") is None
        authorization.rotates = True
        program = (
            "import json, sys; from pathlib import Path; from connectors.google_credentials import GoogleApplication;"
            "from connectors.token_vault import TokenVault; vault = TokenVault(Path(sys.argv[1]));"
            f"print(GoogleApplication('desk', {{'vault': vault}}, sys.argv[2], {SCOPES!r}).grant().token())"
        )
        words = [sys.executable, "-c", program, str(tmp_path / "tokens"), json.dumps(authorization.authorized_user())]
        running = [
            subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
            for _ in range(3)
        ]
        said = {process.communicate(timeout=60)[0] for process in running}

        assert len(said) == 1
        assert authorization.grants() == ["refresh_token"]

    def test_a_damaged_file_says_what_to_do(
        self, authorization: FakeAuthorization, vault: TokenVault, tmp_path: Path
    ) -> None:
        """Nothing is asked of the server meanwhile."""
        document = authorization.authorized_user()
        google(document, vault).token()
        (tmp_path / "tokens" / "desk.token").write_bytes(b"x")

        with pytest.raises(AuthError, match=SIGN_IN):
            google(document, vault).token()

    def test_a_grant_shows_nothing(self, authorization: FakeAuthorization, vault: TokenVault) -> None:
        """Nor do the parts it is made of."""
        document = authorization.authorized_user()
        grant = google(document, vault)
        grant.token()

        shown = repr(grant) + repr(grant._terms) + repr(grant._endpoint) + repr(grant.access_token())
        assert not [secret for secret in (*authorization.issued, CLIENT_SECRET) if secret in shown]


class TestTransientFailures:
    def endpoint(self, url: str, waits: list[float]) -> TokenEndpoint:
        return TokenEndpoint(source="desk", url=url, remedy="do something", sleep=waits.append)

    def test_a_server_that_is_busy_for_a_while(self, authorization: FakeAuthorization) -> None:
        """Is asked again, each time later."""
        authorization.busy, waits = 3, list[float]()

        answer = self.endpoint(f"{authorization.url}/token", waits).ask({"grant_type": "client_credentials"})

        assert answer["access_token"] in authorization.issued
        assert [0.5 <= waits[0] <= 1, 1 <= waits[1] <= 2, 2 <= waits[2] <= 4] == [True] * 3

    def test_a_server_that_stays_busy(self, authorization: FakeAuthorization) -> None:
        """Four attempts, then another day."""
        authorization.busy, waits = 99, list[float]()

        with pytest.raises(SourceUnreachable, match=r"is busy \(HTTP 503\); try again later"):
            self.endpoint(f"{authorization.url}/token", waits).ask({"grant_type": "client_credentials"})
        assert (len(authorization.forms), len(waits)) == (4, 3)

    def test_nobody_listens(self) -> None:
        """The network may come back; the grant is not dead."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            endpoint = self.endpoint(f"http://127.0.0.1:{unused.getsockname()[1]}/token", [])
            with pytest.raises(SourceUnreachable, match="cannot be reached; try again later"):
                endpoint.ask({"grant_type": "client_credentials"})

    def test_something_else_answers(self, authorization: FakeAuthorization) -> None:
        """As the page of a hotel's network does."""
        authorization.page = "<title>Welcome</title>"

        with pytest.raises(SourceUnreachable, match=r"says nothing that is understood \(HTTP 200\)"):
            self.endpoint(f"{authorization.url}/token", []).ask({"grant_type": "client_credentials"})

    def test_logs_hold_no_secret(self, authorization: FakeAuthorization, caplog: pytest.LogCaptureFixture) -> None:
        """Not even at the level of debugging."""
        caplog.set_level(logging.DEBUG)
        google(authorization.authorized_user(), None).token()

        assert not [secret for secret in (*authorization.issued, CLIENT_SECRET) if secret in caplog.text]


def test_a_token_is_renewed_before_it_expires(authorization: FakeAuthorization, vault: TokenVault) -> None:
    """By the clock that is given."""
    now = [1000.0]
    terms = Terms(
        source="desk",
        form=lambda _token: {"grant_type": "client_credentials"},
        signed_in=False,
        holder="client",
        scopes=("mail",),
    )
    endpoint = TokenEndpoint(source="desk", url=f"{authorization.url}/token", remedy="do something")
    grant = Grant(terms, endpoint, vault, clock=lambda: now[0])

    first = grant.token()
    now[0] += 3600 - 241
    assert grant.token() == first
    now[0] += 2
    assert grant.token() != first
