"""Events and notes as a store sees them: bytes under a stream and a version."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec

from ledger.store.port import LogState, NewEvent, Store
from ledger.store.side_records import (
    IdempotentAnswer,
    QuarantineClosed,
    Quarantined,
    QuarantinePart,
    QuarantineState,
    TokenRow,
)
from ledger.vocabulary import Scope, SourceKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

Opener = Callable[[], Store]
"""Opens one more store on the same data; can be pickled, for other processes."""

Interrupt = Callable[[Literal["before", "after"], Exception | None], AbstractContextManager[None]]
"""While in it, commits fail before or after they happen; None is a fault of the backend's own."""


def event(stream: str, version: int, text: str = "") -> NewEvent:
    """An event whose bytes tell it from every other; they are an envelope, as what is sealed is."""
    state = msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": f"{stream}.{version}",
            "source": "test",
            "type": "test.happened.v1",
            "subject": stream,
            "time": NOON,
            "recordedtime": NOON,
            "sequence": f"{version:010d}",
            "actor": "airledger",
            "correlationid": "c",
            "datacontenttype": "application/json",
            "data": {"text": text},
        }
    )
    return NewEvent(stream=stream, version=version, type="test.happened.v1", stored=state)


def log_state(size: int, checkpoint: bytes = b"signed") -> LogState:
    return LogState(origin="test.example/log", vkey="key", size=size, checkpoint=checkpoint)


def seal_all(store: Store) -> None:
    """Moves the log to all that was appended, with a checkpoint that is none."""
    with store.sealing() as log:
        if log.state() is None:
            log.start(log_state(0))
        old = log.state()
        assert old is not None
        log.advance(old, old._replace(size=store.size()), {})


def token(digest: str, name: str, *, kind: str = "token", at: datetime = NOON) -> TokenRow:
    return TokenRow(
        digest=digest,
        holder_kind=kind,
        holder_name=name,
        holder=f"source/{name}",
        scope=Scope.READ,
        source_kind=SourceKind.NATIVE if kind == "source" else None,
        granted_at=at,
    )


def answer(key: str, *, at: datetime = NOON, request: str = "digest") -> IdempotentAnswer:
    return IdempotentAnswer(
        token="alice", key=key, request=request, subject=UUID(int=1), result=201, version=1, at=at
    )


def set_aside(
    entry: str, digest: str, *, at: datetime = NOON, size: int = 10, truncated: bool = False
) -> Quarantined:
    return Quarantined(
        id=entry,
        source="am",
        source_kind="alertmanager",
        arrived_at=at,
        digest=digest,
        parts=(QuarantinePart(index=None, reason="not JSON"),),
        headers={"content-type": "text/plain"},
        last_seen_at=at,
        size=size,
        truncated=truncated,
    )


def closed(entry: str, state: QuarantineState = "dismissed") -> QuarantineClosed:
    return QuarantineClosed(
        id=entry, state=state, closed_by="person/1", closed_at=NOON, close_reason="Noise."
    )
