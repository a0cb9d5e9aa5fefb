"""Commands of one incident: at most once per key or message, and at the version they name."""

from collections.abc import Callable
from uuid import UUID

from ledger.domain.envelope import stream_id
from ledger.errors import IdempotencyKeyReused, StaleVersion
from ledger.execute.context import Context, Outcome
from ledger.execute.work import Work
from ledger.store.records import IDEMPOTENCY_KEPT, IdempotentAnswer

CREATED, OK = 201, 200
"""Statuses that a first answer has; they are kept with it, and given again."""


def once(
    incident: UUID, status: int, context: Context, work: Work, act: Callable[[], None]
) -> Outcome:
    """Runs a command, at most once per key and message, and tells where its incident stands."""
    key = context.idempotency
    if key is not None:
        before = work.store.answer(key.token, key.key)
        if before is not None and context.at - before.at <= IDEMPOTENCY_KEPT:
            if before.request != key.request:
                raise IdempotencyKeyReused(
                    f"The Idempotency-Key {key.key!r} came with another body before.",
                    remedy="Use a new key for a new request.",
                )
            return _replayed(before, work)
    stream = stream_id("incident", incident)
    version = work.loaded(stream).version
    if context.if_match is not None and 0 < version != context.if_match:
        raise StaleVersion(
            f"The incident is at version {version}, not {context.if_match}.",
            remedy="Read it again, and decide on what it is now.",
        )
    first = len(work.events)
    if context.own_id is None or work.take_id(*context.own_id):
        act()
    after = work.loaded(stream)
    if key is not None:
        answer = IdempotentAnswer(
            token=key.token,
            key=key.key,
            request=key.request,
            incident=incident,
            status=status,
            version=after.version,
            at=context.at,
        )
        work.notes.append(answer)
    return Outcome(
        incident=incident,
        version=after.version,
        position=after.leaf,
        events=len(work.events) - first,
    )


def _replayed(answer: IdempotentAnswer, work: Work) -> Outcome:
    """The first answer again: its status and version, and the leaf of that version."""
    stream = stream_id("incident", answer.incident)
    [last, *_] = work.store.load({stream: answer.version - 1})[stream]
    return Outcome(
        incident=answer.incident,
        version=answer.version,
        position=last.leaf,
        replayed=answer.status,
    )
