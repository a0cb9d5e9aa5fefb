"""Commands of the documents, run as they stand.

A fenced block whose info string is `sh test` is run; `sh test refused` must end with exit status 1.
With `host` behind it, a block works on the files of the ledger's host; `here` is for a shell on
that host alone. A page may be run from away, too: its other blocks then have AIRLEDGER_URL and a
token, and no data directory. The comment `<!-- browser: PERSON PAGE FORM NAME=VALUE ... -->` has a
person send a form of a page of the server, as the text around it tells (`tests/docs/browsing.py`).
The blocks of one page are one script in an empty working directory, beside a server of their own:
its address is in URL, its data directory the one that `airledger` uses there, SAMPLES is a
directory with sample files of a release, PIPELINES that of the script of pipelines. A page with the
comment `<!-- beside: airledger demo -->` has the demo for it, once it is played.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.docs.where import ROOT
from tests.harness.forks import Forked, forking
from tests.harness.process import until

_RUN = re.compile(
    r"^```sh test( refused)?(?: (host|here))?\n(.*?)^```$|^<!-- browser: ([^\n]*) -->$",
    re.MULTILINE | re.DOTALL,
)
_BESIDE = re.compile(r"^<!-- beside: airledger (demo) -->$", re.MULTILINE)
_READY = re.compile(r"^ready (http://\S+)$", re.MULTILINE)
_LAST_LINE = {"serve": "ready ", "demo": "Ctrl-C ends"}
"""How the line begins after which the blocks may begin."""
_DIRECTORY = {"serve": "airledger-data", "demo": "airledger-demo"}
_LONGEST_SECONDS = 480
PROGRAMS = Path(sys.executable).parent


class Block(NamedTuple):
    """A block to run: where it begins, its commands, and whether it must be refused.

    `place` is host, here, or empty for any.
    """

    line: int
    commands: str
    refused: bool
    place: str = ""


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page that are to be run."""
    text = page.read_text("utf-8")
    return [
        Block(
            text.count("\n", 0, found.start()) + 2,
            f"browse {found[4]}" if found[4] else found[3],
            found[1] is not None,
            found[2] or "",
        )
        for found in _RUN.finditer(text)
    ]


def server_of(page: Path) -> str:
    """The command that serves beside the page's blocks: serve or demo."""
    found = _BESIDE.search(page.read_text("utf-8"))
    return found[1] if found else "serve"


_BROWSE = f'browse() {{ PYTHONPATH="{ROOT}" "{sys.executable}" -m tests.docs.browsing "$@"; }}'
_ON_HOST = 'export AIRLEDGER_DATA_DIR="$HOST_DIR"; unset AIRLEDGER_URL AIRLEDGER_TOKEN'
_AWAY = (
    "AIRLEDGER_TOKEN=$("
    + _ON_HOST
    + """; airledger token add away --scope admin --json |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')"""
    + """
export AIRLEDGER_URL="$URL" AIRLEDGER_TOKEN
unset AIRLEDGER_DATA_DIR"""
)
"""What a shell away from the host begins with: the URL, and a token that the host handed out."""


def script_of(blocks: list[Block], *, away: bool = False) -> str:
    """One script of all blocks; it stops at the first command that does not do as told.

    From `away`, blocks of the host run in a shell of their own.
    """
    lines = ["set -euo pipefail", _BROWSE, *([_AWAY] if away else [])]
    for block in blocks:
        if away and block.place == "here":
            continue
        commands = block.commands
        if away and block.place == "host":
            commands = f"(\n{_ON_HOST}\n{commands}\n)"
        lines.append(f"echo '-- the block at line {block.line}'")
        if block.refused:
            lines += ["status=0", "(", commands, ") || status=$?", "[ $status -eq 1 ]"]
        else:
            lines.append(commands)
    return "\n".join(lines)


def run(page: Path, directory: Path, *, away: bool = False) -> tuple[int, str]:
    """Runs a page's blocks in `directory` beside its server; exit status and all output."""
    command = server_of(page)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("AIRLEDGER_")
    }
    environment |= {
        "AIRLEDGER_DATA_DIR": str(directory / _DIRECTORY[command]),
        "AIRLEDGER_HTTP__PORT": "0",
        "XDG_CONFIG_HOME": str(directory / "config"),
        "SAMPLES": str(ROOT / "tests/samples/release"),
        "PIPELINES": str(ROOT / "infra/pipelines"),
    }
    host_dir = environment["AIRLEDGER_DATA_DIR"]
    with forking() as programs, _server(command, directory, environment) as url:
        path = os.pathsep.join((str(programs), str(PROGRAMS), environment["PATH"]))
        done = subprocess.run(
            ["bash", "-c", script_of(blocks_of(page), away=away)],
            cwd=directory,
            env=environment | {"PATH": path, "URL": url, "HOST_DIR": host_dir},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    return done.returncode, done.stdout.decode(errors="replace")


@contextmanager
def _server(command: str, directory: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The server while the blocks run; its URL."""
    out = directory / "server.out"

    def ended_or_said() -> bool:
        *lines, _ = out.read_text("utf-8").split("\n")
        return server.poll() is not None or any(
            line.startswith(_LAST_LINE[command]) for line in lines
        )

    with (
        Path(os.devnull).open("rb") as nothing,
        out.open("wb") as said,
        (directory / "server.log").open("wb") as errors,
    ):
        streams = (nothing.fileno(), said.fileno(), errors.fileno())
        server = Forked([command], environment, streams, directory)
    try:
        until(ended_or_said, "the server may be asked", within=_LONGEST_SECONDS)
        ready = _READY.search(out.read_text("utf-8"))
        if ready is None:
            raise RuntimeError(f"no ready line in {out}, see {directory / 'server.log'}")
        yield ready[1]
    finally:
        server.terminate()
        server.wait(_LONGEST_SECONDS)
