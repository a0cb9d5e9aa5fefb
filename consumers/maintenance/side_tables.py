"""The check of what a store keeps beside the log: tokens, positions, deadlines, reviews, tickets,
texts, the record of reads, and the database itself.

No hash covers these. What is said of them stands beside the verdict on the log: a changed token
lets somebody in, a position set ahead keeps reviews from being launched, a deadline that is gone
is never overdue, and the log is whole all the same. The digest of a token is in no event: one that
was exchanged is not noticed here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import datetime
from typing import NamedTuple, TypeVar

from consumers.container.backends import open_views
from consumers.container.ledger import now
from consumers.maintenance.side_deadlines import Deadlines
from consumers.maintenance.side_points import Points
from consumers.maintenance.side_reads import Reads
from consumers.maintenance.side_reviews import Reviews
from consumers.maintenance.side_texts import Texts
from consumers.maintenance.side_tickets import Tickets
from consumers.reactor import FOLLOWERS, reviews
from consumers.reactor.clock import POLICY as CHECKED_BY
from ledger.domain.access import AccessGranted, AccessRevoked, HolderKind, ReadsRecorded
from ledger.domain.catalogue import CODEC
from ledger.domain.envelope import kind_of
from ledger.errors import LedgerError, Unavailable, UnknownEvent
from ledger.policy.times import time_text
from ledger.settings import Settings
from ledger.store.port import DatabaseCheck, Entry, Store
from ledger.store.side_records import TokenRow
from ledger.vocabulary import Scope, SourceKind
from projections.catalogue import PROJECTIONS
from projections.engine.generations import positions_of

EVENTS_PER_READ = 10_000

T = TypeVar("T")
Holder = tuple[str, str]
"""The kind of holder and its name."""


class _Granted(NamedTuple):
    holder: str
    scope: Scope
    source_kind: SourceKind | None
    at: datetime
    expires_at: datetime | None


class SideTables:
    """Follows the events of a log, and compares with them what the store keeps beside it.

    `moved`: the ledger arrived elsewhere, and its texts are not expected here.
    """

    def __init__(self, store: Store, *, moved: bool = False) -> None:
        """Reads the tokens as they are before the log is read: each has its event by then."""
        self._store = store
        self.notes: list[str] = []
        self._readable = True
        try:
            self._tokens = _tokens(store)
        except Unavailable as error:  # an auditor of the log has no right to them
            self._tokens = []
            self._readable = False
            self.notes.append(f"Tokens were not compared with the log: {error.message}")
        self._granted: defaultdict[Holder, list[_Granted]] = defaultdict(list)
        self._active: dict[Holder, bool] = {}
        self._policies = 0
        self._deadlines = Deadlines(store)
        self._reviews = Reviews(store)
        self._tickets = Tickets(store)
        self._points = Points(store)
        self._texts = Texts(store, moved=moved)
        self._reads = Reads(store)
        self._next = 0

    def close(self) -> None:
        """Removes what it kept in temporary files."""
        self._deadlines.close()
        self._reviews.close()
        self._texts.close()

    def follow(self, entries: Sequence[Entry]) -> None:
        """Events in log order; those that do not decode are the log's audit's to name."""
        self._deadlines.follow(entries)
        self._reviews.follow(entries)
        self._tickets.follow(entries)
        self._points.follow(entries)
        self._texts.follow(entries)
        for entry in entries:
            kind = kind_of(entry.stream)
            if kind == "policy":
                self._policies = max(self._policies, entry.version)
            elif kind == "access":
                try:
                    self._follow(CODEC.decode(entry.stored, entry.leaf).event)
                except UnknownEvent:
                    continue

    def _follow(self, event: object) -> None:
        match event:
            case AccessGranted():
                holder = (str(event.holder_kind), event.holder_name)
                self._granted[holder].append(
                    _Granted(
                        event.holder,
                        event.scope,
                        event.source_kind,
                        event.at,
                        event.expires_at or None,
                    )
                )
                self._active[holder] = True
            case AccessRevoked():
                self._active[str(event.holder_kind), event.holder_name] = False
            case ReadsRecorded():
                self._reads.follow(event)
            case _:
                pass

    def faults(self, sealed: int) -> list[str]:
        """What is not as the log says, in sentences; `sealed` events of it were followed.

        Reads what was appended behind them first. What cannot be read, for want of a right or for
        damage, is named in `notes`. Raises Unavailable.
        """
        judged = self._part("Reviews", lambda: [self._store.followers.position(reviews.NAME)])
        self._next = sealed
        self._follow_rest()
        faults = [
            *self._part("Tokens", self._of_tokens),
            *self._part("Positions", self._of_positions),
            *self._part("Deadlines", self._deadlines.faults),
            *(fault for processed in judged for fault in self._reviews.faults(processed)),
            *self._part("Tickets", self._tickets.faults),
            *self._part("Measurements", self._points.faults),
            *self._part("Texts", lambda: self._texts.faults(self._follow_rest)),
            *self._part("Reads", self._reads.faults),
        ]
        self.notes += self._texts.notes()
        return faults

    def _follow_rest(self) -> None:
        """Follows what was appended behind the events that were followed."""
        while entries := self._store.read(self._next, EVENTS_PER_READ, sealed=False):
            self.follow(entries)
            self._next = entries[-1].leaf + 1

    def _part(self, what: str, found: Callable[[], Iterable[T]]) -> list[T]:
        try:
            return list(found())
        except LedgerError as error:
            self.notes.append(f"{what} were not compared with the log: {error.message}")
            return []

    def _of_tokens(self) -> Iterable[str]:
        if not self._readable:
            return
        found = _tokens(self._store)
        after = set(map(_told, found))
        in_use: defaultdict[Holder, int] = defaultdict(int)
        for row in self._tokens:
            if _told(row) not in after:
                continue  # revoked meanwhile
            holder = (row.holder_kind, row.holder_name)
            whose = f"The token of {row.holder_kind} {row.shown_name}"
            in_use[row.holder_kind, row.shown_name] += row.opens(now())
            granted = [each for each in self._granted[holder] if each.at == row.granted_at]
            if not granted:
                yield f"{whose} was granted by no event of the log."
            elif (row.holder, row.scope, row.source_kind) not in {each[:3] for each in granted}:
                was = granted[-1]
                yield (
                    f"{whose} has scope {row.scope} as {row.holder}"
                    f"{_of_kind(row.source_kind)}; the log granted {was.scope} as {was.holder}"
                    f"{_of_kind(was.source_kind)}."
                )
            elif row.expires_at not in {each.expires_at for each in granted}:
                yield (
                    f"{whose} expires {_time(row.expires_at)}; the log granted it until "
                    f"{_time(granted[-1].expires_at)}."
                )
            if not row.revoked and not self._active.get(holder, False) and granted:
                yield f"{whose} is in use, and the log says that it was revoked."
            if row.name and row.opens(now()) and self._active.get(holder, False):
                yield from self._named_otherwise(row)
        held = {(row.holder_kind, row.holder_name) for row in found}
        for holder, active in self._active.items():
            if active and holder not in held:
                yield (
                    f"The token of {holder[0]} {holder[1]} is gone: the log granted it, and the "
                    "store has none. Revoke it, and grant another."
                )
        for (kind, name), count in in_use.items():
            if count > 1:
                yield f"{count} tokens of {kind} {name} are in use; the log grants one at a time."

    def _named_otherwise(self, row: TokenRow) -> Iterable[str]:
        """A token whose row was given the name of another one: no event says whose name it has."""
        stands_for = self._store.access.token_named(row.name)
        if stands_for != row.holder_name:
            yield (
                f"The token {row.holder_name} is named {row.name}, and that name stands for "
                f"{stands_for or 'no token'}."
            )

    def _of_positions(self) -> Iterable[str]:
        size = self._store.size()
        followers = [of.name for of in FOLLOWERS]
        found = self._store.followers.positions([*followers, CHECKED_BY])
        for follower in followers:
            if not 0 <= found[follower] <= size:
                yield (
                    f"The follower {follower} stands at leaf {found[follower]}, and the store "
                    f"holds {size} events: what comes until then it never reads."
                )
        if not 0 <= found[CHECKED_BY] <= self._policies:
            yield (
                f"The clock looked at alerts by policy {found[CHECKED_BY]}, and {self._policies} "
                "were adopted."
            )


def check_views(settings: Settings, store: Store) -> list[str]:
    """Read models that stand ahead of the store, in sentences; none where they cannot be read."""
    if settings.views_embedded and not settings.views_path.exists():
        return []
    try:
        with closing(open_views(settings)) as views:
            found = positions_of(views, PROJECTIONS)
        size = store.size()
    except LedgerError:
        return []
    return [
        f"The read model {name} stands at leaf {at}, and the store holds {size} events: a "
        "projector fills it anew, or airledger rebuild does."
        for name, at in found.items()
        if at > size
    ]


def check_database(store: Store) -> DatabaseCheck:
    """What the database's own check finds wrong with it, in sentences."""
    try:
        found = store.check()
    except LedgerError as error:
        return DatabaseCheck((f"The database could not be checked whole: {error.message}",))
    faults = tuple(f"The database says of itself: {fault}" for fault in found.faults)
    return found._replace(faults=faults)


def _tokens(store: Store) -> list[TokenRow]:
    return [row for kind in HolderKind for row in store.access.tokens(kind)]


def _told(row: TokenRow) -> tuple[str, str, bool]:
    return row.digest, row.scope, row.revoked


def _time(at: datetime | None) -> str:
    return "never" if at is None else time_text(at)


def _of_kind(kind: SourceKind | None) -> str:
    return f" of kind {kind}" if kind else ""
