"""Quarantine: what was authenticated but not understood is kept whole, with the reason.

A source has a quota of kept bytes; beyond it the first 64 KiB, the digest and the reason are kept.
The digest, which events name as `bodydigest`, is the SHA-256 of the body without its content
coding, and with a routing key masked. A body that could not be decoded is kept as it arrived. A
kept body is compared with its digest before anybody reads it.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace

from consumers.kafka.records import KIND
from consumers.people import person_named
from consumers.signals.adapter import Incoming, Understood
from consumers.signals.keeping import HEADER_BYTES, is_cut, kept_headers
from consumers.signals.ordering import timed
from consumers.signals.orders import Orders
from consumers.signals.rereading import Again, reread
from ledger.domain.envelope import MAX_EVENT_BYTES
from ledger.errors import NotFound, Refused
from ledger.execute import Context, Executor, Outcome, TakeSignals
from ledger.store.port import Store
from ledger.store.records import Body, Note, QuarantineClosed, Quarantined, QuarantinePart

QUOTA_BYTES = 64 * 1024 * 1024
KEPT_BEYOND_QUOTA = MAX_EVENT_BYTES + 1
REASONS_KEPT = 100


def notes_for(
    store: Store, understood: Understood, incoming: Incoming, kind: str, entry: str
) -> tuple[Note, ...]:
    """What to write beside a body's events: itself where it was refused or shortened. Blocking."""
    size = len(incoming.body)
    whole = Body(digest=incoming.digest, content=incoming.body, size=size)
    if not understood.refused:
        shortened = any(signal.shortened for signal in understood.signals)
        return (whole,) if shortened else ()
    full = store.quarantine_bytes(incoming.source) + size > QUOTA_BYTES
    content = incoming.body[:KEPT_BEYOND_QUOTA] if full else incoming.body
    return (
        Body(digest=incoming.digest, content=content, size=size),
        Quarantined(
            id=entry,
            source=incoming.source,
            source_kind=kind,
            arrived_at=incoming.arrived_at,
            digest=incoming.digest,
            identity=_identity(incoming),
            parts=_parts(understood.refused),
            headers=kept_headers(incoming.headers, incoming.record),
            last_seen_at=incoming.arrived_at,
            size=size,
            truncated=len(content) < size,
        ),
    )


def _identity(incoming: Incoming) -> str:
    """What makes the same body again: its bytes, and the headers that tell how they are read."""
    event = {
        name: value
        for name, value in incoming.headers.items()
        if name.startswith("ce-") or name == KIND
    }
    if not event:
        return incoming.digest
    text = msgspec.json.encode([incoming.digest, sorted(event.items())])
    return hashlib.sha256(text).hexdigest()


def in_order(refused: Sequence[QuarantinePart]) -> tuple[QuarantinePart, ...]:
    """The parts as they stand in the body."""
    return tuple(sorted(refused, key=lambda part: -1 if part.index is None else part.index))


def _parts(refused: Sequence[QuarantinePart]) -> tuple[QuarantinePart, ...]:
    """Every refused part; beyond the first reasons only its place, which a retry needs."""
    refused = in_order(refused)
    more = (QuarantinePart(index=part.index, reason="As above.") for part in refused[REASONS_KEPT:])
    return (*refused[:REASONS_KEPT], *more)


def find(store: Store, entry: str) -> Quarantined:
    """An entry by its id. Raises NotFound. Blocking."""
    found = store.quarantined(entry)
    if found is None:
        raise NotFound(
            f"There is no quarantine entry {entry!r}.", remedy="See airledger quarantine list."
        )
    return found


class KeptBody(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of an entry's body. `warning` says what readers must know; empty for nothing.

    `altered` says that it is not what arrived. Of a body that the quota cut nobody can tell that.
    """

    content: bytes
    whole: bool
    altered: bool

    @property
    def warning(self) -> str:
        """For people: that the body is not what arrived, or not all of it."""
        if self.altered:
            return "The kept body is not what arrived: its SHA-256 is not the entry's digest."
        if not self.whole:
            return f"Only the first {len(self.content)} bytes are kept; nothing proves them."
        return ""


def kept_body(store: Store, found: Quarantined) -> KeptBody:
    """The body that an entry is about, compared with the digest of what arrived. Blocking."""
    body = store.body(found.digest)
    content = b"" if body is None else body.content
    if body is not None and hashlib.sha256(content).hexdigest() == found.digest:
        return KeptBody(content=content, whole=True, altered=False)
    return KeptBody(content=content, whole=False, altered=not found.truncated)


def retry(store: Store, executor: Executor, entry: str, *, actor: str, now: datetime) -> Outcome:
    """Takes an entry's refused parts once more, under their original arrival time. Blocking.

    Raises Refused when they are still not understood, or refused, were cut, the body is not what
    arrived, or the entry is not open.
    """
    found = _open(store, entry)
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
    request = TakeSignals(
        source=again.source,
        signals=understood.signals,
        notes=(closed,),
        truncation=understood.truncation,
    )
    outcome = executor.execute(request, context)
    return replace(
        outcome,
        recorded=outcome.recorded + obeyed.recorded,
        repeats=outcome.repeats + obeyed.repeats,
        incidents=(*obeyed.incidents, *outcome.incidents),
    )


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
    orders = Orders(
        store,
        executor.execute,
        partial(person_named, store, executor),
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
    return taken


def dismiss(
    store: Store, executor: Executor, entry: str, *, actor: str, reason: str, now: datetime
) -> None:
    """Closes an entry for a reason; its body stays kept. Blocking. Raises Refused."""
    found = _open(store, entry)
    if not reason.strip():
        raise Refused("reason_needed", "Dismissing needs a reason.", remedy="Give one: --reason.")
    closed = QuarantineClosed(
        id=entry, state="dismissed", closed_by=actor, closed_at=now, close_reason=reason
    )
    executor.execute(
        TakeSignals(source=found.source, notes=(closed,)),
        Context(at=now, actor=actor, source="airledger", correlation=entry),
    )


def _open(store: Store, entry: str) -> Quarantined:
    found = find(store, entry)
    if found.state != "open":
        raise Refused(
            "not_open",
            f"The entry was {found.state} at {found.closed_at:%Y-%m-%dT%H:%M:%SZ}.",
            remedy="Nothing is left to do with it.",
        )
    return found
