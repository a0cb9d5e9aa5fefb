"""Closes quarantine entries: retries their refused parts, or dismisses them."""

from datetime import datetime
from functools import partial

from msgspec.structs import replace

from consumers.access.people import get_or_create_person
from consumers.intake import chunks
from consumers.intake.embedded_commands import EmbeddedCommands
from consumers.intake.parsing.cloudevent_commands import with_default_time
from consumers.intake.quarantine import KEPT_BEYOND_QUOTA, find, kept_body
from consumers.intake.quarantine_headers import HEADER_BYTES, is_cut
from consumers.intake.reparse import Reparsed, reparse
from ledger.errors import Refused
from ledger.execute import Context, Executor, Outcome, RecordSignals
from ledger.execute.ordering import in_order_of_store
from ledger.store.port import Store
from ledger.store.side_records import QuarantineClosed, Quarantined


def retry(store: Store, executor: Executor, entry: str, *, actor: str, now: datetime) -> Outcome:
    """Parses and records an entry's refused parts again, under their arrival time. Blocking.

    Raises Refused when a part is refused again, the body or its headers were cut, the body was
    erased or is not what arrived, or the entry is not open.
    """
    found = open_entry(store, entry)
    again = reparsed(store, found)
    parsed = again.parsed
    closed = QuarantineClosed(
        id=entry, state="retried", closed_by=actor, closed_at=now, close_reason="Retried."
    )
    context = retry_context(found, again)
    before = Outcome()
    if parsed.commands:
        before = _record_with_commands(store, executor, again, context, now)
        parsed = replace(parsed, signals=())
    signals = parsed.signals
    if chunks.is_large(signals):
        signals = in_order_of_store(store, signals, context.at)
    request = RecordSignals(source=again.source, signals=signals, truncation=parsed.truncation)
    outcome = _record_and_close(request, closed, executor, context)
    return replace(
        outcome,
        recorded=outcome.recorded + before.recorded,
        repeats=outcome.repeats + before.repeats,
        streams=(*before.streams, *outcome.streams),
    )


def reparsed(store: Store, found: Quarantined) -> Reparsed:
    """An entry's refused parts, parsed again. Raises Refused as `retry` does. Blocking."""
    body = kept_body(store, found)
    if body.erased:
        raise Refused(
            "body_erased",
            "The body of this entry was erased.",
            remedy="Dismiss the entry, with a reason; or let the source send what is still to be "
            "recorded.",
        )
    if body.altered:
        raise Refused(
            "body_altered",
            f"The kept body is not what arrived: its SHA-256 is not sha256:{found.digest}.",
            remedy="Restore the body from a backup, or let the source send it again and dismiss "
            "this entry. Find out who changed the store.",
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
            f"Its headers took more than {HEADER_BYTES} bytes, and some that are needed to parse "
            "it were not kept.",
            remedy="Let the source send it again, with less of them; then dismiss this entry.",
        )
    again = reparse(store, found, body.content)
    if again.parsed.refused:
        raise Refused(
            "still_not_understood",
            f"Still not understood: {again.parsed.refused[0].reason}",
            remedy="Dismiss it, with a reason, or upgrade airledger.",
        )
    return again


def retry_context(found: Quarantined, again: Reparsed) -> Context:
    """The context of a retry: its source, and the time of the entry's arrival."""
    return Context(
        at=found.arrived_at,
        actor=f"source/{again.source}",
        source=f"source/{again.source}",
        correlation=found.id,
        body_digest=found.digest,
        retried=True,
    )


def _record_and_close(
    request: RecordSignals, closed: QuarantineClosed, executor: Executor, context: Context
) -> Outcome:
    """Records signals and closes the entry with the last of them. Raises what refuses a signal."""
    if not chunks.is_large(request.signals):
        return executor.execute(replace(request, notes=(closed,)), context)
    result = chunks.run(chunks.split(request), lambda part: executor.execute(part, context))
    if result.error is not None:
        raise result.error
    executor.execute(RecordSignals(source=request.source, notes=(closed,)), context)
    return result.outcome


def _record_with_commands(
    store: Store, executor: Executor, again: Reparsed, context: Context, now: datetime
) -> Outcome:
    """Records a body with commands. They are decided now; their default time is the arrival.

    Raises Refused for the first that is refused again; what is recorded will be a repeat then.
    """
    commands = EmbeddedCommands(
        store,
        executor.execute,
        partial(get_or_create_person, store, executor),
        source=again.source,
        scope=again.scope,
    )
    with_times = tuple(
        replace(embedded, command=with_default_time(embedded.command, context.at))
        for embedded in again.parsed.commands
    )
    result, refused = commands.record(
        replace(again.parsed, commands=with_times),
        (),
        context,
        replace(context, at=now, retried=False),
    )
    if refused:
        raise Refused(
            "still_refused",
            f"Still refused: {refused[0].reason}",
            remedy="Follow the remedy that it names and retry again, or dismiss it, with a reason.",
        )
    if result.error is not None:
        raise result.error
    return result.outcome


def dismiss(
    store: Store, executor: Executor, entry: str, *, actor: str, reason: str, now: datetime
) -> None:
    """Closes an entry for a reason; its body stays stored. Blocking.

    Raises Refused without a reason, or where the entry is not open.
    """
    found = open_entry(store, entry)
    if not reason.strip():
        raise Refused("reason_needed", "Dismissing needs a reason.", remedy="Give one: --reason.")
    closed = QuarantineClosed(
        id=entry, state="dismissed", closed_by=actor, closed_at=now, close_reason=reason
    )
    executor.execute(
        RecordSignals(source=found.source, notes=(closed,)),
        Context(at=now, actor=actor, source="airledger", correlation=entry),
    )


def open_entry(store: Store, entry: str) -> Quarantined:
    """An entry that is open. Raises NotFound, and Refused for a closed one. Blocking."""
    found = find(store, entry)
    if found.state != "open":
        raise Refused(
            "not_open",
            f"The entry was {found.state} at {found.closed_at:%Y-%m-%dT%H:%M:%SZ}.",
            remedy="Nothing is left to do with it.",
        )
    return found
