"""What to do with a quarantine entry: take its refused parts once more, or dismiss it."""

from datetime import datetime
from functools import partial

from msgspec.structs import replace

from consumers.access.people import get_or_create_person
from consumers.intake import chunks
from consumers.intake.embedded_commands import EmbeddedCommands
from consumers.intake.keeping import HEADER_BYTES, is_cut
from consumers.intake.parsing.cloudevent_commands import timed
from consumers.intake.quarantine import KEPT_BEYOND_QUOTA, find, kept_body
from consumers.intake.reparse import Again, reread
from ledger.errors import Refused
from ledger.execute import Context, Executor, Outcome, RecordSignals
from ledger.execute.ordering import in_order_of_store
from ledger.store.port import Store
from ledger.store.side_records import QuarantineClosed, Quarantined


def retry(store: Store, executor: Executor, entry: str, *, actor: str, now: datetime) -> Outcome:
    """Takes an entry's refused parts once more, under their original arrival time. Blocking.

    Raises Refused when they are still not understood, or refused, were cut, the body is not what
    arrived, or the entry is not open.
    """
    found = _open_entry(store, entry)
    body = kept_body(store, found)
    if body.altered:
        raise Refused(
            "body_altered",
            f"The kept body is not what arrived: its SHA-256 is not sha256:{found.digest}.",
            remedy="Find out who changed the store; put the body back from a backup, or let the "
            "source send it again and dismiss this entry.",
        )
    if not body.whole:
        raise Refused(
            "body_not_kept_whole",
            f"Only the first {KEPT_BEYOND_QUOTA} bytes of this body were kept.",
            remedy="Let the source send it again, then dismiss this entry.",
        )
    if is_cut(found.headers):
        raise Refused(
            "headers_not_kept_whole",
            f"Its headers took more than {HEADER_BYTES} bytes, and some that tell how it is read "
            "were not kept.",
            remedy="Let the source send it again, with less of them; then dismiss this entry.",
        )
    again = reread(store, found, body.content)
    understood = again.understood
    if understood.refused:
        raise Refused(
            "still_not_understood",
            f"Still not understood: {understood.refused[0].reason}",
            remedy="Dismiss it, with a reason, or upgrade airledger.",
        )
    closed = QuarantineClosed(
        id=entry, state="retried", closed_by=actor, closed_at=now, close_reason="Retried."
    )
    context = Context(
        at=found.arrived_at,
        actor=f"source/{again.source}",
        source=f"source/{again.source}",
        correlation=entry,
        body_digest=found.digest,
        retried=True,
    )
    obeyed = Outcome()
    if understood.orders:
        obeyed = _obey(store, executor, again, found, context, now)
        understood = replace(understood, signals=())
    signals = understood.signals
    if chunks.is_large(signals):
        signals = in_order_of_store(store, signals, context.at)
    request = RecordSignals(source=again.source, signals=signals, truncation=understood.truncation)
    outcome = _execute(request, closed, executor, context)
    return replace(
        outcome,
        recorded=outcome.recorded + obeyed.recorded,
        repeats=outcome.repeats + obeyed.repeats,
        streams=(*obeyed.streams, *outcome.streams),
    )


def _execute(
    request: RecordSignals, closed: QuarantineClosed, executor: Executor, context: Context
) -> Outcome:
    """Takes signals and closes the entry with the last of them. Raises what refuses any of them."""
    if not chunks.is_large(request.signals):
        return executor.execute(replace(request, notes=(closed,)), context)
    taken = chunks.run(chunks.requests_of(request), lambda part: executor.execute(part, context))
    if taken.why is not None:
        raise taken.why
    executor.execute(RecordSignals(source=request.source, notes=(closed,)), context)
    return taken.outcome


def _obey(
    store: Store,
    executor: Executor,
    again: Again,
    found: Quarantined,
    context: Context,
    now: datetime,
) -> Outcome:
    """Takes a body with commands. They are decided now, but happened on arrival unless they say.

    Raises Refused for the first that is refused again; what was taken will be a repeat then.
    """
    orders = EmbeddedCommands(
        store,
        executor.execute,
        partial(get_or_create_person, store, executor),
        source=again.source,
        scope=again.scope,
    )
    timely = tuple(
        replace(order, command=timed(order.command, found.arrived_at))
        for order in again.understood.orders
    )
    taken, refused = orders.take(
        replace(again.understood, orders=timely),
        (),
        context,
        replace(context, at=now, retried=False),
    )
    if refused:
        raise Refused(
            "still_refused",
            f"Still refused: {refused[0].reason}",
            remedy="Do what it names and retry again, or dismiss it, with a reason.",
        )
    if taken.why is not None:
        raise taken.why
    return taken.outcome


def dismiss(
    store: Store, executor: Executor, entry: str, *, actor: str, reason: str, now: datetime
) -> None:
    """Closes an entry for a reason; its body stays kept. Blocking. Raises Refused."""
    found = _open_entry(store, entry)
    if not reason.strip():
        raise Refused("reason_needed", "Dismissing needs a reason.", remedy="Give one: --reason.")
    closed = QuarantineClosed(
        id=entry, state="dismissed", closed_by=actor, closed_at=now, close_reason=reason
    )
    executor.execute(
        RecordSignals(source=found.source, notes=(closed,)),
        Context(at=now, actor=actor, source="airledger", correlation=entry),
    )


def _open_entry(store: Store, entry: str) -> Quarantined:
    found = find(store, entry)
    if found.state != "open":
        raise Refused(
            "not_open",
            f"The entry was {found.state} at {found.closed_at:%Y-%m-%dT%H:%M:%SZ}.",
            remedy="Nothing is left to do with it.",
        )
    return found
