"""Commands of people and programs, the same for HTTP and the command line. Blocking."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from consumers.instants import readable
from consumers.people import person_named
from consumers.references import incident_id
from ledger.domain import identity
from ledger.domain.incident import commands as c
from ledger.domain.incident.amending import TIMES
from ledger.execute import (
    CommandIncident,
    Context,
    Executor,
    Idempotency,
    MergeIncidents,
    Outcome,
    ReportIncident,
)
from ledger.store.port import Store


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who commands: an opaque actor, and the name of the token (or user) it comes by."""

    actor: str
    token: str


def request_for(
    incident: UUID,
    command: c.Command,
    *,
    find: Callable[[str], UUID],
    owner_of: Callable[[str], str],
) -> CommandIncident | MergeIncidents:
    """The request of a command, what it names resolved. Raises NotFound.

    `find` gives the incident that a text names, `owner_of` a person's opaque id.
    """
    if isinstance(command, c.Merge):
        return MergeIncidents(incident=incident, into=find(command.into), reason=command.reason)
    if isinstance(command, c.Amend) and command.to and command.field in TIMES:
        command = replace(command, to=readable(command.to))
    if isinstance(command, c.Assign):
        command = replace(command, owner=owner_of(command.owner))
    return CommandIncident(incident=incident, command=command)  # type: ignore[arg-type]


class Commands:
    """Runs commands. `clock` gives the time they arrive, `new_id` fresh ids (UUIDv7)."""

    def __init__(
        self,
        store: Store,
        executor: Executor,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._executor = executor
        self._clock = clock
        self._new_id = new_id

    def report(self, caller: Caller, report: c.Report, *, key: str | None = None) -> Outcome:
        """Opens an incident; under an idempotency key always the same one."""
        incident = (
            UUID(self._new_id()) if key is None else identity.reported_incident(caller.token, key)
        )
        context = self._context(caller, key, "report", report)
        return self._executor.execute(ReportIncident(incident=incident, report=report), context)

    def command(
        self,
        caller: Caller,
        ref: str,
        command: c.Command,
        *,
        key: str | None = None,
        if_match: int | None = None,
    ) -> Outcome:
        """Commands the incident that `ref` names. Raises NotFound, Refused, StaleVersion, ..."""
        incident = incident_id(self._store, ref)
        context = self._context(caller, key, f"{incident}", command, if_match)
        request = request_for(
            incident,
            command,
            find=lambda ref: incident_id(self._store, ref),
            owner_of=lambda name: person_named(self._store, self._executor, context, name),
        )
        return self._executor.execute(request, context)

    def _context(
        self,
        caller: Caller,
        key: str | None,
        about: str,
        command: c.Command,
        if_match: int | None = None,
    ) -> Context:
        body = msgspec.json.encode([about, type(command).__name__, command])
        return Context(
            at=self._clock(),
            actor=caller.actor,
            source="airledger",
            correlation=self._new_id(),
            if_match=if_match,
            idempotency=None
            if key is None
            else Idempotency(token=caller.token, key=key, request=hashlib.sha256(body).hexdigest()),
        )
