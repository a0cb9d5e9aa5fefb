"""Commands of the documents, run as they stand.

A fenced block whose info string is `sh test` is run; `sh test refused` must end with exit status 1.
The blocks of one page are one script in an empty working directory, beside a server of their own:
its address is in URL, its data directory the one that `airledger` uses there.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^```sh test( refused)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_READY = re.compile(r"^ready (http://\S+)$", re.MULTILINE)
_LONGEST_SECONDS = 180
PROGRAMS = Path(sys.executable).parent


class Block(NamedTuple):
    """A block to run: where it begins, its commands, and whether it must be refused."""

    line: int
    commands: str
    refused: bool


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page that are to be run."""
    text = page.read_text("utf-8")
    return [
        Block(text.count("\n", 0, found.start()) + 2, found[2], found[1] is not None)
        for found in _FENCE.finditer(text)
    ]


def script_of(blocks: list[Block]) -> str:
    """One script of all blocks; it stops at the first command that does not do as told."""
    lines = ["set -euo pipefail"]
    for block in blocks:
        lines.append(f"echo '-- the block at line {block.line}'")
        if block.refused:
            lines += ["status=0", "(", block.commands, ") || status=$?", "[ $status -eq 1 ]"]
        else:
            lines.append(block.commands)
    return "\n".join(lines)


def run(blocks: list[Block], directory: Path) -> tuple[int, str]:
    """Runs the blocks in `directory` beside a server; exit status and all output."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AIRLEDGER_")
    }
    environment |= {
        "PATH": f"{PROGRAMS}{os.pathsep}{environment['PATH']}",
        "AIRLEDGER_DATA_DIR": str(directory / "airledger-data"),
        "AIRLEDGER_HTTP__PORT": "0",
    }
    with _server(directory, environment) as url:
        done = subprocess.run(
            ["bash", "-c", script_of(blocks)],
            cwd=directory,
            env=environment | {"URL": url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    return done.returncode, done.stdout.decode(errors="replace")


@contextmanager
def _server(directory: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """`airledger serve` while the block runs; its URL."""
    with (
        (directory / "server.log").open("wb") as errors,
        subprocess.Popen(
            [PROGRAMS / "airledger", "serve"],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        ) as server,
    ):
        try:
            line = server.stdout.readline().decode() if server.stdout else ""
            ready = _READY.match(line)
            if ready is None:
                raise RuntimeError(f"no ready line: {line!r}, see {directory / 'server.log'}")
            yield ready[1]
        finally:
            server.terminate()
            server.wait(_LONGEST_SECONDS)
