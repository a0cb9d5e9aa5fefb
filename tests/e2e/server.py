"""A real server in a process of its own, for tests to use, kill and start again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from consumers.access.people import get_or_create_person
from consumers.access.tokens import grant_source, grant_token
from consumers.container.ledger import new_id, now, open_ledger
from consumers.web.sessions import Sessions
from ledger.execute import Context
from ledger.store.side_records import SessionGrant, Signing
from ledger.vocabulary import ActsBy, Scope, SourceKind
from tests.harness.forks import Forked
from tests.harness.homes import environment, settings_of

READY_WITHIN_SECONDS = 60
END_WITHIN_SECONDS = 40


class Server:
    """`airledger serve` (or another command that serves, a word or more) on a data directory.

    It is a fork of a process that imported the program (see `tests.harness.forks`), which saves
    most of a start's cost; `anew` starts Python for it, for tests that measure its memory.
    The first start takes a free port unless one is given; a restart keeps it. `log_path` holds what
    the process printed, of all its lives. `wrapped` is a command that runs it, such as setpriv.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        env: Mapping[str, str] | None = None,
        *,
        command: str = "serve",
        wrapped: Sequence[str] = (),
        log_name: str | None = None,
        anew: bool = False,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        words = command.split()
        self.log_path = data_dir.with_name(f"{log_name or data_dir.name}.{'.'.join(words)}.log")
        self._command = words
        self._wrapped = wrapped
        self._logged = 0
        self._env = dict(env or {})
        self._anew = anew
        self._process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def url(self) -> str:
        """The server's base URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process under way."""
        return self._running().pid

    @property
    def runs(self) -> bool:
        """Whether it was started, and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it printed so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def start(self) -> Self:
        """Starts it, and waits until it is ready."""
        self.spawn()
        return self.await_ready()

    def await_ready(self) -> Self:
        """Waits until it is ready, and knows its port from then on."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            for line in self.log_path.read_bytes()[self._logged :].splitlines():
                if line.startswith(b"ready http://"):
                    self.port = int(line.rsplit(b":", 1)[1])
                    return self
            if (status := self._running().poll()) is not None:
                raise AssertionError(f"the server ended at its start with {status}:\n{self.log}")
            time.sleep(0.02)
        raise AssertionError(f"the server was not ready in time:\n{self.log}")

    def spawn(self) -> None:
        """Starts it, and does not wait: for what may not come to be ready."""
        self._logged = self.log_path.stat().st_size if self.log_path.exists() else 0
        settings = {**environment(self.data_dir), "AIRLEDGER_HTTP__PORT": str(self.port)}
        env = {**os.environ, **settings, **self._env}
        with self.log_path.open("ab") as log:
            if not self._is_started_anew:
                with Path(os.devnull).open("rb") as nothing:
                    streams = (nothing.fileno(), log.fileno(), log.fileno())
                    self._process = Forked(self._command, env, streams)
                return
            self._process = subprocess.Popen(
                [*self._wrapped, sys.executable, "-m", "consumers.cli", *self._command],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def _is_started_anew(self) -> bool:
        """Whether it is no fork: where something else runs it, or other variables count."""
        known = ("AIRLEDGER_", "FAKETIME_", "LD_PRELOAD")
        others = any(not name.startswith(known) for name in self._env)
        return self._anew or bool(self._wrapped) or others

    def wait(self) -> int:
        """Waits for its end; returns its exit status."""
        return self._running().wait(END_WITHIN_SECONDS)

    def kill(self) -> None:
        """SIGKILL: it has no say in it."""
        self._running().send_signal(signal.SIGKILL)
        self.wait()

    def ask_to_end(self) -> None:
        """SIGTERM, without waiting for the end."""
        self._running().send_signal(signal.SIGTERM)

    def terminate(self) -> int:
        """SIGTERM: it drains; returns its exit status."""
        self.ask_to_end()
        return self.wait()

    def restart(self) -> Self:
        """Kills it if it runs, and starts it again on the same port."""
        if self._running().poll() is None:
            self.kill()
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Ends it if it runs, whatever it does."""
        if self._process is not None and self.runs:
            self._process.terminate()
            try:
                self._process.wait(END_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(END_WITHIN_SECONDS)

    def _running(self) -> "subprocess.Popen[bytes] | Forked":
        if self._process is None:
            raise AssertionError("the server was not started")
        return self._process


def add_source(
    data_dir: Path,
    name: str = "alertmanager",
    *,
    scope: Scope = Scope.PUBLISH,
    kind: SourceKind = SourceKind.ALERTMANAGER,
    signing: Signing | None = None,
) -> str:
    """A source's token, added beside a running server or without."""
    ledger = open_ledger(settings_of(data_dir))
    try:
        return grant_source(ledger.executor, _context(), name, kind, scope, signing).token
    finally:
        ledger.close()


def add_token(data_dir: Path, name: str = "reader", scope: Scope = Scope.READ) -> str:
    """A reader's or operator's token, added beside a running server or without."""
    ledger = open_ledger(settings_of(data_dir))
    try:
        return grant_token(ledger.store, ledger.executor, _context(), name, scope).token
    finally:
        ledger.close()


def add_person(data_dir: Path, name: str, *scopes: Scope, command_line: bool = True) -> str:
    """The secret of a person's own session, which a link began: a bearer token, or a cookie."""
    ledger = open_ledger(settings_of(data_dir))
    try:
        person = get_or_create_person(ledger.store, ledger.executor, _context(), name)
        grant = SessionGrant(
            person=person,
            by=ActsBy.LINK,
            scopes=scopes,
            ends_at=now() + timedelta(hours=12),
            command_line=command_line,
        )
        return asyncio.run(Sessions(ledger.store, ledger.reads).begin_granted(grant))
    finally:
        ledger.close()


def client(server: Server, token: str) -> httpx.Client:
    """A client of the server's API with a token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=30)


def complaints(server: Server) -> list[dict[str, Any]]:
    """What its log tells an operator to look at: warnings and errors, in all its lives."""
    lines = [json.loads(line) for line in server.log.splitlines() if line.startswith("{")]
    return [line for line in lines if line["level"] not in {"debug", "info"}]


def _context() -> Context:
    return Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
