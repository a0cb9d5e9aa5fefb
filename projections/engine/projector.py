"""The projector: feeds projections from the sealed log, each at its own position.

A position moves by compare-and-set in the transaction of the rows it stands for, so any number of
projectors have one effect. It names the hash of the leaf it stands on: a view that is ahead of the
log, or stands on another history, is filled anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import structlog
from sqlalchemy import Connection

from ledger.domain.codec import Codec
from ledger.domain.envelope import Recorded, kind_of
from ledger.errors import Unavailable, UnknownEvent
from ledger.store.port import Entry, Store
from ledger.transparency.merkle import leaf_hash
from projections.engine.database import ViewsDatabase
from projections.engine.fold import fold, read_rows, write_rows
from projections.engine.generations import Generation, create, drop, find, move, next_number
from projections.engine.projection import Key, Projection

log = structlog.get_logger(__name__)

EVENTS_PER_BATCH = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a projection is: the next leaf to fold, and why it stopped, if it did."""

    name: str
    next: int
    stopped: str | None = None


class Projector:
    """Keeps projections up with the sealed store. Blocking; one thread at a time."""

    def __init__(
        self, store: Store, views: ViewsDatabase, codec: Codec, projections: Sequence[Projection]
    ) -> None:
        self._store = store
        self._views = views
        self._codec = codec
        self._projections = tuple(projections)
        self._stopped: dict[str, str] = {}
        self._next: dict[str, int] = {}
        self._batch = lru_cache(maxsize=4)(self._read)
        self._decode = lru_cache(maxsize=EVENTS_PER_BATCH)(self._decoded)

    @property
    def progress(self) -> tuple[Progress, ...]:
        """How far each projection is."""
        return tuple(
            Progress(p.name, self._next.get(p.name, 0), self._stopped.get(p.name))
            for p in self._projections
        )

    def catch_up(self) -> bool:
        """Folds until every projection that runs has all that was sealed; whether any moved.

        An event that a projection cannot read stops that one, and no other.
        """
        moved = False
        while True:
            self._batch.cache_clear()
            if not any([self.step(projection) for projection in self._projections]):
                return moved
            moved = True

    def step(self, projection: Projection) -> bool:
        """Folds one batch into the live generation; whether there was anything to fold."""
        if projection.name in self._stopped:
            return False
        try:
            with self._views.begin(write=True) as connection:
                at = self._live(connection, projection)
                moved = self._advance(connection, projection, at)
        except UnknownEvent as error:
            self._stopped[projection.name] = str(error)
            log.error("projection_stopped", projection=projection.name, reason=str(error))
            return False
        return moved

    def resume(self) -> None:
        """Lets stopped projections try again."""
        self._stopped.clear()

    def fold_into(self, projection: Projection, generation: int) -> int:
        """Folds one batch into a generation that is being built; returns its next leaf."""
        with self._views.begin(write=True) as connection:
            at = find(connection, projection, "building", generation)
            if at is None:
                raise Unavailable(
                    f"Another rebuild of {projection.name} took over.", remedy="Let it finish."
                )
            self._advance(connection, projection, at)
            after = find(connection, projection, "building", generation)
        return after.next if after else at.next

    def _live(self, connection: Connection, projection: Projection) -> Generation:
        at = find(connection, projection, "live")
        if at is not None and not self._stands(at):
            log.warning("view_filled_anew", projection=projection.name, next=at.next)
            drop(connection, projection, at.number)
            at = None
        if at is None:
            at = Generation(next_number(connection, projection), 0, b"")
            create(connection, projection, at.number, "live")
        return at

    def _stands(self, at: Generation) -> bool:
        if at.next == 0:
            return True
        below = self._store.read(at.next - 1, 1)
        return bool(below) and (below[0].leaf, leaf_hash(below[0].stored)) == (
            at.next - 1,
            at.stands_on,
        )

    def _advance(self, connection: Connection, projection: Projection, at: Generation) -> bool:
        self._next[projection.name] = at.next
        entries = self._batch(at.next)
        events: list[tuple[Recorded, tuple[Key, ...]]] = []
        for place, entry in enumerate(entries):
            if kind_of(entry.stream) not in projection.kinds:
                continue
            try:
                recorded = self._decode(entry)
            except UnknownEvent:
                if place == 0:
                    raise
                entries = entries[:place]
                break
            events.append((recorded, tuple(projection.keys(recorded))))
        if not entries:
            return False
        table = projection.table(at.number)
        touched = list({key: None for _, keys in events for key in keys})
        changed = fold(projection, read_rows(connection, table, touched), events)
        write_rows(connection, table, changed.values())
        last = entries[-1]
        after = replace(at, next=last.leaf + 1, stands_on=leaf_hash(last.stored))
        move(connection, projection, at, after)
        self._next[projection.name] = after.next
        return True

    def _read(self, first: int) -> list[Entry]:
        return self._store.read(first, EVENTS_PER_BATCH)

    def _decoded(self, entry: Entry) -> Recorded:
        return self._codec.decode(entry.stored, entry.leaf)
