"""Commands of one stream: at most once per key or message, and at the version they name."""

from collections.abc import Callable
from uuid import UUID

from ledger.domain.stream_type import StreamType
from ledger.errors import IdempotencyKeyReused, StaleVersion
from ledger.execute.context import Context, Outcome
from ledger.execute.unit_of_work import Work
from ledger.store.side_records import CHANGED, IDEMPOTENCY_KEPT, OPENED, IdempotentAnswer


def run_once(
    kind: StreamType,
    subject: UUID,
    context: Context,
    work: Work,
    act: Callable[[], None],
    *,
    opens: bool = False,
) -> Outcome:
    """Runs a command, at most once per key and message, and returns where its stream stands.

    Raises IdempotencyKeyReused, StaleVersion, and what `act` raises.
    """
    key = context.idempotency
    if key is not None:
        before = work.store.idempotency.answer(key.token, key.key)
        if before is not None and context.at - before.at <= IDEMPOTENCY_KEPT:
            if (before.kind, before.request) != (kind.kind, key.request):
                raise IdempotencyKeyReused(
                    f"The Idempotency-Key {key.key!r} was used with another body before.",
                    remedy="Use a new key for a new request.",
                )
            return _replayed(kind.stream(before.subject), before, work)
    stream = kind.stream(subject)
    version = work.states.loaded(stream).version
    if context.if_match is not None and 0 < version != context.if_match:
        raise StaleVersion(
            f"The {kind.label} is at version {version}, not {context.if_match}.",
            remedy="Read it again, and send the command for its current version.",
        )
    first = len(work.events)
    if context.own_id is None or work.claims.consume(*context.own_id):
        act()
    after = work.states.loaded(stream)
    if key is not None:
        answer = IdempotentAnswer(
            token=key.token,
            key=key.key,
            request=key.request,
            subject=subject,
            kind=kind.kind,
            result=OPENED if opens else CHANGED,
            version=after.version,
            at=context.at,
        )
        work.side_writes.append(answer)
    return work.outcome_of(stream, len(work.events) - first)


def _replayed(stream: str, answer: IdempotentAnswer, work: Work) -> Outcome:
    """The first answer again: its version, and the leaf of that version."""
    [last, *_] = work.store.load({stream: answer.version - 1})[stream]
    return Outcome(stream=stream, version=answer.version, position=last.leaf, replayed=True)
