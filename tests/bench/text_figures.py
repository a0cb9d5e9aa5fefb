"""What texts beside the log cost: the same alerts, reports, read models and lists in both forms.

The limit of each figure is the same work with the texts in the events, in the same run. Runs of the
two forms take turns at coming first, and none pays for the garbage of those before it.
"""

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from consumers.container.ledger import Ledger, open_ledger
from consumers.read_service.incidents import register
from ledger.domain.access.deciding import HOST
from ledger.domain.incident.commands import Note, Report
from ledger.domain.policy import AdoptPolicy
from ledger.execute import AdoptPolicyRequest
from ledger.settings import Settings
from projections.catalogue import PROJECTIONS
from projections.engine import rebuild_all
from projections.queries.incidents import IncidentFilters
from tests.bench.log_figures import execute
from tests.bench.measuring import Figure, rate
from tests.harness.commands import command_incident, report_incident
from tests.harness.texts import BESIDE, INLINE

INCIDENTS = 2_000
LISTED = 100
RUNS = 5
WORDS = "The assistant answered with another customer's name and address. " * 8
NAMES = ("commands recorded", "events of alerts", "events rebuilt", "rows of the register")
IN_EVENTS = "the same with texts in the events"


class Rates(NamedTuple):
    """Units a second: events of commands and of alerts recorded, folded by a rebuild, rows read."""

    commands: float = 0.0
    alerts: float = 0.0
    events: float = 0.0
    rows: float = 0.0

    def best(self, other: "Rates") -> "Rates":
        """The better of each."""
        return Rates(*map(max, self, other))


def figures(directory: Path) -> Iterator[Figure]:
    """Four figures."""
    best = {"inline": Rates(), "beside": Rates()}
    ledgers: dict[str, Ledger] = {}
    try:
        for form, policy in (("inline", INLINE), ("beside", BESIDE)):
            ledgers[form] = open_ledger(Settings(data_dir=directory / f"texts_{form}"))
            adopt(ledgers[form], policy)
        for run in range(RUNS):
            for form in sorted(ledgers, reverse=bool(run % 2)):
                best[form] = best[form].best(_rates(ledgers[form], f"{run}-"))
    finally:
        for ledger in ledgers.values():
            ledger.close()
    for place, name in enumerate(NAMES):
        yield Figure(
            f"{name} with texts beside the log",
            best["beside"][place],
            IN_EVENTS,
            best["inline"][place],
        )


def adopt(ledger: Ledger, policy: str) -> None:
    """Adopts a policy, which may be the one in force but for a comment."""
    command = AdoptPolicy(text=f"{policy}# Measured\n", reason="To measure.")
    ledger.executor.execute(
        AdoptPolicyRequest(command=command, asker=HOST), ledger.services.context()
    )


def _rates(ledger: Ledger, run: str) -> Rates:
    commands = _once(2 * INCIDENTS, lambda: _report(ledger))
    before = ledger.store.size()
    alerts = _once(1, lambda: execute(ledger, run))
    size = ledger.store.size()
    ledger.seal_and_project()
    events = _once(size, _rebuild(ledger, size))
    rows = rate(LISTED, lambda: register(ledger, IncidentFilters(), limit=LISTED), runs=20)
    return Rates(commands, alerts * (size - before), events, rows)


def _once(units: int, run: Callable[[], object]) -> float:
    """Units a second of one run that collects no garbage but its own."""
    gc.collect()
    gc.freeze()
    return rate(units, run, runs=1)


def _report(ledger: Ledger) -> None:
    """Reports and notes, each under way beside the others."""
    incidents = [uuid4() for _ in range(INCIDENTS)]
    requests = [
        report_incident(
            incident=each, report=Report(title=f"Case {each}", system="chat", description=WORDS)
        )
        for each in incidents
    ]
    requests += [command_incident(incident=each, command=Note(text=WORDS)) for each in incidents]
    context = ledger.services.context("person/1")
    futures = [ledger.executor.submit(each, context) for each in requests]
    for future in futures:
        future.result()


def _rebuild(ledger: Ledger, size: int) -> Callable[[], None]:
    def run() -> None:
        rebuild_all(ledger.projector, ledger.views, PROJECTIONS, until=size)

    return run
