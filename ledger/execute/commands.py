"""A command of any kind of stream: load what it is decided by, let the domain decide, record."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from ledger.domain.access.deciding import Asked
from ledger.domain.catalogue import KINDS
from ledger.domain.command import Command
from ledger.domain.command_names import asked_for
from ledger.domain.concern import concern_of_all
from ledger.domain.envelope import Event, id_of, kind_of
from ledger.domain.stream_type import NOBODY, CommandType, Sender, StreamType
from ledger.domain.system.names import NAMES_STREAM, SystemNames
from ledger.errors import IdempotencyKeyReused, LedgerError
from ledger.execute.context import Context, Outcome
from ledger.execute.idempotency import run_once
from ledger.execute.listening import hear
from ledger.execute.requests import CausedCommand, ExecuteCommand, ExecuteCommands
from ledger.execute.standing import require_allowed
from ledger.execute.texts import Known, compared
from ledger.execute.unit_of_work import Work


def execute_command(asked: ExecuteCommand, context: Context, work: Work) -> Outcome:
    """Runs a command from outside. Raises NotFound where a stream that it needs has no event.

    Raises Forbidden where its sender may not. Raises ValueError for a command that its kind of
    stream does not list.
    """
    kind = KINDS[asked.kind]
    of = kind.command_type(asked.command)
    if of is None:
        raise ValueError(f"{kind.kind} has no command {type(asked.command).__name__}")

    request = _by_own_names(asked, kind, of, work)

    def act() -> None:
        if of.opens and of.opens_as is None:
            _require_new(request, kind, context, work)
        states = _loaded(request, of, work)
        allowed = require_allowed(_asked(request, kind, of, states), request.asker, context, work)
        acting = replace(context, acting=allowed.acting)
        decided, known = _decided(request, kind, of, states, acting, allowed.sender, work)
        for stream, events in decided:
            record_in_turn(stream, events, acting, work, known)

    outcome = run_once(kind, request.subject, context, work, act, opens=of.opens)
    hear(context, work)
    return outcome


def execute_commands(request: ExecuteCommands, context: Context, work: Work) -> Outcome:
    """Runs several commands from outside. Raises what refuses one of them, saying which."""
    parts = []
    for number, part in enumerate(request.parts, start=1):
        try:
            parts.append(execute_command(part, context, work))
        except LedgerError as error:
            error.message = f"Of {len(request.parts)}, number {number}: {error.message}"
            raise
    return Outcome(
        recorded=sum(part.events > 0 for part in parts),
        repeats=sum(part.events == 0 for part in parts),
        events=sum(part.events for part in parts),
        parts=tuple(parts),
    )


def execute_caused(caused: CausedCommand, context: Context, work: Work) -> None:
    """Runs a command of the ledger's own, whose events name what caused them; nobody sends it."""
    kind, command = KINDS[caused.kind], caused.command
    stream = kind.stream(caused.subject)
    of = kind.command_type(command) if isinstance(command, Command) else None
    decided: Iterable[tuple[str, tuple[Event, ...]]]
    if of is None or of.decide_over is None:
        state = work.states.loaded(stream).state
        decided = ((stream, kind.decided(command, state, work.policy(), context.at)),)
    else:
        states = states_required(_named(command, of, stream), _following(command, of, stream), work)
        decided = of.decide_over(command, stream, states, work.policy(), context.at, NOBODY)
    for name, events in decided:
        for event in events:
            work.record(name, event, context, caused.causation, caused.policy_digest)


def streams_of(request: ExecuteCommand) -> tuple[str, ...]:
    """The streams that a command is decided by: its own, those that it reads, those it checks."""
    kind, command = KINDS[request.kind], request.command
    own, of = kind.stream(request.subject), kind.command_type(request.command)
    if of is None:
        return (own,)
    names = (NAMES_STREAM,) if of.renames is not None else ()
    return tuple(dict.fromkeys((*_named(command, of, own), *names)))


def streams_of_all(request: ExecuteCommands) -> tuple[str, ...]:
    """The streams that all of them are decided by."""
    return tuple(stream for part in request.parts for stream in streams_of(part))


def record_in_turn(
    stream: str,
    events: tuple[Event, ...],
    context: Context,
    work: Work,
    known: Known | None = None,
) -> None:
    """Records events of one stream, each caused by the one before it; see `Work.record`."""
    causation = None
    for event in events:
        causation = work.record(stream, event, context, causation, known=known)


def _named(command: Any, of: CommandType, own: str) -> tuple[str, ...]:
    """The stream of a command, and those that the command names."""
    return tuple(dict.fromkeys((own, *of.reads(command), *of.checks(command))))


def _loaded(request: ExecuteCommand, of: CommandType, work: Work) -> dict[str, Any]:
    """The states that it is decided by, its own stream's first.

    Raises NotFound where a stream has no event that must have one: its own, unless it may be new,
    and those that it reads.
    """
    streams = streams_of(request)
    work.states.prefetch(streams)
    own = streams[0]
    may_be_new = of.opens or of.names is not None
    for stream in (*(() if may_be_new else (own,)), *of.reads(request.command)):
        if work.states.loaded(stream).version == 0:
            raise KINDS[kind_of(stream)].unknown(id_of(stream))
    if of.decide_over is None:
        return {stream: work.states.loaded(stream).state for stream in streams}
    return states_required(streams, _following(request.command, of, own), work)


Follows = Callable[[Mapping[str, Any]], Iterable[str]]
"""The streams that some states name."""


def _following(command: Any, of: CommandType, own: str) -> Follows:
    """What the states of a command name."""
    follows = of.follows
    return lambda states: () if follows is None else follows(command, own, states)


def states_required(streams: Iterable[str], follows: Follows, work: Work) -> dict[str, Any]:
    """The states of streams and of all that they name, for a decision that holds while they do.

    That none of them changed is a precondition of the append. Those that are named may have no
    event. Raises UnknownEvent, Unavailable.
    """
    states = {stream: work.states.loaded(stream).state for stream in streams}
    while new := [each for each in follows(states) if each not in states]:
        work.states.prefetch(new)
        states |= {stream: work.states.loaded(stream).state for stream in new}
    if len(states) > 1:  # of one alone the append itself says whether it changed
        work.require_unchanged(states)
    return states


def _by_own_names(
    request: ExecuteCommand, kind: StreamType, of: CommandType, work: Work
) -> ExecuteCommand:
    """The command with systems by their own names, which is so while these names are."""
    if of.renames is None:
        return request
    work.require_unchanged((NAMES_STREAM,))
    names: SystemNames = work.states.loaded(NAMES_STREAM).state
    command = of.renames(request.command, names.own_of)
    return replace(request, command=command, subject=kind.opened_as(command) or request.subject)


def _asked(
    request: ExecuteCommand, kind: StreamType, of: CommandType, states: Mapping[str, Any]
) -> Asked:
    """The command with all that it concerns: what its streams say, and what it names."""
    own = kind.stream(request.subject)
    concern = concern_of_all(
        KINDS[kind_of(stream)].concerns(state)
        for stream, state in states.items()
        if not of.opens or stream != own
    )
    touched = frozenset(of.touches(request.command))
    name = kind.by_body[type(request.command)]
    return asked_for(f"{kind.kind}/{name}", concern._replace(systems=concern.systems | touched))


def _decided(
    request: ExecuteCommand,
    kind: StreamType,
    of: CommandType,
    states: Mapping[str, Any],
    context: Context,
    sender: Sender,
    work: Work,
) -> tuple[tuple[tuple[str, tuple[Event, ...]], ...], Known]:
    """The events of each stream, and the texts that they may repeat."""
    command, own, policy = request.command, kind.stream(request.subject), work.policy()
    state, known = compared(command, of, states[own], work.texts)
    if of.decide_over is not None:
        found = of.decide_over(command, own, {**states, own: state}, policy, context.at, sender)
        return found, known
    if of.decide_by is not None:
        decided = of.decide_by(command, state, policy, context.at, sender)
    else:
        decided = kind.decided(command, state, policy, context.at)
    return ((own, decided),), known


def _require_new(request: ExecuteCommand, kind: StreamType, context: Context, work: Work) -> None:
    """Refuses an expired key that opened a stream: whoever sends it again may mean a new one."""
    if work.states.loaded(kind.stream(request.subject)).version and context.idempotency is not None:
        raise IdempotencyKeyReused(
            f"The Idempotency-Key {context.idempotency.key!r} opened the {kind.label} "
            f"{request.subject} more than 7 days ago.",
            remedy=f"Use a new key for a new {kind.label}.",
        )
