"""A PostgreSQL server as a distribution installs it, with the extensions that it ships: amcheck."""

import os
import shutil
import subprocess
from itertools import count
from pathlib import Path

from tests.components import require
from tests.harness.postgres import Server

DEADLINE = 60


class InstalledServer(Server):
    """Superuser postgres, on a Unix socket. As root it runs under the system's user postgres."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = str(directory)
        self.users = {}
        self._numbers = count()
        self._bin = require("amcheck")
        self._data = directory / "data"
        directory.mkdir(mode=0o755, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(directory, "postgres")
        self._call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.go_on()

    def go_on(self) -> None:
        """See `Server.go_on`."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.socket} -c fsync=off"
        self._call("pg_ctl", "-w", "-l", str(self.directory / "log"), "-o", options, "start")

    def halt(self) -> None:
        """See `Server.halt`."""
        self._call("pg_ctl", "-w", "-m", "fast", "stop")

    def stop(self) -> None:
        """See `Server.stop`."""
        self.halt()

    def _call(self, name: str, *arguments: str) -> None:
        command = [str(self._bin / name), "-D", str(self._data), *arguments]
        if os.geteuid() == 0:
            runuser = shutil.which("runuser", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
            command = [runuser or "runuser", "-u", "postgres", "--", *command]
        subprocess.run(
            command,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=DEADLINE,
            cwd="/",
        )
