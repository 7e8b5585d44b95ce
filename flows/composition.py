"""The composition root: the one place where settings become sources, a store, an account book and a pipeline."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.oauth import access_of
from connectors.registry import open_source
from domain.errors import AccountlineError, AuthError, StoreError
from domain.sources import Source
from flows.account_book import read_account_book
from flows.calendar_settings import check_accounts
from flows.memory import give_back
from flows.settings import Settings, SourceConfig, resolve
from followup.calendars import Calendars
from store.database import Store, open_store

if TYPE_CHECKING:
    from spacy.language import Language

    from extraction.attach import AccountBook
    from flows.helper import Helper

TRAINED = Path("model", "speech_acts.npz")
"""In the home folder: the model that `accountline train` wrote, used in place of the shipped one."""


class Desk:
    """Everything one run works with, opened when first asked for.

    Deliberately neither a dataclass nor a mapping: Prefect looks into those that are handed to tasks.
    """

    def __init__(self, settings: Settings, *, now: datetime) -> None:
        self.settings = settings
        self.now = now
        # A second process at work for this run, if there is one.
        self.helper: Helper | None = None

    @cached_property
    def store(self) -> Store:
        """The store, open for writing."""
        return open_store(self.settings.store_url, read_only=False)

    @cached_property
    def book(self) -> "AccountBook":
        """The account book with the own side."""
        from extraction.attach import AccountBook  # noqa: PLC0415 - brings the public suffix list

        accounts = read_account_book(self.settings.book, self.settings.company)
        check_accounts(self.settings.named_accounts, accounts)
        return AccountBook(self.settings.company, accounts)

    def forget_book(self) -> None:
        """Read the account book anew when it is next asked for: the file was changed."""
        for known in ("book", "calendars"):
            self.__dict__.pop(known, None)

    @cached_property
    def nlp(self) -> "Language":
        """The spaCy pipeline."""
        return _pipeline(*self._model)

    @cached_property
    def signals_version(self) -> str:
        """Changes with the patterns, the model (also one that was trained here), and with who is us."""
        from extraction.pipeline import signals_version  # noqa: PLC0415 - brings spaCy

        name, weights, _ = self._model
        own_side = repr((self.settings.company.domains, self.settings.company.identities))
        return f"{signals_version(name, weights)}-{hashlib.sha256(own_side.encode()).hexdigest()[:8]}"

    @property
    def _model(self) -> "tuple[str, Path | None, int]":
        return model_of(self.settings)

    @cached_property
    def calendars(self) -> Calendars:
        """Whose clock runs in which calendar, by the account book."""
        return Calendars(self.settings.policy, self.book.accounts.values())

    @cached_property
    def own_side_version(self) -> str:
        """Changes with the own side. What a change of the account book concerns is marked when it is taken over."""
        return hashlib.sha256(repr(self.settings.company).encode()).hexdigest()[:12]

    @cached_property
    def policy_version(self) -> str:
        """Changes with targets, hours, holidays or calendars (D4.27), and from one process to the next with nothing."""
        policy = json.dumps(asdict(self.settings.policy), default=_plain, sort_keys=True)
        return hashlib.sha256(policy.encode()).hexdigest()[:12]

    def dismiss(self) -> None:
        """End the helper."""
        if self.helper:
            self.helper.close()
            self.helper = None

    def close(self) -> None:
        """End the helper and give the store back."""
        self.dismiss()
        if "store" in self.__dict__:
            self.store.close()
        give_back()


def _plain(value: object) -> object:
    """Write a policy's days and times down; sets of days have no order of their own."""
    return sorted(map(str, value)) if isinstance(value, frozenset) else str(value)


@cache
def _pipeline(name: str, weights: Path | None, changed: int) -> "Language":
    """Load the pipeline once a process: it takes seconds, and keeps nothing of what it has read."""
    from extraction.pipeline import load_pipeline  # noqa: PLC0415 - brings spaCy

    del changed  # another file of the same name is another model
    return load_pipeline(name, weights)


def model_of(settings: Settings) -> tuple[str, Path | None, int]:
    """Return the name of the model, the file that `accountline train` wrote if it did, and when that was (ns)."""
    trained = home(settings) / TRAINED
    known = trained.is_file()
    return settings.model or "default", trained if known else None, trained.stat().st_mtime_ns if known else 0


def source_of(config: SourceConfig) -> Source:
    """Open a configured source.

    Raises:
        ConfigError: Its secret cannot be resolved or an option is missing.
    """
    secret = resolve(config.secret) if config.secret else None
    return open_source(config.kind, config.name, options_of(config), secret=secret)


def options_of(config: SourceConfig) -> Mapping[str, Any]:
    """Return what a source is opened with; for one that signs in with OAuth, with the vault of its tokens."""
    if access_of(config.kind, config.options) is None:
        return config.options
    from connectors.token_vault import TokenVault  # noqa: PLC0415 - brings cryptography

    return {**config.options, "vault": TokenVault(_home(config.folder) / "tokens")}


def check_sources(settings: Settings) -> list[tuple[str, str, str]]:
    """Try every source: (name, ``ok``, ``failed`` or ``auth_dead``, sentence)."""
    found = []
    for config in settings.sources:
        try:
            found.append((config.name, "ok", source_of(config).check()))
        except AuthError as error:
            found.append((config.name, "auth_dead", str(error)))
        except AccountlineError as error:
            found.append((config.name, "failed", str(error)))
    return found


def check_model(settings: Settings) -> str:
    """Load the pipeline and try it on a sentence; return one sentence about it.

    Raises:
        ConfigError: The model named in [extraction] is not installed.
        StoreError: It does not find what it must.
    """
    from extraction.pipeline import SignalInput, load_pipeline, read_signals, signals_version  # noqa: PLC0415

    name, weights, _ = model_of(settings)
    text = "Could you send us the signed contract by Friday?"
    probe = SignalInput(text=text, sent_at=datetime(2026, 3, 2, 9, tzinfo=UTC), language="en")
    if not any(signals for signals in read_signals(load_pipeline(name, weights), [probe])):
        raise StoreError("the language pipeline finds nothing; reinstall Accountline.")
    own = ", trained here" if weights else ""
    return f"{name}{own}, signals version {signals_version(name, weights)}"


def home(settings: Settings) -> Path:
    """Folder for files of our own, beside the configuration: Prefect's, locks."""
    return _home(settings.path.parent)


def _home(folder: Path) -> Path:
    return folder / ".accountline"
