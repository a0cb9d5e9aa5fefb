"""A ledger on either store, and topics of each test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.container.backends import begin_log, open_store
from consumers.container.ledger import Ledger, open_ledger
from ledger.settings import Settings
from tests.harness import kafka, postgres
from tests.kafka.intake_harness import IntakeHarness, Topics


@pytest.fixture
async def topics(kafka_broker: kafka.Broker) -> Topics:
    """Two topics that no other test has."""
    made = Topics(kafka_broker.servers)
    await made.make()
    return made


@pytest.fixture
def brokers(kafka_broker: kafka.Broker) -> Iterator[list[str]]:
    """A broker with the topics as shipped, and nothing in them."""
    with kafka_broker.shipped() as servers:
        yield servers


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A fresh ledger on one store, then on the other."""
    settings = Settings(data_dir=tmp_path)
    if request.param == "postgres":
        database: postgres.Database = request.getfixturevalue("database")
        settings = on_postgres(database.url, tmp_path)
    opened = open_ledger(settings)
    yield opened
    opened.close()


@pytest.fixture
def harness(ledger: Ledger, topics: Topics) -> IntakeHarness:
    """The ledger and the topics, with a source that publishes and one that commands."""
    return IntakeHarness(ledger, topics)


def on_postgres(url: str, directory: Path) -> Settings:
    """The settings of a ledger in a fresh database, its log begun."""
    settings = Settings.model_validate(
        {"data_dir": directory, "store": {"url": url}, "log": {"key_file": directory / "log.key"}}
    )
    store = open_store(settings)
    try:
        begin_log(settings, store)
    finally:
        store.close()
    return settings
