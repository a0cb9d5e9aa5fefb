"""`airledger` in a process of its own for each call, without a start of Python for each."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from tests.harness.forks import Forked
from tests.harness.homes import environment

ENDS_WITHIN_SECONDS = 300


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

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Ended:
        """Runs a command to its end."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("AIRLEDGER_")
        }
        own = environment(self.data_dir) if self._env is None else self._env
        out, err = self._scratch / "out", self._scratch / "err"
        with (
            Path(os.devnull).open("rb") as nothing,
            out.open("wb") as printed,
            err.open("wb") as complained,
        ):
            streams = (nothing.fileno(), printed.fileno(), complained.fileno())
            process = Forked(arguments, {**kept, **own, **(env or {})}, streams, self._scratch)
        status = process.wait(ENDS_WITHIN_SECONDS)
        said = err.read_text("utf-8", "replace")
        if "Traceback" in said:
            raise AssertionError(f"{arguments} ended in a traceback:\n{said}")
        return Ended(status, out.read_bytes(), said, process.peak)

    def done(self, *arguments: str) -> Ended:
        """Runs a command that must end well."""
        ended = self.run(*arguments)
        if ended.status != 0:
            raise AssertionError(f"{arguments} ended with {ended.status}: {ended.err}")
        return ended

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is left running: each command has ended."""
