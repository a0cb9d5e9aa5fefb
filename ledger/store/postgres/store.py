"""The PostgreSQL store: the port, over psycopg."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg
from eventsourcing.persistence import StoredEvent

from ledger.errors import LedgerError
from ledger.store.port import Entry, LogState
from ledger.store.postgres import events, followers, log
from ledger.store.postgres.arriving import PostgresArrival
from ledger.store.postgres.datastore import CommitUnknown, Datastore, begin, translated
from ledger.store.postgres.failing import unavailable, unknown
from ledger.store.postgres.news import News
from ledger.store.postgres.opening import require_ledger
from ledger.store.postgres.pool import Connection
from ledger.store.records import (
    Body,
    IdempotentAnswer,
    MonthMember,
    Note,
    Person,
    QuarantineClosed,
    Quarantined,
    TokenRow,
    Watched,
    WatchKind,
)
from ledger.store.refusals import another_was_first
from ledger.store.rows import quarantined, token_row

_answer = msgspec.json.Decoder(IdempotentAnswer)
_closed = msgspec.json.Decoder(QuarantineClosed)
_QUARANTINE = "SELECT entry, state, seen, last_seen_at, closing FROM airledger.quarantine"
_TOKENS = "SELECT row, revoked FROM airledger.tokens"
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

    def append(self, new: Sequence[StoredEvent], written: Sequence[Note] = ()) -> range:
        """See `Store.append`."""

        def work(connection: Connection) -> range:
            return events.append(connection, new, written)

        try:
            return self._datastore.write(work)
        except CommitUnknown as unsure:
            return self._if_own(new, unavailable(unsure.error), unsure.error)
        except psycopg.errors.UniqueViolation as error:
            return self._if_own(new, another_was_first(), error)
        except psycopg.Error as error:
            raise unavailable(error) from error

    def _if_own(
        self, new: Sequence[StoredEvent], failure: LedgerError, cause: psycopg.Error
    ) -> range:
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
        self, first: int, new: Sequence[StoredEvent], written: Sequence[Note] = ()
    ) -> None:
        """See `Store.put_back`."""

        def work(connection: Connection) -> None:
            events.put_back(connection, first, new, written)

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
        return self._number("SELECT coalesce(max(notification_id), 0) FROM airledger.stored_events")

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
        wanted = list(ids)
        rows = self._datastore.query(
            "SELECT scope, id FROM unnest(%b::text[], %b::bytea[]) AS wanted (scope, id)"
            " JOIN airledger.ids_taken USING (scope, id)",
            ([scope for scope, _ in wanted], [taken.encode() for _, taken in wanted]),
        )
        return {(scope, taken.decode()) for scope, taken in rows}

    def answer(self, token: str, key: str) -> IdempotentAnswer | None:
        """See `Store.answer`."""
        rows = self._datastore.query(
            "SELECT answer FROM airledger.idempotency WHERE token = %s AND key = %b",
            (token, key.encode()),
        )
        return _answer.decode(rows[0][0]) if rows else None

    def heard(self, alerts: Iterable[UUID]) -> dict[UUID, datetime]:
        """See `Store.heard`."""
        rows = self._datastore.query(
            "SELECT alert, at FROM airledger.last_heard WHERE alert = ANY (%b)", (list(alerts),)
        )
        return {alert: msgspec.convert(at, datetime) for alert, at in rows}

    def token(self, digest: str) -> TokenRow | None:
        """See `Store.token`."""
        rows = self._datastore.query(f"{_TOKENS} WHERE digest = %s", (digest,))
        return token_row(rows[0]) if rows else None

    def tokens(self, holder_kind: str) -> list[TokenRow]:
        """See `Store.tokens`."""
        rows = self._datastore.query(
            f"{_TOKENS} WHERE holder_kind = %s ORDER BY granted_at", (holder_kind,)
        )
        return [token_row(row) for row in rows]

    def people(self) -> list[Person]:
        """See `Store.people`."""
        rows = self._datastore.query("SELECT id, name, os_user FROM airledger.people ORDER BY name")
        return [Person(id=i, name=name.decode(), os_user=user) for i, name, user in rows]

    def quarantine(self, *, state: str | None = None) -> list[Quarantined]:
        """See `Store.quarantine`."""
        where = "" if state is None else "WHERE state = %s"
        rows = self._datastore.query(
            f"{_QUARANTINE} {where} ORDER BY arrived_at DESC, id DESC",
            () if state is None else (state,),
        )
        return [_entry(*row) for row in rows]

    def quarantined(self, entry: str) -> Quarantined | None:
        """See `Store.quarantined`."""
        if "\0" in entry:
            return None  # no text there holds U+0000
        rows = self._datastore.query(f"{_QUARANTINE} WHERE id = %s", (entry,))
        return _entry(*rows[0]) if rows else None

    def quarantine_bytes(self, source: str) -> int:
        """See `Store.quarantine_bytes`."""
        return self._number(
            "SELECT coalesce(sum(kept), 0)::bigint FROM airledger.quarantine"
            " WHERE source = %b AND state = 'open'",
            source.encode(),
        )

    def body(self, digest: str) -> Body | None:
        """See `Store.body`."""
        rows = self._datastore.query(
            "SELECT content, size FROM airledger.bodies WHERE digest = %s", (digest,)
        )
        return Body(digest=digest, content=rows[0][0], size=rows[0][1]) if rows else None

    def quarantine_count(self, state: str) -> int:
        """See `Store.quarantine_count`."""
        return self._number("SELECT count(*) FROM airledger.quarantine WHERE state = %s", state)

    def position(self, follower: str) -> int:
        """See `Store.position`."""
        return followers.position(self._datastore, follower)

    def month_members(self, incidents: Iterable[UUID]) -> dict[UUID, MonthMember]:
        """See `Store.month_members`."""
        return followers.month_members(self._datastore, incidents)

    def counted(self, month: str, system: str | None = None) -> list[MonthMember]:
        """See `Store.counted`."""
        return followers.counted(self._datastore, month, system)

    def watched(self, kind: WatchKind, before: datetime, limit: int) -> list[Watched]:
        """See `Store.watched`."""
        return followers.watched(self._datastore, kind, before, limit)

    def probe(self) -> None:
        """See `Store.probe`."""

        def work(connection: Connection) -> None:
            begin(connection)
            events.require_whole(connection)
            connection.execute(_PROBE)

        with translated():
            self._datastore.write(work)

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

    def _number(self, sql: str, *params: object) -> int:
        [(number,)] = self._datastore.query(sql, params)
        return int(number)


def _entry(
    entry: bytes, state: str, seen: int, last_seen_at: str, closing: bytes | None
) -> Quarantined:
    found = quarantined((entry, state, seen, last_seen_at))
    if state == "open" or closing is None:
        return found
    closed = _closed.decode(closing)
    return msgspec.structs.replace(
        found,
        closed_by=closed.closed_by,
        closed_at=closed.closed_at,
        close_reason=closed.close_reason,
    )
