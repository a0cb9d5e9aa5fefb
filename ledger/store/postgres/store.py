"""The PostgreSQL store: the port, over psycopg."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg

from ledger.errors import LedgerError, NeverStorable
from ledger.store.conflicts import append_conflict
from ledger.store.port import DatabaseCheck, Entry, LogState, NewEvent
from ledger.store.postgres import checking, events, log
from ledger.store.postgres.access import PostgresAccess
from ledger.store.postgres.datastore import CommitUnknown, Datastore, translated
from ledger.store.postgres.deadlines import PostgresDeadlines
from ledger.store.postgres.errors import unavailable, unknown
from ledger.store.postgres.followers import PostgresFollowers
from ledger.store.postgres.idempotency import PostgresIdempotency
from ledger.store.postgres.last_seen import PostgresLastSeen
from ledger.store.postgres.locking import begin
from ledger.store.postgres.migration_target import PostgresArrival
from ledger.store.postgres.notify_listener import NotifyListener
from ledger.store.postgres.opening import require_ledger
from ledger.store.postgres.pool import Connection
from ledger.store.postgres.quarantine import PostgresQuarantine
from ledger.store.postgres.reads import PostgresReads
from ledger.store.postgres.texts import PostgresTexts
from ledger.store.side_records import SideWrite

_PROBE = """INSERT INTO airledger.probe AS kept VALUES (1, 1)
    ON CONFLICT (one) DO UPDATE SET count = kept.count + 1"""


_ERASED_FROM = (
    "texts",
    "people",
    "identified_people",
    "identities",
    "idempotency",
    "bodies",
    "quarantine",
)
"""The tables of whose rows an erasure leaves dead ones."""


class PostgresStore:
    """See `Store`. `airledger store init` makes its tables; nothing here does."""

    def __init__(self, url: str) -> None:
        """Connects to the ledger of a "postgresql://..." address.

        Raises SettingsError where there is none, or one of another schema; Unavailable.
        """
        require_ledger(url)
        self._datastore = Datastore(url)
        self._news = NotifyListener(url)
        self.idempotency = PostgresIdempotency(self._datastore)
        self.last_seen = PostgresLastSeen(self._datastore)
        self.access = PostgresAccess(self._datastore)
        self.quarantine = PostgresQuarantine(self._datastore)
        self.followers = PostgresFollowers(self._datastore)
        self.deadlines = PostgresDeadlines(self._datastore)
        self.texts = PostgresTexts(self._datastore)
        self.reads = PostgresReads(self._datastore)

    def append(self, new: Sequence[NewEvent], side_writes: Sequence[SideWrite] = ()) -> range:
        """See `Store.append`."""

        def work(connection: Connection) -> range:
            return events.append(connection, self._datastore.former, new, side_writes)

        try:
            return self._datastore.write(work)
        except CommitUnknown as unsure:
            return self._if_own(new, unavailable(unsure.error), unsure.error)
        except psycopg.errors.UniqueViolation as error:
            return self._if_own(new, append_conflict(), error)
        except psycopg.Error as error:
            raise unavailable(error) from error
        except (UnicodeError, OverflowError) as error:
            raise NeverStorable(str(error)) from error

    def _if_own(self, new: Sequence[NewEvent], failure: LedgerError, cause: psycopg.Error) -> range:
        """Whether a commit of unknown outcome happened: then these very bytes are there.

        Asked under the writers' lock, which a commit that still goes on holds: the answer stands.
        """
        if not new:
            raise failure from cause
        try:
            with self._datastore.writing() as connection:
                leaves = events.is_stored(connection, new)
        except (psycopg.Error, CommitUnknown):
            raise unknown(cause) from cause
        if leaves is None:
            raise failure from cause
        return leaves

    def restore(
        self, first: int, new: Sequence[NewEvent], side_writes: Sequence[SideWrite] = ()
    ) -> None:
        """See `Store.restore`."""

        def work(connection: Connection) -> None:
            events.restore(connection, self._datastore.former, first, new, side_writes)

        with translated():
            self._datastore.write(work)

    def load(self, streams: dict[str, int]) -> dict[str, list[Entry]]:
        """See `Store.load`."""
        return events.load(self._datastore, streams)

    def read(self, first: int, limit: int, *, sealed: bool = True) -> list[Entry]:
        """See `Store.read`."""
        return events.read(self._datastore, first, limit, sealed=sealed)

    def of_kind(self, kind: str) -> list[Entry]:
        """See `Store.of_kind`."""
        return events.of_kind(self._datastore, kind)

    def size(self) -> int:
        """See `Store.size`."""
        return self._datastore.number(
            "SELECT coalesce(max(notification_id), 0) FROM airledger.stored_events"
        )

    def log_state(self) -> LogState | None:
        """See `Store.log_state`."""
        rows = self._datastore.query(log.STATE)
        return LogState(*rows[0]) if rows else None

    def tile(self, level: int, index: int) -> bytes:
        """See `Store.tile`."""
        rows = self._datastore.query(log.TILE, (level, index))
        return rows[0][0] if rows else b""

    @contextmanager
    def sealing(self) -> Iterator[log.PostgresLogTransaction]:
        """See `Store.sealing`."""
        with translated(), self._datastore.writing() as connection:
            yield log.PostgresLogTransaction(connection)

    def probe(self) -> None:
        """See `Store.probe`."""

        def work(connection: Connection) -> None:
            begin(connection, self._datastore.former)
            events.require_whole(connection)
            connection.execute(_PROBE)

        with translated():
            self._datastore.write(work)

    def check(self) -> DatabaseCheck:
        """See `Store.check`: amcheck where it is installed, and every row of every table."""
        with translated():
            return checking.check(self._datastore)

    def scrub(self, *, whole: bool = False, wait: bool = True) -> bool:
        """See `Store.scrub`: VACUUM, by the owner of the tables; others leave it to autovacuum."""
        with translated():
            return self._datastore.vacuum(_ERASED_FROM, full=whole)

    def needs_scrub(self) -> bool:
        """See `Store.needs_scrub`: its files are the server's."""
        return False

    def remains(self, needles: Sequence[bytes]) -> bool:
        """See `Store.remains`: its files are the server's."""
        return False

    @contextmanager
    def arriving(self) -> Iterator[PostgresArrival]:
        """The store under the writers' lock, to take a whole ledger in one transaction."""
        with translated(), self._datastore.writing() as connection:
            yield PostgresArrival(connection)

    def listen(self, appended: Callable[[], None], sealed: Callable[[], None]) -> None:
        """See `Store.listen`. Behind a pooler it stays silent, and says so in the log, once."""
        self._news.listen(appended, sealed)

    def close(self) -> None:
        """See `Store.close`."""
        self._news.close()
        self._datastore.close()
