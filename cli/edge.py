"""Where errors become sentences and exit codes.

0 fine · 1 unexpected · 2 usage or configuration · 3 some source failed while the others were done · 4 not found ·
130 interrupted. Commands raise; nothing but this module prints an error or ends the process.
"""

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper

from domain.errors import AccountlineError

_INTERRUPTED = 130
_DEBUG = "--debug"


def run_guarded(command: Callable[[list[str]], object], arguments: list[str]) -> int:
    """Run a command line and return its exit code; trouble is said on standard error.

    Args:
        command: Takes the arguments; may raise SystemExit with a code.
        arguments: Without the program's name; ``--debug`` may stand anywhere before ``--``.
    """
    arguments, debug = _without_debug(arguments)
    _speak_utf8()
    try:
        code = _run(command, arguments)
    except BrokenPipeError:
        return _reader_went_away()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except AccountlineError as error:
        return _say(str(error), error.exit_code, debug=debug)
    except Exception as error:  # noqa: BLE001 - the last place before the user
        # Only what the system says is repeated: other messages may quote mail or a password.
        reason = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        again = "" if debug else "; run again with --debug for the details"
        return _say(f"Unexpected error: {type(error).__name__}{reason}{again}", 1, debug=debug)
    return code


def _run(command: Callable[[list[str]], object], arguments: list[str]) -> int:
    try:
        command(arguments)
        # Here, so that a full disk is an error like any other and what was printed comes before it.
        sys.stdout.flush()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = arguments[:end]
    return [word for word in options if word != _DEBUG] + arguments[end:], _DEBUG in options


def _speak_utf8() -> None:
    """Results are UTF-8 whatever the locale; a lone surrogate of a broken mail is escaped, as JSON would."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _say(sentence: str, code: int, *, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exc()
    sys.stderr.write(f"{' '.join(sentence.split())}\n")
    return code


def _reader_went_away() -> int:
    """``accountline timeline acme | head`` ends quietly; the last flush at exit must not complain either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
