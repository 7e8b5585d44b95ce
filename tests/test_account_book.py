"""The account book: spreadsheets as they come, and what is said about mistakes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import Account, Company
from domain.errors import ConfigError
from flows.account_book import read_account_book

NORTHWIND = Company(name="Northwind", domains=("northwind.example",), identities=("desk@nw-help.example",))


def book(folder: Path, text: str | bytes) -> Path:
    """Write an account book."""
    path = folder / "accounts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_all_columns(tmp_path: Path) -> None:
    """Lists are separated by semicolons; addresses and domains lower-cased."""
    path = book(
        tmp_path,
        "name,domains,contacts,tier,owner,backup,timezone,allow\n"
        "Acme GmbH,Acme.example; acme.test,sam@gmail.com,Key,Ana@northwind.example,bo@northwind.example,Europe/Berlin,"
        "tickets@acme.example\n",
    )
    assert read_account_book(path, NORTHWIND) == (
        Account(
            id="acme-gmbh",
            name="Acme GmbH",
            domains=("acme.example", "acme.test"),
            contacts=("sam@gmail.com",),
            tier="key",
            owner="ana@northwind.example",
            backup="bo@northwind.example",
            timezone="Europe/Berlin",
            allow=("tickets@acme.example",),
        ),
    )


def test_columns_in_any_order_with_byte_order_mark_and_blank_lines(tmp_path: Path) -> None:
    """As spreadsheets save it."""
    path = book(tmp_path, b"\xef\xbb\xbfdomains,NAME,,\r\n\r\nacme.example,Acme,,\r\n,,,\r\nb.example,Bright,,\r\n")

    assert [(account.name, account.domains) for account in read_account_book(path)] == [
        ("Acme", ("acme.example",)),
        ("Bright", ("b.example",)),
    ]


def test_semicolons_as_separator(tmp_path: Path) -> None:
    """Spreadsheets use them where the comma is the decimal sign; lists inside fields are then quoted."""
    path = book(tmp_path, 'name;domains;owner\n"Acme, Inc.";"acme.example;acme.test";\n')

    (account,) = read_account_book(path)

    assert (account.name, account.domains) == ("Acme, Inc.", ("acme.example", "acme.test"))


@pytest.mark.parametrize(
    ("name", "identity"),
    [("Müller & Söhne", "muller-sohne"), ("  Café  du   Nord ", "cafe-du-nord"), ("Straße 9", "strasse-9")],
)
def test_ids_are_plain_ascii(tmp_path: Path, name: str, identity: str) -> None:
    """So that they can be typed and stand in addresses of pages."""
    assert read_account_book(book(tmp_path, f"name\n{name}\n"))[0].id == identity


@given(
    st.lists(
        st.text("Aaé日本 -&", min_size=1).filter(str.strip),
        min_size=1,
        unique_by=lambda n: " ".join(n.split()).casefold(),
    )
)
def test_ids_are_unique_and_ascii(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    """Whatever the names, also those that look the same in ASCII or have nothing of it."""
    path = book(tmp_path_factory.mktemp("book"), "name,tier\n" + "".join(f'"{name}",key\n' for name in names))

    ids = [account.id for account in read_account_book(path)]

    assert len(set(ids)) == len(names)
    assert all(identity and identity.isascii() for identity in ids)


MISTAKES = {
    "no name": ("name,tier\n,key\n", "line 2: the account has no name"),
    "the same name": ("name\nAcme\n\nACME\n", "line 4: ACME stands on line 2 already"),
    "bad domain": ("name,domains\nAcme,acme\n", "line 2: column `domains`: `acme` is not a domain"),
    "bad address": ("name,contacts\nAcme,sam at acme\n", "line 2: column `contacts`: `sam at acme` is not an address"),
    "bad zone": (
        "name,timezone\nAcme,Europe/Paris\nB,Europe/Pari\n",
        "line 3: column `timezone`: unknown time zone `Europe/Pari`; did you mean `Europe/Paris`?",
    ),
    "free mail": ("name,domains\nAcme,gmail.com\n", "line 2: anybody can have an address at gmail.com"),
    "our domain": ("name,domains\nAcme,mail.northwind.example\n", "line 2: mail.northwind.example is your own domain"),
    "one of us": ("name,contacts\nAcme,desk@nw-help.example\n", "line 2: desk@nw-help.example is one of you"),
    "one domain, two accounts": (
        "name,domains\nAcme,a.example\nB,b.example;a.example\n",
        "line 3: the domain a.example belongs to Acme already",
    ),
    "unknown column": ("name,domain\n", "line 1: unknown column `domain`; did you mean `domains`?"),
    "column twice": ("name,tier,tier\n", "line 1: the column `tier` stands there twice"),
    "no column name": ("domains\n", "line 1: there is no column `name`"),
    "empty": ("", "line 1: the first line must name the columns"),
    "too many fields": ("name,tier\nAcme, Inc.,key\n", "line 2: there are more fields than columns"),
    "an open quote": ('name,tier\nAcme,key\n"Bright,key\n', "line 3: unexpected end of data; check the quotes"),
    "after a field of several lines": ('name,tier\n"Ac\nme",key\n,key\n', "line 4: the account has no name"),
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_shown_at_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    """Each with the file, the line and what is meant."""
    with pytest.raises(ConfigError) as caught:
        read_account_book(book(tmp_path, text), NORTHWIND)

    assert f"accounts.csv, {sentence}" in str(caught.value)


def test_a_missing_book_says_where_it_was_expected(tmp_path: Path) -> None:
    """And how it should look."""
    with pytest.raises(ConfigError, match=r"no account book at .*none.csv"):
        read_account_book(tmp_path / "none.csv")


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    """Better than names that nobody can read."""
    with pytest.raises(ConfigError, match="line 2: this is not UTF-8 text"):
        read_account_book(book(tmp_path, "name\nMüller\n".encode("latin-1")))
