"""The projector: feeds projections from the sealed log, each at its own position.

A position moves by compare-and-set in the transaction of the rows it stands for, so any number of
projectors have one effect. It names the hash of the leaf it stands on: a view that is ahead of the
log, or stands on another history, is filled anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from ledger.domain.codec import Codec
from ledger.errors import Conflict, Unavailable
from ledger.store.port import Store
from projections.engine.database import ViewsDatabase
from projections.engine.feed import Batch, Feed
from projections.engine.fold import advance
from projections.engine.generations import Generation, create, drop, find, next_number
from projections.engine.projection import Projection

log = structlog.get_logger(__name__)


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
        self._codec = codec
        self._views = views
        self._projections = tuple(projections)
        self._feed = self.new_feed()
        self._stopped: dict[str, str] = {}
        self._next: dict[str, int] = {}

    @property
    def progress(self) -> tuple[Progress, ...]:
        """How far each projection is."""
        return tuple(
            Progress(p.name, self._next.get(p.name, 0), self._stopped.get(p.name))
            for p in self._projections
        )

    def new_feed(self) -> Feed:
        """The log that this projector reads, for one more reader."""
        return Feed(self._store, self._codec)

    def catch_up(self) -> bool:
        """Folds until every projection that runs has all that was sealed; whether any moved.

        An event that a projection cannot read stops that one, and no other. Raises Unavailable.
        """
        moved = False
        while self.fold_some():
            moved = True
        return moved

    def fold_some(self) -> bool:
        """Folds a batch into every projection that runs; whether any moved. Raises Unavailable."""
        self._feed.refresh()
        moved = [self.step(projection) for projection in self._projections]
        return any(moved)

    def step(self, projection: Projection) -> bool:
        """Folds one batch into the live generation; whether there was anything to fold."""
        name = projection.name
        if name in self._stopped:
            return False
        try:
            with self._views.begin(write=True) as connection:
                at, batch = self._live(connection, projection)
                self._next[name] = at.next
                after = advance(connection, batch, projection, at)
        except (Unavailable, Conflict):
            raise
        except Exception as error:
            self._stopped[name] = str(error)
            log.exception("projection_stopped", projection=name, reason=str(error))
            return False
        self._next[name] = after.next
        return after.next > at.next

    def resume(self) -> None:
        """Lets stopped projections try again."""
        self._stopped.clear()

    def _live(self, connection: Connection, projection: Projection) -> tuple[Generation, Batch]:
        """Where the live generation stands, and what follows. One on another history is dropped."""
        at = find(connection, projection, "live")
        if at is not None:
            batch = self._feed.batch(at.next)
            if at.next == 0 or batch.stands_on(0) == at.stands_on:
                return at, batch
            log.warning("view_filled_anew", projection=projection.name, next=at.next)
            drop(connection, projection, at.number)
        at = Generation(next_number(connection, projection), 0, b"")
        create(connection, projection, at.number, "live")
        return at, self._feed.batch(0)
