"""The PostgreSQL store: the port, over psycopg."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import psycopg

from ledger.errors import LedgerError, NeverStorable
from ledger.store.conflicts import another_was_first
from ledger.store.port import DatabaseCheck, Entry, LogState, NewEvent, Place, QuarantineHeld
from ledger.store.postgres import checking, events, followers, log, sessions, side_reads
from ledger.store.postgres.datastore import CommitUnknown, Datastore, translated
from ledger.store.postgres.errors import unavailable, unknown
from ledger.store.postgres.locking import begin
from ledger.store.postgres.migration_target import PostgresArrival
from ledger.store.postgres.notify_listener import News
from ledger.store.postgres.opening import require_ledger
from ledger.store.postgres.pool import Connection
from ledger.store.side_records import (
    Body,
    Deadline,
    IdempotentAnswer,
    MonthMember,
    Person,
    Quarantined,
    Session,
    SideWrite,
    TokenRow,
)

_PROBE = """INSERT INTO airledger.probe AS kept VALUES (1, 1)
    ON CONFLICT (one) DO UPDATE SET count = kept.count + 1"""


class PostgresStore:
    """See `Store`. `airledger store init` makes its tables; nothing here does."""

    def __init__(self, url: str) -> None:
        """Connects to the ledger of a "postgresql://..." address.

        Raises SettingsError where there is none, or one of another schema; Unavailable.
        """
        require_ledger(url)
        self._datastore = Datastore(url)
        self._news = News(url)

    def append(self, new: Sequence[NewEvent], written: Sequence[SideWrite] = ()) -> range:
        """See `Store.append`."""

        def work(connection: Connection) -> range:
            return events.append(connection, self._datastore.former, new, written)

        try:
            return self._datastore.write(work)
        except CommitUnknown as unsure:
            return self._if_own(new, unavailable(unsure.error), unsure.error)
        except psycopg.errors.UniqueViolation as error:
            return self._if_own(new, another_was_first(), error)
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

    def put_back(
        self, first: int, new: Sequence[NewEvent], written: Sequence[SideWrite] = ()
    ) -> None:
        """See `Store.put_back`."""

        def work(connection: Connection) -> None:
            events.put_back(connection, self._datastore.former, first, new, written)

        with translated():
            self._datastore.write(work)

    def load(self, streams: dict[str, int]) -> dict[str, list[Entry]]:
        """See `Store.load`."""
        return events.load(self._datastore, streams)

    def read(self, first: int, limit: int, *, sealed: bool = True) -> list[Entry]:
        """See `Store.read`."""
        return events.read(self._datastore, first, limit, sealed=sealed)

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

    def taken(self, ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """See `Store.taken`."""
        return side_reads.taken(self._datastore, ids)

    def answer(self, token: str, key: str) -> IdempotentAnswer | None:
        """See `Store.answer`."""
        return side_reads.answer(self._datastore, token, key)

    def heard(self, alerts: Iterable[UUID]) -> dict[UUID, datetime]:
        """See `Store.heard`."""
        return side_reads.heard(self._datastore, alerts)

    def token(self, digest: str) -> TokenRow | None:
        """See `Store.token`."""
        return side_reads.token(self._datastore, digest)

    def session(self, digest: str) -> Session | None:
        """See `Store.session`."""
        return sessions.session(self._datastore, digest)

    def tokens(self, holder_kind: str) -> list[TokenRow]:
        """See `Store.tokens`."""
        return side_reads.tokens(self._datastore, holder_kind)

    def people(self) -> list[Person]:
        """See `Store.people`."""
        return side_reads.people(self._datastore)

    def quarantine(
        self, *, state: str | None = None, before: Place | None = None, limit: int | None = None
    ) -> list[Quarantined]:
        """See `Store.quarantine`."""
        return side_reads.quarantine(self._datastore, state, before, limit)

    def quarantined(self, entry: str) -> Quarantined | None:
        """See `Store.quarantined`."""
        return side_reads.quarantined(self._datastore, entry)

    def quarantine_held(self, source: str) -> QuarantineHeld:
        """See `Store.quarantine_held`."""
        return side_reads.quarantine_held(self._datastore, source)

    def body(self, digest: str) -> Body | None:
        """See `Store.body`."""
        return side_reads.body(self._datastore, digest)

    def quarantine_count(self, state: str) -> int:
        """See `Store.quarantine_count`."""
        return side_reads.quarantine_count(self._datastore, state)

    def position(self, follower: str) -> int:
        """See `Store.position`."""
        return followers.positions(self._datastore, [follower])[follower]

    def positions(self, names: Iterable[str]) -> dict[str, int]:
        """See `Store.positions`."""
        return followers.positions(self._datastore, names)

    def month_members(self, incidents: Iterable[UUID]) -> dict[UUID, MonthMember]:
        """See `Store.month_members`."""
        return followers.month_members(self._datastore, incidents)

    def counted(self, month: str, system: str | None = None) -> list[MonthMember]:
        """See `Store.counted`."""
        return followers.counted(self._datastore, month, system)

    def watched(self, kind: str, before: datetime, limit: int) -> list[Deadline]:
        """See `Store.watched`."""
        return followers.watched(self._datastore, kind, before, limit)

    def watched_at(self, kind: str, subjects: Iterable[UUID]) -> dict[UUID, str]:
        """See `Store.watched_at`."""
        return followers.watched_at(self._datastore, kind, subjects)

    def heard_after(self, at: datetime, limit: int) -> list[tuple[str, str]]:
        """See `Store.heard_after`."""
        return side_reads.heard_after(self._datastore, at, limit)

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
