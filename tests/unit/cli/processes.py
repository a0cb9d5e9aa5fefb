"""`airledger` in a process of its own for each call, without a start of Python for each.

One process imports the program and forks for every command: own memory, file descriptors, standard
streams and exit status, at a fiftieth of a start's cost. `python -m tests.unit.cli.processes` is
that process: it reads one JSON request a line and answers with one line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, NoReturn, Self

from tests.harness.homes import environment

ROOT = Path(__file__).parents[3]
IMPORTED = (
    "consumers.cli.app",
    "consumers.cli.store_audit",
    "consumers.commands.service",
    "consumers.read_service.incidents",
    "consumers.container.ledger",
    "consumers.intake.quarantine_retry",
    "projections.queries",
    "rich.progress",
    "rich.table",
)


class Ended(NamedTuple):
    """What a command came to; `peak` is the most memory it had, in bytes."""

    status: int
    out: bytes
    err: str
    peak: int

    @property
    def text(self) -> str:
        """What it printed."""
        return self.out.decode()

    @property
    def json(self) -> Any:
        """The one document that it printed."""
        return json.loads(self.out)


class Airledger:
    """Runs commands on one data directory; to be used in a `with` block.

    With `env`, those variables say where the ledger is, and `data_dir` is a name for files alone.
    """

    def __init__(self, data_dir: Path, env: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self._env = env
        self._scratch = data_dir.with_name(f"{data_dir.name}.printed")
        self._scratch.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """Runs a command to its end."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise AssertionError("not started: use it in a with block")
        out, err = self._scratch / "out", self._scratch / "err"
        request = {
            "arguments": arguments,
            "env": {
                **(environment(self.data_dir) if self._env is None else self._env),
                **(env or {}),
            },
            "cwd": str(self._scratch),
            "out": str(out),
            "err": str(err),
        }
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        status, peak = json.loads(process.stdout.readline())
        said = err.read_text("utf-8", "replace")
        if "Traceback" in said:
            raise AssertionError(f"{arguments} ended in a traceback:\n{said}")
        return Ended(status, out.read_bytes(), said, peak * 1024)

    def done(self, *arguments: str) -> Ended:
        """Runs a command that must end well."""
        ended = self.run(*arguments)
        if ended.status != 0:
            raise AssertionError(f"{arguments} ended with {ended.status}: {ended.err}")
        return ended

    def __enter__(self) -> Self:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("AIRLEDGER_")
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.cli.processes"],
            cwd=ROOT,
            env=kept,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.communicate(timeout=30)


def import_the_program() -> None:
    """Imports what commands import, before a fork."""
    for module in IMPORTED:
        import_module(module)


def _serve() -> None:
    import_the_program()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(request)
        _, status, used = os.wait4(child, 0)
        answer = [os.waitstatus_to_exitcode(status), used.ru_maxrss]
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _become(request: dict[str, Any]) -> None:
    """The forked process runs the command on its own streams, and ends."""
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    for descriptor, name in ((1, "out"), (2, "err")):
        opened = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    end_with(request["arguments"])


def end_with(arguments: Sequence[str]) -> NoReturn:
    """Runs a command in this process, which ends with its status."""
    from consumers.cli import main

    status: object = 70
    try:
        status = main(arguments)
    except SystemExit as ended:
        status = ended.code
    except BaseException:  # noqa: BLE001 - a fork never goes back into the loop
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 70)


if __name__ == "__main__":
    _serve()
