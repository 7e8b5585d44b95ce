"""The account book: a CSV file of client accounts that people keep in a spreadsheet."""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from zipfile import BadZipFile

from domain.accounts import Account, Company
from domain.errors import ConfigError
from domain.free_mail import FREE_MAIL_DOMAINS
from flows.plain_values import check_address, check_domain, check_timezone
from flows.wording import did_you_mean

COLUMNS = ("name", "domains", "contacts", "tier", "owner", "backup", "timezone", "allow")
"""In the order ``init`` writes them; a file may have them in any order, and only ``name`` is required."""

LISTS = ("domains", "contacts", "allow")
"""Columns that hold lists."""
SHEET = ".xlsx"


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the book. Its readers raise ConfigError with the line."""

    file: str
    line: int
    fields: Mapping[str, str]

    def error(self, sentence: str) -> ConfigError:
        return ConfigError(f"{self.file}, line {self.line}: {sentence}")

    def text(self, column: str) -> str:
        return self.fields.get(column, "").strip()

    def checked(self, column: str, check: Callable[[str], str]) -> str:
        """Return an optional value; ``check`` raises ValueError with what is wrong."""
        text = self.text(column)
        return self._check(column, text, check) if text else ""

    def each(self, column: str, check: Callable[[str], str]) -> tuple[str, ...]:
        """Return a list separated by ``;``, each element once."""
        words = (word.strip() for word in self.text(column).split(";"))
        return tuple(dict.fromkeys(self._check(column, word, check) for word in words if word))

    def _check(self, column: str, text: str, check: Callable[[str], str]) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise self.error(f"column `{column}`: {error}") from None


def read_account_book(path: Path, company: Company | None = None) -> tuple[Account, ...]:
    """Read the accounts in the order of the file.

    Args:
        path: A workbook where it ends in ``.xlsx``, else UTF-8 with or without a byte order mark; separated by comma,
            or by semicolon as spreadsheets do in many countries.
        company: When given, its own domains and identities are refused as a client's.

    Raises:
        ConfigError: The file is missing or wrong; with the line.
    """
    accounts: dict[str, Account] = {}
    domains: dict[str, str] = {}
    names: dict[str, int] = {}
    lines = _sheet_lines(path) if path.suffix.lower() == SHEET else _text_lines(path.name, _read_text(path))
    for row in _rows(path.name, lines):
        account = _read_account(row, taken=accounts)
        if account.name.casefold() in names:
            raise row.error(f"{account.name} stands on line {names[account.name.casefold()]} already; keep one of them")
        for domain in account.domains:
            if domain in domains:
                raise row.error(f"the domain {domain} belongs to {domains[domain]} already; keep it in one account")
            domains[domain] = account.name
        if company:
            _refuse_own(row, account, company)
        names[account.name.casefold()] = row.line
        accounts[account.id] = account
    return tuple(accounts.values())


def write_account_book(path: Path, accounts: Iterable[Account]) -> None:
    """Write the book with all columns, as a workbook where the name ends in ``.xlsx``, else as CSV.

    In one step: whoever reads meanwhile finds the old or the new.

    Raises:
        ConfigError: It cannot be written.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        if path.suffix.lower() == SHEET:
            _write_sheet(fresh, accounts)
        else:
            text = StringIO(newline="")
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(cells_of(account) for account in accounts)
            fresh.write_text(text.getvalue(), encoding="utf-8", newline="")
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"cannot write the account book {path}: {error.strerror}") from None


def _write_sheet(path: Path, accounts: Iterable[Account]) -> None:
    from openpyxl import Workbook  # noqa: PLC0415 - only those who keep a workbook need it

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "accounts"
    sheet.freeze_panes = "A2"
    for line, cells in enumerate([list(COLUMNS), *map(cells_of, accounts)], 1):
        for column, text in enumerate(cells, 1):
            cell = sheet.cell(row=line, column=column, value=text or None)
            if text:
                cell.data_type = "s"  # a name that begins with "=" is no formula
    book.save(path)


def cells_of(account: Account) -> list[str]:
    """An account as a line of the book, in the order of ``COLUMNS``."""
    return [
        account.name,
        ";".join(account.domains),
        ";".join(account.contacts),
        account.tier,
        account.owner,
        account.backup,
        account.timezone,
        ";".join(account.allow),
    ]


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no account book at {path}; write it with the columns {', '.join(COLUMNS)}, or set `book` "
            "in [accounts]"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot read the account book {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path.name}, line {line}: this is not UTF-8 text; save it as “CSV UTF-8”") from None


_Lines = Iterator[tuple[int, list[str]]]
"""Number of the line, and its cells."""


def _rows(file: str, lines: _Lines) -> Iterator[_Row]:
    header: list[str] = []
    for line, cells in lines:
        if header and any(cell.strip() for cell in cells):
            yield _read_row(file, line, header, cells)
        elif any(cell.strip() for cell in cells):
            header = _read_header(file, line, cells)
    if not header:
        raise ConfigError(f"{file}, line 1: the first line must name the columns: {', '.join(COLUMNS)}")


def _text_lines(file: str, text: str) -> _Lines:
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise ConfigError(f"{file}, line {line}: {error}; check the quotes") from None
        if cells is None:
            return
        yield line, cells
        line = reader.line_num + 1  # a quoted field may run over several lines


def _sheet_lines(path: Path) -> _Lines:
    """The first sheet of a workbook."""
    from openpyxl import load_workbook  # noqa: PLC0415 - only those who keep a workbook need it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        sheet = load_workbook(path, read_only=False, data_only=True).worksheets[0]
    except FileNotFoundError:
        raise ConfigError(f"there is no workbook at {path}") from None
    except (InvalidFileException, BadZipFile, KeyError, IndexError, ValueError, OSError):
        raise ConfigError(f"{path.name}, line 1: this is no workbook that can be read; save it as .xlsx") from None
    for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        yield line, ["" if cell is None else str(cell) for cell in cells]


def _read_header(file: str, line: int, cells: list[str]) -> list[str]:
    header = [cell.strip().lower() for cell in cells]
    while header and not header[-1]:  # spreadsheets leave empty columns behind
        header.pop()
    for column in header:
        if column not in COLUMNS:
            raise ConfigError(f"{file}, line {line}: unknown column `{column}`{did_you_mean(column, COLUMNS)}")
        if header.count(column) > 1:
            raise ConfigError(f"{file}, line {line}: the column `{column}` stands there twice")
    if "name" not in header:
        raise ConfigError(f"{file}, line {line}: there is no column `name`")
    return header


def _read_row(file: str, line: int, header: list[str], cells: list[str]) -> _Row:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise ConfigError(
            f"{file}, line {line}: there are more fields than columns; separate lists by ; inside one field, and put "
            "quotes around fields that contain the separator"
        )
    return _Row(file, line, dict(zip(header, cells, strict=False)))


def _read_account(row: _Row, taken: Mapping[str, Account]) -> Account:
    name = " ".join(row.text("name").split())
    if not name:
        raise row.error("the account has no name")
    domains = row.each("domains", check_domain)
    for domain in domains:
        if domain in FREE_MAIL_DOMAINS:
            raise row.error(f"anybody can have an address at {domain}; list exact addresses in `contacts` instead")
    return Account(
        id=_account_id(name, taken),
        name=name,
        domains=domains,
        contacts=row.each("contacts", check_address),
        tier=row.text("tier").lower() or "standard",
        owner=row.checked("owner", check_address),
        backup=row.checked("backup", check_address),
        timezone=row.checked("timezone", check_timezone),
        allow=row.each("allow", check_address),
    )


def _refuse_own(row: _Row, account: Account, company: Company) -> None:
    for domain in account.domains:
        if any(domain == own or domain.endswith(f".{own}") for own in company.domains):
            raise row.error(f"{domain} is your own domain; it cannot be a client's")
    for contact in account.contacts:
        if contact in company.identities or contact.rpartition("@")[2] in company.domains:
            raise row.error(f"{contact} is one of you; it cannot be a client's contact")


def _account_id(name: str, taken: Mapping[str, Account]) -> str:
    """Return a short ASCII id; names that look alike in ASCII, or have no ASCII at all, get a few digits of a hash."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if slug and slug not in taken:
        return slug
    digest = hashlib.sha256(name.casefold().encode()).hexdigest()[:6]
    return f"{slug}-{digest}" if slug else f"account-{digest}"
