"""`airledger topics`: creates and compares the topics on Kafka."""

import asyncio
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.errors import DONE, REFUSED
from consumers.cli.printing import print_items, print_line
from consumers.cli.session import Json, SessionArg
from ledger.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consumers.kafka.topic_admin import Applied
    from ledger.settings import KafkaSettings

app = App(name="topics", help="The topics of infra/kafka/topics.toml.")
Replication = Annotated[
    int | None, Parameter(help="Copies of each partition; as the file says by default.")
]


@app.command
def apply(*, replication: Replication = None, json: Json = False, session: SessionArg) -> int:
    """Create missing topics; report how the others differ. Changes no topic."""
    from consumers.kafka.topic_admin import apply as run

    return _print(asyncio.run(run(kafka_of(session), replication)), json=json)


@app.command
def check(*, replication: Replication = None, json: Json = False, session: SessionArg) -> int:
    """Compare the topics with their configuration; exit status 1 if one differs."""
    from consumers.kafka.topic_admin import check as run

    return _print(asyncio.run(run(kafka_of(session), replication)), json=json)


def kafka_of(session: SessionArg) -> "KafkaSettings":
    """The brokers. Raises SettingsError if none is named or the settings are incomplete."""
    settings = session.settings()
    settings.require_supported()
    if not settings.kafka.bootstrap_servers:
        raise SettingsError(
            "kafka.bootstrap_servers is not set.",
            remedy="Name the brokers: --kafka.bootstrap-servers HOST:PORT,HOST:PORT.",
        )
    return settings.kafka


def _print(applied: "Sequence[Applied]", *, json: bool) -> int:
    if json:
        print_items(applied)
    else:
        for topic in applied:
            state = "created" if topic.created else "as configured"
            print_line(f"{topic.name}: {'; '.join(topic.faults) or state}.")
            if topic.remedy:
                print_line(f"  {topic.remedy}")
    return REFUSED if any(topic.faults for topic in applied) else DONE
