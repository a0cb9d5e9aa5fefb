"""Executes the commands that came in a body, where the source's scope permits them."""

from collections.abc import Callable
from uuid import UUID

from msgspec.structs import replace

from consumers.access.people import known_person
from consumers.access.tokens import SOURCE_SCOPES
from consumers.commands.references import is_reference, stream_named
from consumers.commands.resolving import resolved
from consumers.intake import chunks
from consumers.intake.foreign_tickets import IncidentsByTicket, NotOurs
from consumers.intake.parsed import EmbeddedCommand, ParsedBody
from ledger.domain.access.deciding import Asker, permits
from ledger.domain.alert import Signal
from ledger.domain.catalogue import KINDS
from ledger.domain.command import Command
from ledger.domain.incident.commands import Assign
from ledger.domain.stream_type import CommandType, StreamType
from ledger.errors import NOT_ITS_OWN, LedgerError, Refused
from ledger.execute import Context, ExecuteCommand, Outcome, RecordSignals, Request
from ledger.execute.ordering import in_order_of_store
from ledger.store.port import Store
from ledger.store.side_records import QuarantinePart, SideWrite
from ledger.vocabulary import ActsBy, Scope

Execute = Callable[[Request, Context], Outcome]
"""Executes a request: the executor's method, or that of a dry run, which appends nothing."""
OwnerOf = Callable[[Context, str], str]
"""Looks up or creates the opaque id of a person's name."""
NOTHING_LEFT = frozenset({"impact_ended"})
"""The rules whose refusal of what was done elsewhere says that it is on record already."""


class EmbeddedCommands:
    """Executes the commands of one source. `scope` is that of its token. Blocking."""

    def __init__(
        self,
        store: Store,
        execute: Execute,
        owner_of: OwnerOf,
        *,
        source: str,
        scope: Scope,
    ) -> None:
        self._store = store
        self._execute_request = execute
        self._owner_of = owner_of
        self._source = source
        self._reporter = f"source/{source}"
        self._opened: set[UUID] = set()
        self._scope = scope
        self._by_ticket = IncidentsByTicket(store)
        self._asker = Asker(scopes=frozenset({scope}), by=ActsBy.TOKEN)

    def allowed(self, embedded: EmbeddedCommand) -> bool:
        """Whether the source's scope permits the command."""
        return permits({self._scope}, _command_type(embedded).scope)

    def target_stream(self, embedded: EmbeddedCommand) -> UUID:
        """The id of the stream that a command is for. Raises NotFound; NotOurs where it is none.

        Raises Refused for a ticket of several incidents.
        """
        if embedded.about is not None:
            return self._by_ticket.find(embedded.about)
        kind = KINDS[embedded.kind]
        if _command_type(embedded).opens:
            opened = kind.opened_as(embedded.command)
            return opened or kind.opened_under(self._reporter, embedded.subject)
        new = _command_type(embedded).names is not None
        return self._find(kind, embedded.subject, may_be_new=new)

    def execute(self, embedded: EmbeddedCommand, context: Context) -> Outcome:
        """Executes a command, once for its message id. Raises the LedgerError that refuses it.

        The id is recorded in the transaction of the command's events, so a refused command may be
        sent again. Where what was done elsewhere is on record already, there is nothing to do.
        """
        kind, command_type = KINDS[embedded.kind], _command_type(embedded)
        needed = command_type.scope
        if not permits({self._scope}, needed):
            raise Refused(
                f"scope_{needed}_needed",
                f"It needs scope {needed}; the source {self._source!r} has {self._scope}.",
                remedy=f"Revoke the source, add it again with --scope {needed}, and retry this."
                if needed in SOURCE_SCOPES
                else "Send the command with a token that has that scope.",
            )
        context = replace(context, own_id=(f"command/{self._source}", embedded.message_id))
        subject = self.target_stream(embedded)
        if command_type.opens and is_reference(embedded.subject, kind):
            # Commands by that key would reach another stream until this one is opened.
            raise Refused(
                "own_key_reads_as_reference",
                f"The key {embedded.subject!r} reads as a reference of this ledger.",
                remedy="Report it under another key, such as 'tickets/<number>'.",
            )
        given = embedded.command
        if command_type.names is not None:
            given = command_type.names(given, embedded.subject)
        command = resolved(
            given,
            find=self._find,
            person=lambda name: self._person(embedded, context, name),
            sender=context.source,
        )
        if embedded.restated and self._said_before(subject, command):
            return Outcome(stream=kind.stream(subject))
        request = ExecuteCommand(
            kind=embedded.kind, subject=subject, command=command, asker=self._asker
        )
        try:
            outcome = self._execute_request(request, context)
        except Refused as error:
            if embedded.about is None or error.rule not in NOTHING_LEFT:
                raise
            return Outcome(stream=kind.stream(subject))
        if command_type.opens:
            self._opened.add(subject)
        return outcome

    def _person(self, embedded: EmbeddedCommand, context: Context, name: str) -> str:
        for other in embedded.person_names:
            if (known := known_person(self._store, other)) is not None:
                return known
        return self._owner_of(context, name)

    def _said_before(self, incident: UUID, command: Command) -> bool:
        """Whether this source said the same last, whatever others have said since."""
        if not isinstance(command, Assign):
            return False
        return command.owner == self._by_ticket.last_owner_by(incident, self._reporter)

    def _find(self, kind: StreamType, ref: str, *, may_be_new: bool = False) -> UUID:
        opened = kind.opened_under(self._reporter, ref)
        if opened in self._opened:
            return opened
        return stream_named(self._store, kind, ref, reporter=self._reporter, may_be_new=may_be_new)

    def record(
        self,
        parsed: ParsedBody,
        writes: tuple[SideWrite, ...],
        signals_context: Context,
        commands_context: Context,
    ) -> tuple[chunks.RecordResult, tuple[QuarantinePart, ...]]:
        """Records a body's parts in their order, each run of signals and each command by itself.

        Returns the result, and the commands that were refused. `writes` go with the first signals.
        Signals that can never be stored are counted. Raises the first temporary failure: the body
        sent again completes the rest, for what is recorded is a repeat.
        """
        result = chunks.RecordResult()
        refused: list[QuarantinePart] = []
        for part in parsed.parts():
            if isinstance(part, EmbeddedCommand):
                try:
                    outcome = self.execute(part, commands_context)
                except NOT_ITS_OWN:
                    raise
                except NotOurs as error:
                    if (reason := str(error)) not in result.ignored:
                        result.ignored.append(reason)
                    continue
                except LedgerError as error:
                    reason = refusal_reason(part, error)
                    refused.append(QuarantinePart(index=part.index, reason=reason))
                    continue
                done = outcome.events > 0
                streams = (outcome.stream,) if outcome.stream else ()
                result.add(Outcome(recorded=int(done), repeats=int(not done), streams=streams))
            else:
                self._record_signals(part, writes, signals_context, result)
                writes = ()
        return result, tuple(refused)

    def _record_signals(
        self,
        signals: tuple[Signal, ...],
        writes: tuple[SideWrite, ...],
        context: Context,
        result: chunks.RecordResult,
    ) -> None:
        """Records a run of signals, in chunks where it is large, and adds it to `result`."""
        if chunks.is_large(signals):
            signals = in_order_of_store(self._store, signals, context.at)
        request = RecordSignals(source=self._source, signals=signals, notes=writes)
        ran = chunks.run(chunks.split(request), lambda part: self._execute_request(part, context))
        result.add(ran.outcome)
        if ran.error is not None:
            result.refuse(ran.refused, ran.error)


def _command_type(embedded: EmbeddedCommand) -> CommandType:
    kind = KINDS[embedded.kind]
    return kind.commands[kind.by_body[type(embedded.command)]]


def refusal_reason(embedded: EmbeddedCommand, error: LedgerError) -> str:
    """The reason in quarantine for a command that was refused."""
    what = "The event" if embedded.index is None else f"events[{embedded.index}]"
    why = str(error).removesuffix(".")
    return f"{what} is {embedded.type} of {embedded.subject[:200]!r}, which was refused: {why}."
