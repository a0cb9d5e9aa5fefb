"""Whose token it is stands in no record of a topic."""

from contextlib import closing
from pathlib import Path

import pytest

from consumers.access.tokens import grant_token, revoke
from consumers.commands.service import Caller, Commands
from consumers.container.ledger import open_ledger
from consumers.topics.topics import CHECKPOINTS, COMMANDS, EVENTS, SIGNALS
from ledger.domain.access import HolderKind
from ledger.domain.access.deciding import HOST
from ledger.domain.incident.commands import Assign, Report
from ledger.domain.incident.kind import INCIDENT
from ledger.settings import Settings
from ledger.vocabulary import Scope
from tests.kafka.checking import records_of
from tests.kafka.test_relay import relaying, until_sent

pytestmark = [pytest.mark.component("kafka"), pytest.mark.slow]

MARA = "mara@example.org"


async def test_no_record_has_the_name_of_whose_token_did_something(
    tmp_path: Path, brokers: list[str]
) -> None:
    with closing(open_ledger(Settings(data_dir=tmp_path / "data"))) as ledger:
        context = ledger.services.context
        grant_token(ledger.store, ledger.executor, context(), MARA, Scope.OPERATE)
        [row] = ledger.store.access.tokens(HolderKind.TOKEN)
        caller, commands = (
            Caller(actor=row.holder, token=row.holder_name, asker=HOST),
            Commands(ledger.services),
        )
        opened = commands.open(caller, INCIDENT, Report(title="T", system="chat"), key="k")
        of = str(opened.stream).partition("/")[2]
        commands.command(caller, INCIDENT, of, Assign(owner=MARA))
        revoke(ledger.executor, context(), HolderKind.TOKEN, MARA)
        ledger.seal_and_project()
        size = ledger.store.size()
        async with relaying(ledger, brokers) as relay:
            await until_sent(relay, size)
        records = [
            record
            for topic in (EVENTS, CHECKPOINTS, SIGNALS, COMMANDS)
            for record in await records_of(brokers, topic)
        ]

    assert size < len(records)
    said = b"".join(
        part or b""
        for record in records
        for part in (record.key, record.value, *(value for _, value in record.headers))
    )
    assert b"access.revoked" in said
    assert b"mara" not in said.lower()
    assert b"example.org" not in said
