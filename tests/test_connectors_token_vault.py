"""Tokens at rest: encrypted, private, whole; and where their key is kept."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import keyring
import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as ForgetfulKeyring

from connectors.token_key import VARIABLE, token_key
from connectors.token_vault import TokenVault
from domain.errors import AuthError, ConfigError

TOKENS = {"access_token": "acc-8Zq1", "refresh_token": "ref-5Tw9", "expires_at": 12.5, "scopes": ["mail"]}
SIGN_IN = r"run `accountline connect desk` to sign in again"


class MemoryKeyring(KeyringBackend):
    """A keyring that works."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """No key, no keyring, and a home folder of the test's own."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield tmp_path / "xdg" / "accountline" / "token.key"
    keyring.set_keyring(before)


@pytest.fixture
def vault(tmp_path: Path) -> TokenVault:
    """A vault without tokens yet."""
    return TokenVault(tmp_path / ".accountline" / "tokens")


class TestTokens:
    def test_what_is_written_is_read(self, vault: TokenVault) -> None:
        """Each source has its own."""
        vault.write("desk", TOKENS)
        vault.write("other", {"access_token": "x"})

        assert vault.read("desk") == TOKENS
        assert vault.read("nobody") is None

    def test_on_disk_they_are_not_readable(self, vault: TokenVault, tmp_path: Path, apart: Path) -> None:
        """Neither as text nor by others, nor with what lies beside the configuration."""
        vault.write("desk", TOKENS)

        folder = tmp_path / ".accountline" / "tokens"
        data = (folder / "desk.token").read_bytes()
        assert b"acc-8Zq1" not in data
        assert b"ref-5Tw9" not in data
        assert b"access_token" not in data
        assert ((folder / "desk.token").stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
        assert (apart.stat().st_mode & 0o777, apart.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert tmp_path / ".accountline" not in apart.parents

    def test_nothing_of_them_is_in_its_representation(self, vault: TokenVault) -> None:
        """A vault may be logged."""
        vault.write("desk", TOKENS)

        assert "acc-8Zq1" not in repr(vault)
        assert "acc-8Zq1" not in repr(vars(vault))

    @pytest.mark.parametrize("damage", [b"", b"\x00" * 40, b"gAAAAAB" + b"x" * 90], ids=["empty", "zeros", "garbage"])
    def test_a_damaged_file(self, vault: TokenVault, tmp_path: Path, damage: bytes) -> None:
        """It is as good as none, and the sentence says what to do."""
        vault.write("desk", TOKENS)
        (tmp_path / ".accountline" / "tokens" / "desk.token").write_bytes(damage)

        with pytest.raises(AuthError, match=SIGN_IN):
            vault.read("desk")

    def test_a_wrong_key(self, vault: TokenVault, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same sentence."""
        vault.write("desk", TOKENS)
        monkeypatch.setenv(VARIABLE, Fernet.generate_key().decode())

        with pytest.raises(AuthError, match=SIGN_IN):
            vault.read("desk")

    def test_a_key_that_is_not_here(self, vault: TokenVault, apart: Path) -> None:
        """Reading makes no key, which could open nothing."""
        vault.write("desk", TOKENS)
        apart.unlink()

        with pytest.raises(AuthError, match="the key of its tokens is not here"):
            vault.read("desk")
        assert not apart.exists()

    def test_another_source_s_file(self, vault: TokenVault, tmp_path: Path) -> None:
        """A file put in another's place is not taken for its own."""
        vault.write("other", TOKENS)
        folder = tmp_path / ".accountline" / "tokens"
        (folder / "other.token").rename(folder / "desk.token")

        with pytest.raises(AuthError, match=SIGN_IN):
            vault.read("desk")

    def test_forgetting(self, vault: TokenVault) -> None:
        """Also what is not there."""
        vault.write("desk", TOKENS)
        vault.forget("desk")
        vault.forget("desk")

        assert vault.read("desk") is None

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        """The system's reason, no traceback."""
        (tmp_path / "file").write_text("")

        with pytest.raises(ConfigError, match=r"Source desk: its tokens cannot be (read|written|kept)"):
            TokenVault(tmp_path / "file" / "tokens").write("desk", TOKENS)

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(names=st.lists(st.text(min_size=1, max_size=300).filter(lambda name: name.isprintable()), unique=True))
    def test_any_name_stays_in_its_folder(self, vault: TokenVault, tmp_path: Path, names: list[str]) -> None:
        """No two share a file, and none climbs out."""
        files = {vault._file(name, "token") for name in names}

        assert len(files) == len(names)
        assert {file.parent for file in files} <= {tmp_path / ".accountline" / "tokens"}

    def test_one_at_a_time(self, vault: TokenVault) -> None:
        """Who refreshes keeps others out until the tokens are written."""
        seen: list[str] = []

        def wait() -> None:
            with vault.lock("desk"):
                seen.append("second")

        with vault.lock("desk"):
            other = Thread(target=wait)
            other.start()
            other.join(timeout=0.2)
            assert other.is_alive()
            seen.append("first")
        other.join(timeout=10)

        assert seen == ["first", "second"]


class TestKey:
    def test_the_variable_comes_first(self, monkeypatch: pytest.MonkeyPatch, vault: TokenVault, apart: Path) -> None:
        """With it, nothing is made."""
        monkeypatch.setenv(VARIABLE, Fernet.generate_key().decode())
        vault.write("desk", TOKENS)

        assert vault.read("desk") == TOKENS
        assert not apart.exists()

    @pytest.mark.parametrize("value", ["secret", "x" * 44, "ä" * 43 + "="])
    def test_a_variable_that_holds_no_key(self, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
        """The sentence says how to make one, not what was found."""
        monkeypatch.setenv(VARIABLE, value)

        with pytest.raises(ConfigError, match=r"ACCOUNTLINE_TOKEN_KEY holds no key; .*openssl rand") as refused:
            token_key(make=True)
        assert value not in str(refused.value)

    def test_the_keyring_comes_second(self, vault: TokenVault, apart: Path) -> None:
        """Made on first use, for the next ones."""
        backend = MemoryKeyring()
        keyring.set_keyring(backend)
        vault.write("desk", TOKENS)

        assert vault.read("desk") == TOKENS
        assert list(backend.kept) == [("accountline", "token-key")]
        assert not apart.exists()

    def test_a_keyring_that_keeps_nothing(self, vault: TokenVault, apart: Path) -> None:
        """Then a file, or the tokens would be lost."""
        keyring.set_keyring(ForgetfulKeyring())
        vault.write("desk", TOKENS)

        assert vault.read("desk") == TOKENS
        assert apart.exists()

    def test_a_file_that_others_may_read(self, vault: TokenVault, apart: Path) -> None:
        """Is refused as ssh does."""
        vault.write("desk", TOKENS)
        apart.chmod(0o644)

        with pytest.raises(ConfigError, match="others may read the key of the tokens; run `chmod 600"):
            vault.read("desk")

    def test_two_processes_make_one_key(self, apart: Path, tmp_path: Path) -> None:
        """Both can read what either wrote."""
        program = (
            "import sys; from pathlib import Path; from connectors.token_vault import TokenVault;"
            "TokenVault(Path(sys.argv[1])).write(sys.argv[2], {'access_token': sys.argv[2]})"
        )
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        names = ["one", "two", "three"]
        running = [
            subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "tokens"), name], env=environment)
            for name in names
        ]
        assert [process.wait(timeout=60) for process in running] == [0, 0, 0]

        vault = TokenVault(tmp_path / "tokens")
        assert [vault.read(name) for name in names] == [{"access_token": name} for name in names]
        assert apart.exists()
