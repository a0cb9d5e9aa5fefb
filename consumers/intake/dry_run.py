"""What a body would become: read by the same adapters, decided by the same rules, not recorded."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from consumers.access.people import known_person
from consumers.access.tokens import source_token
from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.intake.embedded_commands import EmbeddedCommands, reason
from consumers.intake.formats.registry import ADAPTERS, most_bytes, understand
from consumers.intake.parsed import EmbeddedCommand, Incoming
from consumers.intake.parsing.texts import as_utf8
from consumers.intake.quarantine import in_order
from consumers.intake.receive import context_of
from consumers.intake.routing_key import key_in, masked
from ledger.domain.alert import AlertResolved, Signal
from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import uuid_of
from ledger.domain.identity import alert_id
from ledger.domain.incident.events import AlertLinked, IncidentDetected
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import StreamType
from ledger.errors import NOT_ITS_OWN, Invalid, LedgerError, NotFound
from ledger.execute import Context, DryRunExecutor, RecordSignals
from ledger.policy import Policy
from ledger.store.port import Store
from ledger.store.side_records import QuarantinePart, TokenRow
from ledger.vocabulary import Scope, SourceKind


class DryRunSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A signal, and what it would come to under the policy in force.

    It opens an incident, joins one, ends its alert's episode, is recorded and no more, or is a
    repeat. `reference` is None for an incident that is not there yet. `unread` holds the texts of
    times that cannot be read, by their field; such a time is as if absent.
    """

    alert: UUID
    dedup_key: str
    status: str
    title: str
    labels: Mapping[str, str]
    system: str
    severity: str | None
    rule: str
    becomes: Literal["opens", "joins", "ends", "recorded", "repeat"]
    incident: UUID | None
    reference: str | None
    unread: Mapping[str, str]


class DryRunCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command, the id of the stream that it would reach, and whether the source may send it.

    The stream is an incident, or of the kind that the type names.
    """

    type: str
    subject: str
    incident: UUID | None
    reference: str | None
    allowed: bool
    becomes: Literal["recorded", "repeat", "refused"]


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a body would become; the counts are those of the intake's answer."""

    source: str
    kind: SourceKind
    scope: Scope
    received: int
    recorded: int
    repeats: int
    quarantined: int
    signals: tuple[DryRunSignal, ...]
    commands: tuple[DryRunCommand, ...]
    refused: tuple[QuarantinePart, ...]


def try_body(
    store: Store,
    name: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
) -> DryRun:
    """What `body` would become, were it to arrive now from this source. Appends nothing. Blocking.

    Raises NotFound, or Invalid where the source's format is not read or the body is too large.
    """
    row = source_token(store, name)
    if row is None:
        raise NotFound(f"There is no source {name!r}.", remedy="See airledger source list.")
    kind = row.source_kind
    if kind is None or kind not in ADAPTERS:
        raise Invalid(
            f"The source {name} is of kind {kind}, which this release does not read.",
            remedy=f"Known are {', '.join(ADAPTERS)}.",
        )
    if len(body) > (most := most_bytes(kind)):
        raise Invalid(
            f"The body has {len(body)} bytes; of a source of kind {kind} at most {most} are taken.",
            remedy="Send it in smaller parts.",
        )
    if kind is SourceKind.PAGERDUTY and (key := key_in(as_utf8(body, headers))) is not None:
        body = masked(as_utf8(body, headers), key)
    incoming = Incoming(
        source=name,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        arrived_at=clock(),
        headers=headers,
    )
    understood = understand(kind, incoming)
    trial = _Trial(store, row, context_of(incoming, new_id()), clock=clock, new_id=new_id)
    for part in understood.parts():
        if isinstance(part, EmbeddedCommand):
            trial.order(part)
        else:
            for signal in part:
                trial.signal(signal)
    refused = in_order((*understood.refused, *trial.refused))
    became = [*(each.becomes for each in trial.signals), *(e.becomes for e in trial.commands)]
    repeats = became.count("repeat")
    return DryRun(
        source=name,
        kind=kind,
        scope=row.scope,
        received=len(became) + understood.quarantined,
        recorded=len(became) - repeats - len(trial.refused),
        repeats=repeats,
        quarantined=len(refused) + understood.omitted,
        signals=tuple(trial.signals),
        commands=tuple(trial.commands),
        refused=refused,
    )


class _Trial:
    """The parts of one body, each upon what those before it would have led to."""

    def __init__(
        self,
        store: Store,
        row: TokenRow,
        context: Context,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._scope = row.scope
        self._source = row.holder_name
        self._context = context
        self._policy: Policy = policy_in_force(store)
        self._rehearsal = DryRunExecutor(store, clock=clock, new_id=new_id)
        self._orders = EmbeddedCommands(
            store, self._rehearsal.execute, self._owner_of, source=self._source, scope=self._scope
        )
        self.signals: list[DryRunSignal] = []
        self.commands: list[DryRunCommand] = []
        self.refused: list[QuarantinePart] = []

    def signal(self, signal: Signal) -> None:
        """Tries a signal."""
        request = RecordSignals(source=self._source, signals=(signal,))
        outcome = self._rehearsal.execute(request, self._context)
        incident = uuid_of(outcome.streams[0]) if outcome.streams else None
        rule = self._policy.rule_for(signal.labels)
        self.signals.append(
            DryRunSignal(
                alert=alert_id(signal.source, signal.dedup_key),
                dedup_key=signal.dedup_key,
                status=signal.status,
                title=signal.title,
                labels=signal.labels,
                system=self._policy.system_of(signal.labels, rule),
                severity=self._policy.severity_of(signal.labels, rule),
                rule=rule.name,
                becomes=_becomes(self._rehearsal.events(), incident),
                incident=incident,
                reference=self._reference(incident, INCIDENT),
                unread=signal.unread,
            )
        )

    def order(self, order: EmbeddedCommand) -> None:
        """Tries a command."""
        kind = KINDS[order.kind]
        subject: UUID | None = None
        becomes: Literal["recorded", "repeat", "refused"] = "refused"
        with suppress(NotFound):  # which is then what refuses the command, unless its scope does
            subject = self._orders.reached(order)
        try:
            outcome = self._orders.obey(order, self._context)
            becomes = "recorded" if outcome.events else "repeat"
        except NOT_ITS_OWN:
            raise
        except LedgerError as error:
            self.refused.append(QuarantinePart(index=order.index, reason=reason(order, error)))
        self._rehearsal.events()
        self.commands.append(
            DryRunCommand(
                type=order.type,
                subject=order.subject,
                incident=subject,
                reference=self._reference(subject, kind),
                allowed=self._orders.allowed(order),
                becomes=becomes,
            )
        )

    def _owner_of(self, _: Context, name: str) -> str:
        """A person's opaque id; one who is not known yet is not admitted."""
        return known_person(self._store, name) or f"person/{uuid4()}"

    def _reference(self, subject: UUID | None, kind: StreamType) -> str | None:
        if subject is None:
            return None
        stream = kind.stream(subject)
        entries = self._store.load({stream: 0})[stream]
        return reference(entries[0].leaf, kind) if entries else None


def _becomes(
    events: tuple[str, ...], incident: UUID | None
) -> Literal["opens", "joins", "ends", "recorded", "repeat"]:
    if not events:
        return "repeat"
    if IncidentDetected.name in events:
        return "opens"
    if AlertLinked.name in events:
        return "joins"
    return "ends" if AlertResolved.name in events and incident else "recorded"
