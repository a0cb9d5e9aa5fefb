"""Records a parsed body: its signals, its side writes, and alerts that its sender truncated."""

from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.identity import source_id
from ledger.domain.source import SOURCE, Source, find_complete, group_of, leave_out
from ledger.errors import Refused
from ledger.execute import requests as q
from ledger.execute.context import Context, Outcome
from ledger.execute.listening import hear, streams_heard
from ledger.execute.signals import record_signals
from ledger.execute.unit_of_work import Work
from ledger.store.side_records import QuarantineClosed


def record_bodies(request: q.RecordBodies, _: Context, work: Work) -> Outcome:
    """Records several bodies, each under its own circumstances. Raises Refused."""
    parts = tuple(record_body(part, context, work) for part, context in request.parts)
    return Outcome(
        recorded=sum(part.recorded for part in parts),
        repeats=sum(part.repeats for part in parts),
        events=sum(part.events for part in parts),
        parts=parts,
    )


def record_body(request: q.RecordSignals, context: Context, work: Work) -> Outcome:
    """Records what a body came to. Raises Refused where its quarantine entry is not open."""
    before = len(work.events)
    for note in request.notes:
        if isinstance(note, QuarantineClosed):
            _require_open(note, work)
        work.side_writes.append(note)
    outcome = record_signals(request.signals, context, work, ordered=request.ordered)
    if (cut := request.truncation) is not None:
        if cut.missing:
            _record_left_out(request.source, cut, context, work)
        elif not context.retried:
            _record_complete(request.source, cut, context, work)
    hear(context, work)
    return replace(outcome, events=len(work.events) - before)


def streams_of(request: q.RecordSignals) -> tuple[str, ...]:
    """The streams of its source."""
    return streams_heard(request.source)


def streams_of_all(request: q.RecordBodies) -> tuple[str, ...]:
    """The streams of all their sources."""
    sources = {part.source for part, _ in request.parts}
    return tuple(stream for source in sources for stream in streams_heard(source))


def _record_left_out(source: str, cut: q.Truncation, context: Context, work: Work) -> None:
    """Records that a body left out alerts: once, and again only where the gap ended since.

    When a group was last sent is kept beside the log, for its repeats are no events. A body retried
    from quarantine begins no gap, for it is not known whether a complete one came since.
    """
    stream, group = SOURCE.stream(source_id(source)), group_of(source, cut.sender)
    state: Source = work.states.loaded(stream).state
    is_new = work.claims.consume("truncated", cut.id)
    if context.retried:
        if is_new:
            event = leave_out(state, source, cut.sender, missing=cut.missing, at=context.at)
            work.record(stream, replace(event, since=UNSET), context)
        return
    work.last_seen.record_heard(group, context.at)
    if is_new or group not in state.left_out:
        event = leave_out(state, source, cut.sender, missing=cut.missing, at=context.at)
        work.record(stream, event, context)


def _record_complete(source: str, cut: q.Truncation, context: Context, work: Work) -> None:
    """Records that the alerts of a group are known again, where some of them were left out."""
    stream = SOURCE.stream(source_id(source))
    state: Source = work.states.loaded(stream).state
    if state.left_out:
        for event in find_complete(state, source, cut.sender, context.at):
            work.record(stream, event, context)


def _require_open(closed: QuarantineClosed, work: Work) -> None:
    entry = work.store.quarantine.entry(closed.id)
    if (
        entry is None
        or entry.state != "open"
        or not work.claims.claim_once("quarantine", closed.id)
    ):
        raise Refused(
            "not_open",
            f"The quarantine entry {closed.id} is not open any more.",
            remedy="It needs no further action; see airledger quarantine show.",
        )
