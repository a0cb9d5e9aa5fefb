"""Carrying out the commands that came in a body, for whoever may send them."""

from collections.abc import Callable
from uuid import UUID

from msgspec.structs import replace

from consumers.commands.references import is_reference, stream_named
from consumers.commands.resolving import resolved
from consumers.intake import chunks
from consumers.intake.parsed import EmbeddedCommand, ParsedBody
from ledger.domain.alert import Signal
from ledger.domain.catalogue import KINDS
from ledger.domain.stream_type import CommandType, StreamType
from ledger.errors import NOT_ITS_OWN, LedgerError, Refused
from ledger.execute import Context, ExecuteCommand, Outcome, RecordSignals, Request
from ledger.execute.ordering import in_order_of_store
from ledger.store.port import Store
from ledger.store.side_records import QuarantinePart, SideWrite
from ledger.vocabulary import Scope

Execute = Callable[[Request, Context], Outcome]
"""Runs a request: the executor's own, or one that appends nothing."""
OwnerOf = Callable[[Context, str], str]
"""Gives the opaque id of a person's name."""


class EmbeddedCommands:
    """A source's commands. `scope` is what its token may do. Blocking."""

    def __init__(
        self, store: Store, execute: Execute, owner_of: OwnerOf, *, source: str, scope: Scope
    ) -> None:
        self._store = store
        self._execute = execute
        self._owner_of = owner_of
        self._source = source
        self._reporter = f"source/{source}"
        self._opened: set[UUID] = set()
        self._scope = scope

    def allowed(self, order: EmbeddedCommand) -> bool:
        """Whether the source may send such a command."""
        return self._scope.permits(_command(order).scope)

    def reached(self, order: EmbeddedCommand) -> UUID:
        """The stream that a command is for. Raises NotFound."""
        kind = KINDS[order.kind]
        if _command(order).opens:
            return kind.opened_under(self._reporter, order.subject)
        return self._find(kind, order.subject)

    def obey(self, order: EmbeddedCommand, context: Context) -> Outcome:
        """Carries out a command, once for its own id. Raises what refuses it.

        The id is taken in the transaction of the command's events, so a refused one may come again.
        """
        kind, needed = KINDS[order.kind], _command(order).scope
        if not self.allowed(order):
            raise Refused(
                f"scope_{needed}_needed",
                f"It needs scope {needed}; the source {self._source!r} has {self._scope}.",
                remedy="Revoke the source, add it again with --scope operate, and retry this."
                if needed is Scope.OPERATE
                else "Let somebody do it whose token has that scope.",
            )
        context = replace(context, own_id=(f"command/{self._source}", order.own_id))
        subject = self.reached(order)
        opens = _command(order).opens
        if opens and is_reference(order.subject, kind):
            # Commands by that key would reach another stream until this one is opened.
            raise Refused(
                "own_key_reads_as_reference",
                f"The key {order.subject!r} reads as a reference of this ledger.",
                remedy="Report it under another key, such as 'tickets/<number>'.",
            )
        command = resolved(
            order.command,
            find=self._find,
            person=lambda name: self._owner_of(context, name),
            sender=context.source,
        )
        request = ExecuteCommand(kind=order.kind, subject=subject, command=command)
        outcome = self._execute(request, context)
        if opens:
            self._opened.add(subject)
        return outcome

    def _find(self, kind: StreamType, ref: str) -> UUID:
        opened = kind.opened_under(self._reporter, ref)
        if opened in self._opened:
            return opened
        return stream_named(self._store, kind, ref, reporter=self._reporter)

    def take(
        self,
        understood: ParsedBody,
        notes: tuple[SideWrite, ...],
        signals_context: Context,
        orders_context: Context,
    ) -> tuple[chunks.Taken, tuple[QuarantinePart, ...]]:
        """Takes a body's parts in their order, each run of signals and each command by itself.

        Returns what they came to, and the commands that were refused. Where it stops in between,
        nothing was answered yet, and the body sent again completes the rest: what was taken has an
        id. `notes` go with the first signals. Signals that can never be stored are counted.
        """
        taken = chunks.Taken()
        refused: list[QuarantinePart] = []
        for part in understood.parts():
            if isinstance(part, EmbeddedCommand):
                try:
                    outcome = self.obey(part, orders_context)
                except NOT_ITS_OWN:
                    raise
                except LedgerError as error:
                    refused.append(QuarantinePart(index=part.index, reason=reason(part, error)))
                    continue
                done = outcome.events > 0
                streams = (outcome.stream,) if outcome.stream else ()
                taken.add(Outcome(recorded=int(done), repeats=int(not done), streams=streams))
            else:
                self._take_signals(part, notes, signals_context, taken)
                notes = ()
        return taken, tuple(refused)

    def _take_signals(
        self,
        signals: tuple[Signal, ...],
        notes: tuple[SideWrite, ...],
        context: Context,
        taken: chunks.Taken,
    ) -> None:
        """A run of signals; in chunks, where it is large."""
        if chunks.is_large(signals):
            signals = in_order_of_store(self._store, signals, context.at)
        request = RecordSignals(source=self._source, signals=signals, notes=notes)
        ran = chunks.run(chunks.requests_of(request), lambda part: self._execute(part, context))
        taken.add(ran.outcome)
        if ran.why is not None:
            taken.refuse(ran.refused, ran.why)


def _command(order: EmbeddedCommand) -> CommandType:
    kind = KINDS[order.kind]
    return kind.commands[kind.by_body[type(order.command)]]


def reason(order: EmbeddedCommand, error: LedgerError) -> str:
    """Why a command was refused, for people."""
    what = "The event" if order.index is None else f"events[{order.index}]"
    why = str(error).removesuffix(".")
    return f"{what} is {order.type} of {order.subject[:200]!r}, which was refused: {why}."
