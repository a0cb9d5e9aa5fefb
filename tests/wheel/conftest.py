"""The wheel of this working tree, and a clean environment with it: made once in a test run."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.wheel.building import Built, Installed, build, install

WHEEL = "WHEEL"
"""The variable with a built wheel's path (`make wheel` sets it); without one, a wheel is built."""


@pytest.fixture(scope="session")
def shared_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for all workers of the run."""
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "wheel"
    directory.mkdir(exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def built(shared_directory: Path) -> Built:
    """The source distribution and the wheel. One worker builds, the others wait for it."""
    if given := os.environ.get(WHEEL):
        wheel = Path(given).resolve(strict=True)
        (sdist,) = wheel.parent.glob("airledger-*.tar.gz")
        return Built(sdist, wheel)
    directory = shared_directory / "dist"
    with (shared_directory / "dist.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            directory.mkdir()
            return build(directory)
    (sdist,), (wheel,) = directory.glob("*.tar.gz"), directory.glob("*.whl")
    return Built(sdist, wheel)


@pytest.fixture(scope="session")
def installed(shared_directory: Path, built: Built) -> Installed:
    """The environment with the wheel. One worker installs, the others wait for it."""
    directory = shared_directory / "environment"
    with (shared_directory / "environment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            return install(built.wheel, directory)
    return Installed(directory)
