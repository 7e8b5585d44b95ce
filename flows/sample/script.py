"""Reads the story: people, and letters in conversations.

A story file is plain text::

    ## A torn banner: nobody answers                        begins a conversation
    @ rott-banner-1 | Wed 10:05 | jens > desk | cc filip    begins a letter: id, story time, who to whom
    Subject: Banner am Werkstor                             options, up to an empty line
    Attach: foto.jpg

    The words, one line per paragraph, without greeting-card extras: signature, quotes and headers are added.

A letter answers the one before it in its conversation, unless ``Re:`` names another or says ``none``. The options
are listed at ``Letter``.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

STORY = Path(__file__).parent / "story"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who writes.

    Attributes:
        key: Short name used in the story.
        name, address: As in From.
        mailer: Program and its language, ``outlook-de``: decides layout, quoting and MIME.
        zone: IANA zone of the Date header.
        signature, disclaimer: What is put under every mail.
        charset: Of plain text.
    """

    key: str
    name: str
    address: str
    mailer: str = "gmail-en"
    zone: str = "Europe/Berlin"
    signature: str = ""
    disclaimer: str = ""
    charset: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail of the story.

    Attributes:
        id: Becomes the left side of the Message-ID.
        at: Story time the server took it in.
        sender: Key of a person.
        to, cc: Keys of people, or addresses.
        body: The new words.
        parent: Id of the letter answered, or ``""``.
        options: ``Subject``; ``Mime`` plain, alternative, html; ``Charset``; ``Quote`` no, inline; ``Sign: no``;
            ``Attach`` file names; ``Forward`` id of a letter; ``Dated`` story time of a wrong Date header; ``Sender``
            who sent on behalf; ``In`` boxes instead of those of the people named, ``nowhere`` for none; ``Invite``
            method and agenda id; ``Bounce`` id of the letter that came back; ``Echo`` id of the letter a list sends
            round; ``Message-ID: no``; ``Damage: yes`` for broken MIME; ``Automatic: yes`` for no personal layout.
        headers: Further header fields, from lines that begin with ``+``.
    """

    id: str
    at: str
    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    body: str = ""
    parent: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()


def read_people() -> dict[str, Person]:
    """Everybody of ``people.toml`` by key."""
    entries = tomllib.loads((STORY / "people.toml").read_text("utf-8"))
    return {key: Person(key=key, **entry) for key, entry in entries.items()}


def read_letters() -> dict[str, Letter]:
    """Every letter of every story file by id, in file order."""
    letters: dict[str, Letter] = {}
    for path in sorted(STORY.glob("*.txt")):
        for letter in _parse(path.read_text("utf-8")):
            if letter.id in letters:
                raise ValueError(f"{path.name}: two letters are called {letter.id}")
            letters[letter.id] = letter
    return letters


def _parse(text: str) -> Iterator[Letter]:
    for conversation in ("\n" + text).split("\n## ")[1:]:
        parent = ""
        for chunk in conversation.split("\n@ ")[1:]:
            letter = _letter(chunk, parent)
            parent = letter.id
            yield letter


def _letter(chunk: str, parent: str) -> Letter:
    head, _, body = chunk.partition("\n\n")
    first, *lines = head.splitlines()
    name, at, people, *rest = [part.strip() for part in first.split("|")]
    sender, _, recipients = people.partition(">")
    options = dict(line.split(": ", 1) for line in lines if not line.startswith("+"))
    headers = tuple(
        (key, value) for key, value in (line[1:].strip().split(": ", 1) for line in lines if line[0] == "+")
    )
    return Letter(
        id=name,
        at=at,
        sender=sender.strip(),
        to=_names(recipients),
        cc=_names(rest[0].removeprefix("cc")) if rest else (),
        body=body.strip("\n"),
        parent={"": parent, "none": ""}.get(options.get("Re", ""), options.get("Re", "")),
        options=options,
        headers=headers,
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())
