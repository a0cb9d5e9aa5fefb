"""The command line: `airledger`, one module a command group, imported when its command is used.

`main` handles every error: it prints one or two sentences on stderr and returns an exit status.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from consumers.cli.errors import DONE, NO_ANSWER, is_check, report_error


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0 done, 1 refused or not verified, 2 wrong usage.

    Of `release check` every error has the exit status 3: no go, and none of its other answers.
    `arguments` are those after the program's name; None means the process's own.
    """
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    try:
        from consumers.cli.app import run

        status = run(tokens)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        return NO_ANSWER if is_check(tokens) else DONE
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # raised by rich
            return NO_ANSWER if is_check(tokens) else DONE
        raise
    except Exception as error:  # noqa: BLE001 - the outermost frame: people get no traceback
        with suppress(OSError):
            sys.stdout.flush()
        status = report_error(error, tokens)
        return NO_ANSWER if is_check(tokens) else status
    return status


def _prepare_streams() -> None:
    """Replaces a closed stream by the null device; escapes what the encoding cannot represent."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _forget_stdout() -> None:
    """Redirects stdout to the null device: the reader of the pipe is gone."""
    with suppress(OSError, ValueError):
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)
