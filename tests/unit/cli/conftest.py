"""The command line in the test's own process, on a data directory of its own."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from consumers.cli import main
from consumers.container.ledger import open_ledger
from ledger import logs
from tests.harness.homes import (
    environment,
    pytest_generate_tests,
    settings_of,
    tmp_path,
    tmp_path_factory,
)

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]


class Ended(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document that it printed."""
        return json.loads(self.out)


Run = Callable[..., Ended]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An absent data directory that the environment names, in an empty working directory."""
    for name in [name for name in os.environ if name.upper().startswith("AIRLEDGER_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    for name, value in environment(tmp_path / "data").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    return tmp_path / "data"


@pytest.fixture
def run(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command: `run("incident", "show", "INC-1")`.

    With `data_dir` it is run on the embedded ledger of another directory.
    """

    def call(*arguments: str, data_dir: Path | None = None) -> Ended:
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            if data_dir is not None:
                for name in ("STORE__URL", "VIEWS__URL", "LOG__KEY_FILE"):
                    patch.delenv(f"AIRLEDGER_{name}", raising=False)
                patch.setenv("AIRLEDGER_DATA_DIR", str(data_dir))
            status = main(arguments)
        return Ended(status, *capsys.readouterr())

    return call


@pytest.fixture
def begun(data_dir: Path) -> None:
    """A ledger with its policy and nothing else."""
    open_ledger(settings_of(data_dir)).close()


@pytest.fixture
def ref(run: Run) -> str:
    """The reference of an open incident."""
    reported = run("incident", "report", "--title", "Toxic answers", "--system", "chat", "--json")
    assert 0 == reported.status
    return str(reported.json["reference"])


def use_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, the standard streams are a terminal of 80 columns and 24 lines."""
    for stream in (sys.stdout, sys.stdin):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    for name, value in (("COLUMNS", "80"), ("LINES", "24"), ("TERM", "dumb"), ("PAGER", "")):
        monkeypatch.setenv(name, value)
