"""Builds the source distribution and the wheel, and installs the wheel in a clean environment.

`python -m tests.wheel.building DIRECTORY` builds both into that directory. The wheel is built from
the unpacked source distribution, as pip does where there is no wheel: a file that the source
distribution lacks is not in the wheel either, and its test fails.
"""

import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.harness.archives import unpack

ROOT = Path(__file__).resolve().parents[2]
BUILD_SECONDS = 120
INSTALL_SECONDS = 300


class Built(NamedTuple):
    """The two files of a distribution."""

    sdist: Path
    wheel: Path


class Installed(NamedTuple):
    """A clean environment with the locked requirements and the wheel, and nothing else."""

    directory: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.directory / "bin/python"

    @property
    def command(self) -> Path:
        """The console script."""
        return self.directory / "bin/airledger"


def build(directory: Path) -> Built:
    """Builds a source distribution of the working tree, and a wheel from it, into `directory`."""
    sdist = _hatchling("sdist", ROOT, directory)
    with TemporaryDirectory() as unpacked:
        with tarfile.open(sdist) as archive:
            unpack(archive, Path(unpacked))
        (source,) = Path(unpacked).iterdir()
        return Built(sdist, _hatchling("wheel", source, directory))


def install(wheel: Path, directory: Path) -> Installed:
    """Makes an environment with the wheel and the packages of requirements.txt."""
    python = directory / "bin/python"
    locked = ROOT / "requirements.txt"
    _run(sys.executable, "-m", "venv", directory)
    # As `make install` does it: pip's own settings say where packages come from.
    pip = (python, "-m", "pip", "install", "--quiet")
    _run(*pip, "--require-hashes", "-r", locked)
    _run(*pip, "--no-deps", wheel)
    return Installed(directory)


def _hatchling(target: str, source: Path, directory: Path) -> Path:
    before = set(directory.glob("*"))
    words = ("-m", "hatchling", "build", "-t", target, "-d", directory)
    _run(sys.executable, *words, cwd=source, seconds=BUILD_SECONDS)
    (made,) = set(directory.glob("*")) - before
    return made


def _run(*words: str | Path, cwd: Path | None = None, seconds: float = INSTALL_SECONDS) -> None:
    done = subprocess.run(
        words,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        command = " ".join(map(str, words))
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout}")


def main() -> None:
    """Builds into the directory named, which is made where it is absent."""
    directory = Path(sys.argv[1]).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("airledger-*"):
        stale.unlink()
    for made in build(directory):
        print(made)


if __name__ == "__main__":
    main()
