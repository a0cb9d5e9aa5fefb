"""`airledger` for a shell, without a start of Python for each call.

One process imports the program and forks for every call, which then has the caller's arguments,
variables, working directory and streams. The program in the shell's PATH hands these over through
a Unix socket and ends with the status of the fork. `python -m tests.harness.forks SOCKET` is the
process that forks.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.unit.cli.processes import ROOT, end_with, import_the_program

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
    sys.exit(int(forks.recv(16)))
"""


@contextmanager
def forking() -> Iterator[Path]:
    """The directory with the program, to be the first of PATH."""
    with tempfile.TemporaryDirectory(prefix="forks") as name:
        directory, path = Path(name), f"{name}/socket"
        program = directory / "airledger"
        real = str(Path(sys.executable).parent / "airledger")
        text = _PROGRAM.format(python=sys.executable, real=real, socket=path, length=_LENGTH_BYTES)
        program.write_text(text, "utf-8")
        program.chmod(0o755)
        command = [sys.executable, "-m", "tests.harness.forks", path]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                assert b"listening\n" == process.stdout.readline()
                yield directory
            finally:
                process.terminate()


def _serve(path: str) -> None:
    import_the_program()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        print("listening", flush=True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a call was answered
        while True:
            caller, _ = listening.accept()
            with caller:
                if os.fork() == 0:
                    listening.close()
                    _answer(caller)


def _answer(caller: socket.socket) -> None:
    """In a process of its own: runs one call in another one, and tells its status."""
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
        end_with(arguments)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(child, 0)
    caller.sendall(str(os.waitstatus_to_exitcode(status) & 0xFF).encode())
    os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
