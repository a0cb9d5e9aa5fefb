"""A data directory that may not be written to: refused at the start, and told why."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server import Server, add_source
from tests.faults.disks import mount, tmpfs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "the disk of the ledger's own file is read-only"),
]

WRONG_SETTINGS = 2
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


def assert_refused(server: Server) -> None:
    """It ends at once, names the directory and the remedy, and shows no traceback."""
    server.spawn()
    assert WRONG_SETTINGS == server.wait()
    assert f"{server.data_dir} is not a directory that this user may write to" in server.log
    assert "--data-dir" in server.log
    assert "Traceback" not in server.log


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A ledger on a file system that was mounted read-only afterwards."""
    with tmpfs(tmp_path / "data", "size=16m") as disk:
        add_source(disk)
        assert mount(disk, "remount,ro")
        yield disk


def test_a_ledger_on_a_read_only_file_system_is_not_served(read_only: Path) -> None:
    assert_refused(Server(read_only))


@pytest.fixture
def open_ground() -> Iterator[Path]:
    """A directory whose parents everybody may enter, which is not so of pytest's own."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.parametrize("holds_a_ledger", [False, True])
def test_a_directory_of_somebody_else_is_not_served(
    open_ground: Path, holds_a_ledger: bool
) -> None:
    data_dir = open_ground / "data"
    data_dir.mkdir()
    if holds_a_ledger:
        add_source(data_dir)
    data_dir.chmod(0o555)
    try:
        assert_refused(Server(data_dir, wrapped=as_nobody()))
    finally:
        data_dir.chmod(0o755)


def as_nobody() -> tuple[str, ...]:
    """What makes a process one without rights: nothing to do, unless these are root's tests."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv (util-linux) is missing, so root cannot become nobody")
    if subprocess.run(
        [*NOBODY, sys.executable, "-c", ""], check=False, capture_output=True
    ).returncode:
        pytest.skip("nobody may not run this Python")
    return NOBODY
