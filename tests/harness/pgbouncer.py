"""PgBouncer in transaction mode, between a store and the test run's PostgreSQL."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

from tests.components import require
from tests.harness.postgres import Database, Server
from tests.harness.process import Process

PORT = 6432
SERVER_CONNECTIONS = 3
"""Fewer than the clients have, so that one connection serves many of them in turn."""


class PgBouncer:
    """A running PgBouncer for every database of a server."""

    def __init__(self, server: Server) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="airledger-pgb-"))
        self._process = Process(self.directory / "pgbouncer.log")
        settings = self.directory / "pgbouncer.ini"
        settings.write_text(
            "[databases]\n"
            f"* = host={server.socket} user=postgres\n"
            "[pgbouncer]\n"
            "pool_mode = transaction\n"
            "auth_type = any\n"
            "listen_addr =\n"
            f"listen_port = {PORT}\n"
            f"unix_socket_dir = {self.directory}\n"
            f"default_pool_size = {SERVER_CONNECTIONS}\n"
            "max_client_conn = 200\n",
            "utf-8",
        )
        command: list[str | Path] = [require("pgbouncer"), settings]
        if os.geteuid() == 0:
            # It refuses to run as root, and the server's socket is the server's user's alone.
            user = Path(server.socket).owner()
            shutil.chown(self.directory, user)
            self.directory.chmod(0o755)
            command[1:1] = ["-u", user]
        self._process.start(command)
        self._process.until(self._listens, "it listens")

    def url(self, database: Database) -> str:
        return f"postgresql://postgres@/{database.name}?host={self.directory}&port={PORT}"

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.directory / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
        return True

    def stop(self) -> None:
        self._process.stop()
        shutil.rmtree(self.directory)
