"""A copy of the program's sources with more in it, and commands that run from there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("ledger", "projections", "consumers")


class Copy(NamedTuple):
    """A copy; `added` are the files that are new, `lines` what was added to each registry."""

    root: Path
    added: tuple[str, ...]
    lines: Mapping[str, tuple[str, ...]]

    @property
    def env(self) -> dict[str, str]:
        """Variables under which a Python takes the packages of the copy."""
        return {"PYTHONPATH": str(self.root), "PYTHONSAFEPATH": "1"}

    def run(self, *words: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
        """`airledger` of the copy, on a data directory."""
        return subprocess.run(
            [sys.executable, "-m", "consumers.cli", *words, "--data-dir", str(data_dir)],
            env={**os.environ, **self.env},
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def copied(root: Path, added: Mapping[str, Path], lines: Mapping[str, Mapping[str, str]]) -> Copy:
    """Copies the packages; `added` files by their place, `lines` by registry.

    A line goes before the one that begins with its key, which has to be there once.
    """
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for place, source in added.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, root / place)
    for registry, inserted in lines.items():
        text = (root / registry).read_text(encoding="utf-8")
        for before, line in inserted.items():
            if text.count(f"\n{before}") != 1:
                raise AssertionError(f"{registry} has {before!r} not once")
            text = text.replace(f"\n{before}", f"\n{line}\n{before}")
        (root / registry).write_text(text, encoding="utf-8")
    return Copy(root, tuple(added), {name: tuple(of.values()) for name, of in lines.items()})
