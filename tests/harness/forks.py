"""`airledger` in processes of their own, without a start of Python for each.

One process for each test worker imports the program and forks for every call: the fork has the
caller's arguments, variables, working directory and streams, and from then on it is a process like
any other, that is signalled and killed by its id. `python -m tests.harness.forks SOCKET` is the
process that forks. It ends with the worker, whose end closes its standard input.
"""

import atexit
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from consumers.runtime.garbage_collection import collect_seldom
from tests.docs.http_page import application

ROOT = Path(__file__).parents[2]
IMPORTED = (
    "anyio._backends._asyncio",
    "consumers.cli.app",
    "consumers.commands.service",
    "consumers.container.ledger",
    "consumers.intake.quarantine_retry",
    "consumers.read_service.incidents",
    "consumers.runtime.process",
    "ledger.logs",
    "projections.queries",
    "rich.progress",
    "rich.table",
    "uvicorn.lifespan.on",
    "uvloop",
)
"""What commands and servers import, beside the packages of commands."""
PACKAGES = ("consumers.cli", "consumers.client")
_LENGTH_BYTES = 4
_STREAMS = 3
_PROGRAM = """#!{python} -IS
import json, os, socket, sys
if sys.argv[1:2] and sys.argv[1] in ("serve", "demo", "run"):  # these are ended by signals
    os.execv({real!r}, [{real!r}, *sys.argv[1:]])
told = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
with socket.socket(socket.AF_UNIX) as forks:
    forks.connect({socket!r})
    socket.send_fds(forks, [len(told).to_bytes({length}, "big")], [0, 1, 2])
    forks.sendall(told)
    with forks.makefile() as said:
        sys.exit(int(said.read().split()[1]) & 0xFF)
"""


class Forked:
    """A fork that runs a command: as much of `subprocess.Popen` as its callers use."""

    def __init__(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        streams: Sequence[int],
        cwd: Path | None = None,
    ) -> None:
        """`streams` are the descriptors of its standard input, output and error."""
        told = json.dumps([list(arguments), dict(env), str(cwd or Path.cwd())]).encode()
        self._answer = socket.socket(socket.AF_UNIX)
        self._answer.connect(_listening())
        socket.send_fds(self._answer, [len(told).to_bytes(_LENGTH_BYTES, "big")], list(streams))
        self._answer.sendall(told)
        self._said = b""
        self.returncode: int | None = None
        self.peak = 0
        """The most memory it had, in bytes; known when it has ended."""
        while b"\n" not in self._said:
            self._said += self._received()
        self.pid = int(self._said.split(b"\n")[0])

    def poll(self) -> int | None:
        """Its exit status, negative for a signal's number; None while it runs."""
        if self.returncode is None:
            self._answer.setblocking(False)
            try:
                self._listen()
            except BlockingIOError:
                return None
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Waits for its end. Raises TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while self.returncode is None:
            self._answer.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                self._listen()
            except TimeoutError as error:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout) from error
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _listen(self) -> None:
        self._said += self._received()
        if self._said.count(b"\n") == 2:
            status, peak = self._said.split(b"\n")[1].split()
            self.returncode, self.peak = int(status), int(peak) * 1024
            self._answer.close()

    def _received(self) -> bytes:
        received = self._answer.recv(64)
        if not received:
            raise AssertionError("the process that forks ended")
        return received


def run(
    arguments: Sequence[str], env: Mapping[str, str], *, within: float = 60
) -> "subprocess.CompletedProcess[str]":
    """Runs a command to its end, as `subprocess.run` runs a program whose output it captures."""
    with (
        Path(os.devnull).open("rb") as nothing,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        streams = (nothing.fileno(), out.fileno(), err.fileno())
        status = Forked(arguments, env, streams).wait(within)
        for printed in (out, err):
            printed.seek(0)
        said = (each.read().decode() for each in (out, err))
        return subprocess.CompletedProcess(list(arguments), status, *said)


@contextmanager
def forking() -> Iterator[Path]:
    """The directory with a program `airledger` that forks, to be the first of a shell's PATH."""
    with tempfile.TemporaryDirectory(prefix="forks") as name:
        program = Path(name, "airledger")
        program.write_text(
            _PROGRAM.format(
                python=sys.executable,
                real=str(Path(sys.executable).parent / "airledger"),
                socket=_listening(),
                length=_LENGTH_BYTES,
            ),
            "utf-8",
        )
        program.chmod(0o755)
        yield program.parent


@cache
def _listening() -> str:
    """The socket of this worker's process that forks."""
    directory = tempfile.TemporaryDirectory(prefix="forks")
    path = f"{directory.name}/socket"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.harness.forks", path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("it has pipes")
    if process.stdout.readline() != b"listening\n":
        raise AssertionError("the process that forks did not start")

    def end() -> None:
        process.communicate()
        directory.cleanup()

    atexit.register(end)
    return path


def _serve(path: str) -> None:
    _import_all()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(64)
        print("listening", flush=True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a call was answered
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            caller, _ = listening.accept()
            with caller:
                if os.fork() == 0:
                    listening.close()
                    _answer(caller)


def _import_all() -> None:
    """Imports what a process of any kind will: what an application imports, by making one."""
    for module in IMPORTED:
        import_module(module)
    for package in PACKAGES:
        for found in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
            if not found.name.endswith("__main__"):
                import_module(found.name)
    application()
    collect_seldom()  # every start makes thousands of objects that live on


def _answer(caller: socket.socket) -> NoReturn:
    """In a process of its own: runs one call in another one; tells its id, and then its status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(caller, _LENGTH_BYTES, _STREAMS)
    told = b""
    while len(told) < int.from_bytes(length, "big"):
        told += caller.recv(1 << 20)
    arguments, env, cwd = json.loads(told)
    child = os.fork()
    if child == 0:
        caller.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115
        os.environ.clear()
        os.environ.update(env)
        os.chdir(cwd)
        _end_with(arguments)
    for number, stream in enumerate(streams):
        os.close(stream)
        os.close(number)
    caller.sendall(b"%d\n" % child)
    _, status, used = os.wait4(child, 0)
    caller.sendall(b"%d %d\n" % (os.waitstatus_to_exitcode(status), used.ru_maxrss))
    os._exit(0)


def _end_with(arguments: Sequence[str]) -> NoReturn:
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
    _serve(sys.argv[1])
