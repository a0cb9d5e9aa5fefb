"""Commands of incidents as requests, and the incidents that an outcome speaks of."""

from uuid import UUID

from msgspec.structs import replace

from ledger.domain.access.deciding import Asker
from ledger.domain.command import Command
from ledger.domain.envelope import uuid_of
from ledger.domain.incident.commands import Merge, Report
from ledger.domain.incident.kind import INCIDENT
from ledger.execute import ExecuteCommand, Outcome
from ledger.vocabulary import ActsBy, Scope

EVERYTHING = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.PROVIDER)
"""Somebody whom no scope holds back, logged in as a person."""


def report_incident(*, incident: UUID, report: Report) -> ExecuteCommand:
    """A report, of the ledger's own where it does not say who noticed it."""
    report = replace(report, source=report.source or "airledger")
    return ExecuteCommand(kind=INCIDENT.kind, subject=incident, command=report, asker=EVERYTHING)


def command_incident(*, incident: UUID, command: Command) -> ExecuteCommand:
    """A command of one incident."""
    return ExecuteCommand(kind=INCIDENT.kind, subject=incident, command=command, asker=EVERYTHING)


def merge_incidents(*, incident: UUID, into: UUID, reason: str) -> ExecuteCommand:
    """A merge, its target resolved."""
    return command_incident(incident=incident, command=Merge(into=str(into), reason=reason))


def incidents_of(outcome: Outcome) -> tuple[UUID, ...]:
    """The incidents that the signals of an outcome belong to."""
    return tuple(map(uuid_of, outcome.streams))
