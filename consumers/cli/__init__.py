"""The command line: `airledger`, one module a command group, imported when its command is used.

`main` is where every error ends: one sentence or two on stderr, and an exit status.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from consumers.cli.errors import DONE, ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0 done, 1 refused or not verified, 2 wrong usage.

    `arguments` are those behind the program's name; absent, the process's own.
    """
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    try:
        from consumers.cli.app import run

        status = run(tokens)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        return DONE
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # rich leaves this way
            return DONE
        raise
    except Exception as error:  # noqa: BLE001 - the outermost frame: people get no traceback
        with suppress(OSError):
            sys.stdout.flush()
        return ended(error, tokens)
    return status


def _prepare_streams() -> None:
    """A closed stream swallows; a narrow encoding escapes what it cannot write."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _forget_stdout() -> None:
    """The reader is gone: what is still buffered goes nowhere when the process ends."""
    with suppress(OSError, ValueError):
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)
