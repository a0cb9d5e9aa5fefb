"""Two processes tell people from one ledger on PostgreSQL, and one of them is killed amid it."""

import json
import threading
from contextlib import closing
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from consumers.container.ledger import Ledger, open_ledger
from consumers.container.roles import Role
from consumers.notify.tries import AT_ONCE
from ledger.domain.access.deciding import HOST
from ledger.domain.delivery import Delivered, DeliveryRequested
from ledger.domain.envelope import Event, uuid_of
from ledger.domain.incident.commands import Report
from ledger.domain.policy import AdoptPolicy
from ledger.execute import AdoptPolicyRequest
from ledger.policy.times import time_text
from ledger.vocabulary import Severity
from tests.faults.checking import recorded
from tests.harness.commands import report_incident
from tests.harness.fleet import Fleet
from tests.harness.postgres import Database
from tests.harness.process import until
from tests.harness.receiver import receiver
from tests.unit.policy.rules import telling

pytestmark = [
    pytest.mark.component("postgres"),
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "has a database of its own"),
]

CHANNEL = "risk-manager"
INCIDENTS = 30
WITHIN_SECONDS = 90


def ids(ledger: Ledger, kind: type[Event]) -> list[str]:
    """The notifications that have such an event, in log order."""
    return [str(uuid_of(each.stream)) for each in recorded(ledger) if isinstance(each.event, kind)]


def test_each_is_told_once_by_two_processes_of_which_one_is_killed_amid_it(
    database: Database, tmp_path: Path
) -> None:
    fleet, held = Fleet(database, tmp_path), threading.Event()
    with receiver() as told, closing(open_ledger(fleet.settings)) as ledger:
        told.answer = lambda _: 202 if held.wait(WITHIN_SECONDS) else 500
        channel = {CHANNEL: {"kind": "webhook", "url": told.url, "secret": "secret"}}
        fleet.env["AIRLEDGER_NOTIFY__CHANNELS"] = json.dumps(channel)
        execute, context = ledger.executor.execute, ledger.services.context
        adopt = AdoptPolicy(text=telling(CHANNEL), reason="Tell.")
        execute(AdoptPolicyRequest(command=adopt, asker=HOST), context())
        with fleet.running({Role.SEALER: 1, Role.CLOCK: 1, Role.REACTOR: 2}):
            for number in range(INCIDENTS):
                report = Report(title="It broke", system="chat", severity=Severity.CRITICAL)
                execute(report_incident(incident=UUID(int=number), report=report), context())
            both = 2 * AT_ONCE
            until(lambda: len(told.got) >= both, "both try", within=WITHIN_SECONDS)
            fleet.processes["reactor1"].kill()
            held.set()
            left = INCIDENTS - AT_ONCE
            until(lambda: len(ids(ledger, Delivered)) >= left, "told", within=WITHIN_SECONDS)
            assert INCIDENTS == len(ids(ledger, DeliveryRequested))
            fleet.processes["reactor1"].spawn()
            fleet.processes["reactor1"].await_ready()
            with psycopg.connect(database.url, autocommit=True) as connection:
                lapse_claims(connection, time_text(ledger.now()))
            done = lambda: len(ids(ledger, Delivered)) >= INCIDENTS  # noqa: E731
            until(done, "those of the killed one are told", within=WITHIN_SECONDS)
        keys = {each.strip('"') for each in told.keys}
        requested, delivered = ids(ledger, DeliveryRequested), ids(ledger, Delivered)
        assert INCIDENTS == len(requested) == len(delivered) == len(keys)
        assert keys == set(requested) == set(delivered)
        assert len(told.got) > INCIDENTS  # what the killed one sent, by the same keys


def lapse_claims(connection: psycopg.Connection, at: str) -> None:
    """As if the two minutes of the killed process's claims had passed."""
    connection.execute("UPDATE airledger.watched SET at = %s WHERE kind = 'delivery'", (at,))
