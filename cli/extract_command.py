"""``accountline extract``: what mails say, without configuration and without a store."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from cli import views
from cli.options import ConfigOption, OutputFormat
from cli.output import Moment, Row, json_line, show_csv, show_table, show_text
from domain.errors import AccountlineError, ConfigError, NotFoundError

if TYPE_CHECKING:
    from flows.settings import Settings

_STDIN = "-"


def extract(
    *,
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE.eml]...", help="Mails as files.")] = None,
    config: ConfigOption = None,
    form: Annotated[OutputFormat | None, typer.Option("--format", help="How to print the result.")] = None,
    jsonl: Annotated[
        str | None,
        typer.Option("--jsonl", metavar="FILE", help="Lines of {id, text} or {id, eml_path}; - is standard input."),
    ] = None,
) -> None:
    """Say what mails contain: requests, complaints, promises, dates, contacts.

    With --jsonl, one line of JSON is printed for each line read, in the same order, as soon as it is known; a line
    that cannot be handled gives an object with `error`. A FILE that does not exist is reported, the others are
    handled, and the exit code is 4; one that cannot be understood gives an object with `error` and exit code 1.

    With --config, mail is read with the model in use there, and knowing whether a client or one of us writes: as
    ingest reads it.

    Example: accountline extract mail.eml --format json
    """
    settings = None
    if config:
        from flows.settings import load_settings

        settings = load_settings(config)
    if (jsonl is None) == (not files):
        raise ConfigError("name either mails as FILE.eml, or one source of lines with --jsonl")
    if jsonl is not None:
        if form not in {None, OutputFormat.JSON}:
            raise ConfigError("--jsonl prints lines of JSON; leave --format away")
        _extract_lines(jsonl, settings)
    else:
        _extract_files(files or [], form or OutputFormat.TABLE, settings)


def _extract_lines(name: str, settings: "Settings | None") -> None:
    from flows.extract import extract_lines

    with _open(name) as stream:
        # Bytes that are not UTF-8 spoil their own line only.
        lines = TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="\n")
        for record in extract_lines(lines, settings):
            sys.stdout.write(json_line(record) + "\n")
            sys.stdout.flush()  # whoever feeds us line by line waits for the answer


def _open(name: str) -> BinaryIO:
    if name == _STDIN:
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise NotFoundError(f"cannot read {name}: {error.strerror}") from None


def _extract_files(files: Sequence[Path], form: OutputFormat, settings: "Settings | None") -> None:
    from flows.extract import extract_files

    present = [file for file in files if file.is_file()]
    records = extract_files(present, settings)
    failed = _show_array(records) if form is OutputFormat.JSON else _show_all(list(records), form)
    missing = [f"“{file}”" for file in files if not file.is_file()]
    if missing:
        raise NotFoundError(f"no such file: {', '.join(missing)}; the others were handled")
    if failed:
        raise AccountlineError(f"{failed} of {len(files)} mails could not be understood; see `error` in the result")


def _show_array(records: Iterable[Row]) -> int:
    """Print a JSON array element by element, however many there are, and return how many failed."""
    failed = 0
    separator = "[\n"
    for record in records:
        sys.stdout.write(separator + json_line(record))
        separator = ",\n"
        failed += bool(record.get("error"))
    sys.stdout.write("\n]\n" if separator == ",\n" else "[]\n")
    return failed


def _show_all(records: Sequence[Row], form: OutputFormat) -> int:
    if form is OutputFormat.CSV:
        show_csv(records, views.EXTRACT.fields)
    elif records:
        rows = [row for record in records for row in _signal_rows(record)]
        show_table(rows, views.EXTRACT.columns, Moment())
    else:
        show_text(views.EXTRACT.nothing)
    return sum(bool(record.get("error")) for record in records)


def _signal_rows(record: Row) -> Iterator[dict[str, Any]]:
    """Yield a row for each signal, or one that says why there is none."""
    if not record.get("signals"):
        why = record.get("error") or record.get("automatic") or "nothing asked or promised"
        yield {"id": record.get("id"), "kind": "", "quote": f"({why})"}
    for signal in record.get("signals") or ():
        yield {"id": record.get("id"), **signal, "quote": f"“{signal['quote']}”"}
