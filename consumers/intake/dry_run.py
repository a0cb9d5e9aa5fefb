"""A dry run of a body: parsed and decided as on arrival, and not recorded."""

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
from consumers.intake.embedded_commands import EmbeddedCommands, refusal_reason
from consumers.intake.foreign_tickets import NotOurs
from consumers.intake.formats.registry import FORMATS, parse, without_token
from consumers.intake.parsed import EmbeddedCommand, Incoming, ParsedBody
from consumers.intake.quarantine import sorted_parts
from consumers.intake.receive import context_of
from consumers.text_safety import without_marks
from ledger.domain.alert import AlertResolved, Signal, without_labels
from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import uuid_of
from ledger.domain.identity import alert_id
from ledger.domain.incident.events import AlertLinked, IncidentDetected
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.stream_type import StreamType
from ledger.errors import NOT_ITS_OWN, Invalid, LedgerError, NotFound, Refused
from ledger.execute import Context, DryRunExecutor, RecordSignals
from ledger.policy import Policy
from ledger.store.port import Store
from ledger.store.side_records import QuarantinePart
from ledger.vocabulary import Scope, SourceKind


class DryRunSignal(msgspec.Struct, frozen=True, kw_only=True):
    """A signal, and what it would become under the policy in force.

    `becomes`: it opens an incident, joins one, ends its alert's episode, is recorded without an
    incident, or is a repeat. `reference` is None for an incident that does not exist yet. `unread`
    holds the texts of times that cannot be read, by field; such a time counts as absent.
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
    """A command, the id of its target stream, and whether the source's scope permits it.

    The stream is an incident, or of the kind that the type names.
    """

    type: str
    subject: str
    incident: UUID | None
    reference: str | None
    allowed: bool
    becomes: Literal["recorded", "repeat", "refused", "ignored"]


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a dry run; the counts, and `ignored`, are those of the intake's answer."""

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
    ignored: tuple[str, ...] = ()


def dry_run(
    store: Store,
    name: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], str],
) -> DryRun:
    """Runs `body` as if it arrived now from the source `name`. Appends nothing. Blocking.

    `headers` have names in lower case. Raises NotFound for an unknown source; Invalid where its
    format is not registered or the body is too large.
    """
    row = source_token(store, name)
    if row is None:
        raise NotFound(f"There is no source {name!r}.", remedy="See airledger source list.")
    kind = row.source_kind
    if kind is None or kind not in FORMATS:
        raise Invalid(
            f"The source {name} is of kind {kind}, which this release does not read.",
            remedy=f"Known are {', '.join(FORMATS)}.",
        )
    if len(body) > (most := FORMATS[kind].limit):
        raise Invalid(
            f"The body has {len(body)} bytes; a source of kind {kind} may send at most {most}.",
            remedy="Send it in smaller parts.",
        )
    body = without_token(kind, body, headers)
    incoming = Incoming(
        source=name,
        body=body,
        digest=hashlib.sha256(body).hexdigest(),
        arrived_at=clock(),
        headers=headers,
    )
    parsed = parse(kind, incoming)
    context = context_of(incoming, new_id())
    runner = DryRunner(store, name, row.scope, context, clock=clock, new_id=new_id)
    runner.run(parsed)
    refused = sorted_parts((*parsed.refused, *runner.refused))
    became = [*(each.becomes for each in runner.signals), *(e.becomes for e in runner.commands)]
    repeats = became.count("repeat")
    ignored = (*((parsed.ignored,) if parsed.ignored else ()), *runner.ignored)
    return without_marks(
        DryRun(
            source=name,
            kind=kind,
            scope=row.scope,
            received=len(became) + parsed.quarantined + (1 if parsed.ignored else 0),
            recorded=len(became) - repeats - len(runner.refused) - len(runner.ignored),
            repeats=repeats,
            quarantined=len(refused) + parsed.omitted,
            signals=tuple(runner.signals),
            commands=tuple(runner.commands),
            refused=refused,
            ignored=ignored,
        )
    )


class DryRunner:
    """Runs the parts of one body of a source, each after the effects of those before it."""

    def __init__(
        self,
        store: Store,
        source: str,
        scope: Scope,
        context: Context,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._source = source
        self._context = context
        self._policy: Policy = policy_in_force(store)
        self._executor = DryRunExecutor(store, clock=clock, new_id=new_id)
        self._commands = EmbeddedCommands(
            store, self._executor.execute, self._owner_of, source=source, scope=scope
        )
        self.signals: list[DryRunSignal] = []
        self.commands: list[DryRunCommand] = []
        self.refused: list[QuarantinePart] = []
        self.ignored: list[str] = []

    def run(self, parsed: ParsedBody) -> None:
        """Runs every part of a parsed body, in its order."""
        for part in parsed.parts():
            if isinstance(part, EmbeddedCommand):
                self.run_command(part)
            else:
                for signal in part:
                    self.run_signal(signal)

    def run_signal(self, signal: Signal) -> None:
        """Runs a signal, and adds it to `signals`."""
        request = RecordSignals(source=self._source, signals=(signal,))
        outcome = self._executor.execute(request, self._context)
        incident = uuid_of(outcome.streams[0]) if outcome.streams else None
        signal = without_labels(signal, self._policy.privacy.drop_labels)
        rule = self._policy.rule_for(signal.labels)
        self.signals.append(
            DryRunSignal(
                alert=alert_id(signal.source, signal.dedup_key),
                dedup_key=signal.dedup_key,
                status=signal.status,
                title=signal.title,
                labels=signal.labels,
                system=self._executor.own_name(self._policy.system_of(signal.labels, rule)),
                severity=self._policy.severity_of(signal.labels, rule),
                rule=rule.name,
                becomes=_becomes(self._executor.events(), incident),
                incident=incident,
                reference=self._reference(incident, INCIDENT),
                unread=signal.unread,
            )
        )

    def run_command(self, embedded: EmbeddedCommand) -> None:
        """Runs a command, and adds it to `commands`."""
        kind = KINDS[embedded.kind]
        subject: UUID | None = None
        becomes: Literal["recorded", "repeat", "refused", "ignored"] = "refused"
        with suppress(NotFound, Refused):  # execute raises it again
            subject = self._commands.target_stream(embedded)
        try:
            outcome = self._commands.execute(embedded, self._context)
            becomes = "recorded" if outcome.events else "repeat"
        except NOT_ITS_OWN:
            raise
        except NotOurs as error:
            self.ignored.append(str(error))
            becomes = "ignored"
        except LedgerError as error:
            self.refused.append(
                QuarantinePart(index=embedded.index, reason=refusal_reason(embedded, error))
            )
        self._executor.events()
        self.commands.append(
            DryRunCommand(
                type=embedded.type,
                subject=embedded.subject,
                incident=subject,
                reference=self._reference(subject, kind),
                allowed=self._commands.allowed(embedded),
                becomes=becomes,
            )
        )

    def _owner_of(self, _: Context, name: str) -> str:
        """A person's opaque id; a new one for an unknown person, who is not registered."""
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
