"""Kafka is carried by the store and carries it: each is lost here, and filled again as it was."""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from consumers.access.people import by_airledger
from consumers.access.tokens import grant_source
from consumers.container.backends import open_store
from consumers.container.ledger import Ledger, new_id, open_ledger
from consumers.kafka.checkpoint_recovery import recover_checkpoint
from consumers.kafka.positions import shipped_generation
from consumers.topics.topics import COMMANDS, SIGNALS, topics
from ledger.sealing import KeptCheckpoint
from ledger.settings import Settings, ViewsSettings
from ledger.vocabulary import Scope, SourceKind
from projections.engine import SQLiteViews, ViewsDatabase
from tests.bench.history import fill
from tests.harness.kafka import kafka_at, make_anew
from tests.kafka.checking import check_topic
from tests.kafka.fed import (
    digests,
    digests_of,
    feeding,
    refused,
    relaying,
    until_fed,
)
from tests.kafka.intake_harness import IntakeHarness, Topics, eventually, native, of

pytestmark = [pytest.mark.component("kafka"), pytest.mark.slow]
NOBODY = ["127.0.0.1:1"]


@pytest.fixture
def ledger(tmp_path: Path, brokers: list[str]) -> Iterator[Ledger]:
    """A ledger of 200 incidents, with the reviews that they launch: a command adds nothing."""
    settings = Settings(
        data_dir=tmp_path / "data",
        views=ViewsSettings(feed="kafka"),
        kafka=kafka_at(brokers),
    )
    with closing(open_ledger(settings)) as ledger:
        fill(ledger, incidents=200)
        ledger.seal_and_project()
        yield ledger


@pytest.fixture
def views(ledger: Ledger) -> Iterator[ViewsDatabase]:
    with closing(SQLiteViews(ledger.settings.views_path)) as views:
        yield views


def environment(data_dir: Path, brokers: list[str]) -> dict[str, str]:
    return os.environ | {
        "AIRLEDGER_DATA_DIR": str(data_dir),
        "AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS": ",".join(brokers),
    }


async def airledger(ledger: Ledger, brokers: list[str], command: str) -> Any:
    """What a command prints, as a person types it beside the running ledger."""
    ran = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "consumers.cli", *command.split(), "--json"),
        env=environment(ledger.settings.data_dir, brokers) | {"AIRLEDGER_VIEWS__FEED": "kafka"},
        stdout=PIPE,
        stderr=PIPE,
    )
    printed, complained = await ran.communicate()
    assert 0 == ran.returncode, complained.decode()
    return json.loads(printed)


async def test_an_older_copy_is_not_sealed_on_even_where_the_kept_checkpoint_is_as_old(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], tmp_path: Path
) -> None:
    older = Settings(data_dir=tmp_path / "older", kafka=ledger.settings.kafka)
    shutil.copytree(ledger.settings.data_dir, older.data_dir)
    context = by_airledger(ledger.now(), new_id())
    grant_source(ledger.executor, context, "late", SourceKind.NATIVE, Scope.PUBLISH)
    ledger.seal_and_project()
    async with relaying(ledger.store, brokers), feeding(ledger, views, brokers):
        size = await until_fed(ledger, views)
    copied = KeptCheckpoint(older.key_path).read()
    with closing(open_store(older)) as store:
        held = store.size()
    serve = [sys.executable, "-m", "consumers.cli", "serve", "--port", "0"]
    refused = await asyncio.create_subprocess_exec(
        *serve, env=environment(older.data_dir, brokers), stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(60):
        _, complained = await refused.communicate()
    told = complained.decode()

    assert held < size
    assert KeptCheckpoint(older.key_path).read() not in {None, copied}
    assert 0 != refused.returncode
    assert f"{size} events were signed, and the store holds {held}" in told
    assert "airledger store repair" in told


async def test_a_sealer_starts_while_kafka_is_away_and_with_a_topic_of_another_ledger(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], tmp_path: Path
) -> None:
    async with relaying(ledger.store, brokers), feeding(ledger, views, brokers) as told:
        await until_fed(ledger, views, told)
    own = Settings(data_dir=tmp_path / "own")
    open_ledger(own).close()
    kept = KeptCheckpoint(own.key_path).read()
    for servers in (brokers, NOBODY):
        await recover_checkpoint(own.model_copy(update={"kafka": kafka_at(servers)}))
        assert kept == KeptCheckpoint(own.key_path).read()
    open_ledger(own).close()


async def test_kafka_wiped_clean_is_filled_again_from_the_store(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], tmp_path: Path
) -> None:
    async with relaying(ledger.store, brokers), feeding(ledger, views, brokers) as told:
        await until_fed(ledger, views, told)
    before = digests(views)
    await make_anew(brokers, *topics())
    with closing(SQLiteViews(tmp_path / "other.db")) as other:
        async with relaying(ledger.store, brokers), feeding(ledger, other, brokers) as told:
            await until_fed(ledger, other, told)
        from_nothing = digests(other)
    await check_topic(ledger.store, brokers)
    rebuilt = await airledger(ledger, brokers, "rebuild --from kafka")

    assert {ledger.store.size()} == {each["events"] for each in rebuilt["items"]}
    assert before == from_nothing == digests(views) == digests_of(ledger.store, tmp_path)


async def test_read_models_that_were_deleted_are_filled_again_from_kafka(
    ledger: Ledger, brokers: list[str], tmp_path: Path
) -> None:
    found = []
    for name in ("views.db", "anew.db"):
        with closing(SQLiteViews(tmp_path / name)) as views:
            async with relaying(ledger.store, brokers), feeding(ledger, views, brokers) as told:
                await until_fed(ledger, views, told)
            found.append(digests(views))
        (tmp_path / name).unlink()

    assert [digests_of(ledger.store, tmp_path)] * 2 == found


async def test_events_made_anew_under_their_readers_are_refused_until_the_documented_commands(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with refused(ledger, views, brokers, monkeypatch) as found:
        await airledger(ledger, brokers, "topics check --replication 1")
        await airledger(ledger, brokers, "rebuild")
        await eventually(lambda: found.told.state == "running", "it goes on")
        await until_fed(ledger, views, found.told)

    assert "was read up to" in found.reason
    assert "airledger rebuild" in found.reason
    assert found.before == found.kept == digests(views)


async def test_signals_made_anew_are_refused_until_the_documented_command_and_change_nothing(
    ledger: Ledger, views: ViewsDatabase, brokers: list[str], tmp_path: Path
) -> None:
    shipped = Topics(brokers)
    shipped.signals, shipped.commands = shipped_generation(SIGNALS), shipped_generation(COMMANDS)
    harness = IntakeHarness(ledger, shipped)
    harness.register("tools")
    published = [(native(f"k{n}", id=f"{n}"), of("tools")) for n in range(30)]
    await shipped.publish(published, partition=1)
    async with harness.taking() as task:
        await eventually(lambda: 30 == harness.taken(partitions=6), "all are taken")
    ledger.seal_and_project()
    size, before = ledger.store.size(), digests_of(ledger.store, tmp_path)
    await make_anew(brokers, SIGNALS)
    await shipped.publish(published[:10], partition=1)
    async with harness.taking() as task:
        await eventually(lambda: task.state == "stopped", "it is refused")
        reason = task.reason
        await airledger(ledger, brokers, f"positions reset --topic {SIGNALS} --partition 1")
        await eventually(lambda: 10 == harness.taken(partitions=6), "it goes on")
        await eventually(lambda: task.state == "running", "it is well")
    ledger.seal_and_project()

    assert "would take offset 30 next, and it ends at offset 10" in reason
    assert f"airledger positions reset --topic {SIGNALS} --partition 1" in reason
    assert (size, before) == (ledger.store.size(), digests_of(ledger.store, tmp_path))
