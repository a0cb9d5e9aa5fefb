"""An embedded ledger that moves to PostgreSQL while it is killed, or while publishers go on."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from consumers.container.ledger import Ledger, open_ledger
from ledger.settings import Settings
from ledger.settings.model import LogSettings, StoreSettings
from ledger.store.postgres import PostgresStore, schema
from ledger.store.sqlite import SQLiteStore
from ledger.vocabulary import Scope
from projections.catalogue import PROJECTIONS
from projections.engine import digest
from tests.e2e.server import Server, add_source, add_token
from tests.faults.checking import check_whole, settled
from tests.faults.publishers import Garbler, Persistent, Publisher, Reporter, Watcher
from tests.harness.full_ledger import furnish, held_by, held_by_file
from tests.harness.postgres import Database
from tests.harness.process import until

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "moves from one store to the other itself"),
]

SOURCE = "alertmanager"
KILLS = 8
WITHIN_SECONDS = 60
LONGEST_MOVE_SECONDS = 4.0


class Target:
    """Where a ledger moves to, as a user with the two roles that this takes, or with all."""

    def __init__(self, database: Database, directory: Path, roles: tuple[str, ...]) -> None:
        self.database = database
        self.settings = Settings(
            data_dir=directory / "new",
            store=StoreSettings(url=database.as_user(database.user(*roles))),
            log=LogSettings(key_file=directory / "new.key"),
        )
        self.env = {
            **os.environ,
            "AIRLEDGER_DATA_DIR": str(self.settings.data_dir),
            "AIRLEDGER_STORE__URL": self.settings.store.url,
            "AIRLEDGER_LOG__KEY_FILE": str(self.settings.key_path),
        }

    def moving(self, old: Path) -> "subprocess.Popen[bytes]":
        """`airledger migrate` under way."""
        return subprocess.Popen(
            [sys.executable, "-m", "consumers.cli", "migrate", "--from", str(old), "--json"],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def move(self, old: Path) -> Any:
        """Runs it to its end, which must be a good one."""
        process = self.moving(old)
        out, err = process.communicate(timeout=WITHIN_SECONDS)
        assert (0, b"") == (process.returncode, err)
        return json.loads(out)

    @contextmanager
    def settled(self) -> Iterator[Ledger]:
        """The ledger there, with everything in the read models."""
        with closing(open_ledger(self.settings)) as ledger:
            ledger.seal_and_project()
            yield ledger


def test_a_move_that_is_killed_again_and_again_makes_one_log(
    database: Database, tmp_path: Path
) -> None:
    old, target = tmp_path / "old", Target(database, tmp_path, (schema.INTAKE, schema.SEALER))
    furnish(old, incidents=10_000)
    before = held_by_file(old / "ledger.db")
    with closing(SQLiteStore(old / "ledger.db")) as here:
        log = here.log_state()
    chance = random.Random(20_261_123)

    for number in range(KILLS):
        process = target.moving(old)
        # From the imports up to the commit and what is behind it.
        moment = LONGEST_MOVE_SECONDS * (number + chance.random()) / KILLS
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=WITHIN_SECONDS)
        held = held_by(database)
        assert held == before or not any(held.values())  # all of it or nothing
    moved = target.move(old)

    assert (log.size, log.origin) == (moved["size"], moved["origin"]) if log else False
    assert before == held_by(database)
    with closing(PostgresStore(database.url)) as there:
        assert log == there.log_state()
    assert (old / "log.key").read_bytes() == target.settings.key_path.read_bytes()


async def test_publishers_lose_nothing_when_the_ledger_moves_under_them(
    database: Database, tmp_path: Path
) -> None:
    old, target = tmp_path / "old", Target(database, tmp_path, tuple(schema.ROLES))
    token = add_source(old, SOURCE)
    operator = add_token(old, "operator", Scope.OPERATE)
    ending = asyncio.Event()
    with Server(old) as server:
        clients: list[Persistent] = [
            *(Publisher(name=f"p{n}", url=server.url, token=token) for n in range(3)),
            Garbler(name="garbler", url=server.url, token=token),
            Reporter(name="reporter", url=server.url, token=operator),
        ]
        watcher = Watcher(server.url)
        running = [asyncio.create_task(each.run(ending)) for each in clients]
        running.append(asyncio.create_task(watcher.run(ending)))
        await watcher.until_more(5)
        told = await asyncio.to_thread(target.move, old)
        # Whoever goes on at the old address is told to come back, and the sealer has nothing to do.
        refused = [len(each.refused) for each in clients]
        await asyncio.to_thread(until, partial(all_refused, clients, refused), "all are refused")
        with closing(SQLiteStore(old / "ledger.db")) as store:
            assert told["size"] == store.size()
        ready = await asyncio.to_thread(httpx.get, f"{server.url}/health/ready", timeout=30)
        assert 503 == ready.status_code
        port = server.port
        assert 0 == await asyncio.to_thread(server.terminate)
        env = {key: target.env[key] for key in target.env if key.startswith("AIRLEDGER_")}
        with Server(target.settings.data_dir, port, env) as new:
            await watcher.until_more(5)
            ending.set()
            await asyncio.wait_for(asyncio.gather(*running), WITHIN_SECONDS)
            assert 0 == await asyncio.to_thread(new.terminate)
    with target.settled() as ledger:
        check_whole(ledger, SOURCE, clients, watcher.seen)
        assert ledger.store.size() > told["size"]


def all_refused(clients: list[Persistent], before: list[int]) -> bool:
    """Whether every client met a 503 since."""
    return all(len(each.refused) > count for each, count in zip(clients, before, strict=True))


def test_read_models_there_are_those_that_were_here(database: Database, tmp_path: Path) -> None:
    old, target = tmp_path / "old", Target(database, tmp_path, tuple(schema.ROLES))
    furnish(old, incidents=1_000)
    with settled(old) as ledger:
        before = {each.name: digest(ledger.views, each) for each in PROJECTIONS}

    target.move(old)

    with target.settled() as ledger:
        assert before == {each.name: digest(ledger.views, each) for each in PROJECTIONS}
