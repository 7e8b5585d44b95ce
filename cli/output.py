"""Printing results: a table for people, JSON and CSV for scripts."""

import csv
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from cli.options import OutputFormat

Row = Mapping[str, Any]

_CONTROL = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # ECMA-48 control sequences: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # operating system commands: titles, links, clipboard
    r"|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+"
)
"""Mail may carry sequences that drive a terminal, or turn the direction of what follows; none reaches one."""
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d\s().,/-]*$)")
"""What spreadsheets would compute; a phone or other number is left alone."""
_LONG = 16
"""Characters that a long column needs at least."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How times are shown to people: in the company's zone, with the year where it is not the present one."""

    zone: str = "UTC"
    now: datetime | None = None

    def show(self, value: datetime | date | None) -> str:
        """Return ``24 Nov 14:05``, ``24 Nov 2024 14:05`` or ``24 Nov``; ``""`` for None."""
        if value is None:
            return ""
        hour = ""
        if isinstance(value, datetime):
            value = value.astimezone(ZoneInfo(self.zone))
            hour = f" {value:%H:%M}"
        year = "" if self.now and value.year == self.now.astimezone(ZoneInfo(self.zone)).year else f" {value.year}"
        return f"{value.day} {value:%b}{year}{hour}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading and what it shows of a row.

    Attributes:
        heading: Short.
        show: Field name, or a function of the row and the way to show times.
        long: Takes what room is left and is cut off there; other columns keep their width.
        spare: Left out on a terminal too narrow for all, the rightmost first.
        right: Numbers are aligned right.
        style: For terminals with colours; a function of the row or a rich style.
    """

    heading: str
    show: str | Callable[[Row, Moment], str]
    long: bool = False
    spare: bool = False
    right: bool = False
    style: Callable[[Row], str] | str = ""

    def cell(self, row: Row, moment: Moment) -> str:
        """Return the text of one cell, in one line and harmless to terminals."""
        text = plain(row.get(self.show), moment) if isinstance(self.show, str) else self.show(row, moment)
        return _CONTROL.sub(" ", text).strip()

    def style_of(self, row: Row) -> str:
        """Return the rich style of one cell."""
        return self.style if isinstance(self.style, str) else self.style(row)


@dataclass(frozen=True, slots=True)
class View:
    """How one command's rows are printed.

    Attributes:
        columns: Of the table.
        fields: Of the CSV, in order; further fields of the rows follow.
        nothing: What the table says when there is no row.
    """

    columns: Sequence[Column]
    fields: Sequence[str]
    nothing: str


def plain(value: Any, moment: Moment) -> str:
    """Return a value as people read it: lists with commas, times in the company's zone."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return moment.show(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ", ".join(plain(item, moment) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(item, moment)}" for key, item in value.items() if item is not None)
    return str(value)


def show_rows(rows: Sequence[Row], view: View, form: OutputFormat, moment: Moment) -> None:
    """Print a list: as it is in JSON, through ``view`` otherwise."""
    if form is OutputFormat.JSON:
        show_json(rows)
    elif form is OutputFormat.CSV:
        show_csv(rows, view.fields)
    elif rows:
        show_table(rows, view.columns, moment)
    else:
        show_text(view.nothing)


def show_text(text: str) -> None:
    """Print prose, without what could drive a terminal."""
    lines = (_CONTROL.sub(" ", line).rstrip() for line in text.splitlines())
    sys.stdout.write("\n".join(lines) + "\n")


def show_json(data: object) -> None:
    """Print JSON in UTF-8, times with their offset, a list element by element."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=json_value) + "\n")


def json_line(data: object) -> str:
    """Return an object as one line of JSON."""
    return json.dumps(data, ensure_ascii=False, default=json_value)


def json_value(value: object) -> object:
    """Return what JSON has no type for as text or list; aware times in ISO 8601 with offset."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def show_csv(rows: Sequence[Row], fields: Sequence[str]) -> None:
    """Print CSV (RFC 4180): a header also when there is no row, lists joined by ``;``, nested records as JSON."""
    names = list(dict.fromkeys([*fields, *(name for row in rows for name in row)]))
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([csv_cell(row.get(name)) for name in names])
    sys.stdout.write(buffer.getvalue())


def csv_cell(value: object) -> str:
    """Return a value as a CSV field. Text that a spreadsheet would take for a formula gets a quote in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Mapping) or (isinstance(value, (list, tuple)) and any(isinstance(i, Mapping) for i in value)):
        return json_line(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        text = ";".join(csv_cell(item) for item in value)
    else:
        text = str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def show_table(rows: Sequence[Row], columns: Sequence[Column], moment: Moment) -> None:
    """Print a table as wide as the terminal, or as wide as it gets when printed elsewhere."""
    from rich.table import Table
    from rich.text import Text

    screen = console(sys.stdout)
    cells = {column: [column.cell(row, moment) for row in rows] for column in columns}
    shown = _fitting(cells, screen.width)
    table = Table(box=None, expand=screen.is_terminal, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in shown:
        table.add_column(
            column.heading,
            justify="right" if column.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if column.long else None,
            min_width=_LONG if column.long else None,
        )
    for index, row in enumerate(rows):
        # Text, not str: what mail says must not be read as markup.
        table.add_row(*(Text(cells[column][index], style=column.style_of(row)) for column in shown))
    with screen.capture() as printed:
        screen.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in printed.get().splitlines())


def _fitting(cells: Mapping[Column, Sequence[str]], width: int) -> list[Column]:
    """Return the columns that fit beside each other when every short one keeps its width."""
    needs = {
        column: 2 + (_LONG if column.long else max(map(len, [column.heading, *texts])))
        for column, texts in cells.items()
    }
    shown = list(cells)
    for column in reversed(list(cells)):
        if sum(needs[kept] for kept in shown) > width and column.spare:
            shown.remove(column)
    return shown


def show_record(record: Row, moment: Moment) -> None:
    """Print one record, a line for each field that says something."""
    for name, value in record.items():
        label = name.replace("_", " ")
        if isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
            show_text(f"{label}:")
            for item in value:
                show_text(f"  - {plain(item, moment)}")
        elif value not in (None, "", [], ()):
            show_text(f"{label}: {plain(value, moment)}")


def console(stream: TextIO) -> Any:
    """Return a rich console: colours on a terminal only (and not with NO_COLOR), full width elsewhere."""
    from rich.console import Console

    width = None if stream.isatty() else 10_000
    return Console(file=stream, width=width, highlight=False, soft_wrap=False, legacy_windows=False)
