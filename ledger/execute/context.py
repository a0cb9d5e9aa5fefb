"""The circumstances of a request, and what it came to."""

from datetime import datetime

import msgspec

from ledger.domain.envelope import Acting
from ledger.store.side_records import PositionMove


class Idempotency(msgspec.Struct, frozen=True, kw_only=True):
    """The caller's key for this request, per token; `request` is the digest of its body."""

    token: str
    key: str
    request: str


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, from where, and when it arrived (UTC).

    `retried` marks a body that comes from quarantine, under its original arrival time. `own_id` is
    the scope and the id of the message that a command came in, where it has one: it is consumed
    once, in the transaction of the command's events. `moved` is the position that the request was
    read from: it moves in the transaction of what the request led to, or nothing happens. `acting`
    is as what the actor acts, once that is decided.
    """

    at: datetime
    actor: str
    source: str
    correlation: str
    body_digest: str | None = None
    idempotency: Idempotency | None = None
    own_id: tuple[str, str] | None = None
    if_match: int | None = None
    retried: bool = False
    moved: PositionMove | None = None
    acting: Acting | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a request came to.

    `stream`, `version` and `position` (a leaf index) speak of the stream that was commanded;
    `recorded` and `repeats` count signals, `streams` are the incidents that they belong to.
    `replayed`: the same was answered before under this idempotency key. `parts` are the bodies' own
    outcomes, where several came together. `done` is false of what waits for a second person.
    """

    stream: str | None = None
    version: int = 0
    position: int = -1
    recorded: int = 0
    repeats: int = 0
    streams: tuple[str, ...] = ()
    replayed: bool = False
    events: int = 0
    done: bool = True
    parts: tuple["Outcome", ...] = ()
