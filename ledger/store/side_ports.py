"""What the store gives back of what it keeps beside events: a protocol for each subject.

Each is a part of `Store` under its own name, as in `store.quarantine.entries()`. It is written by
the side writes of an append. Blocking. Every method raises ledger.errors.Unavailable when the store
cannot answer now.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from ledger.domain.judging.points import Point
from ledger.store.read_records import Place as ReadPlace
from ledger.store.read_records import ReadRow
from ledger.store.side_records import (
    Body,
    Deadline,
    IdempotentAnswer,
    MeasuredPoint,
    MonthMember,
    Person,
    Quarantined,
    Session,
    SingleUse,
    TicketAddress,
    TokenRow,
)
from ledger.store.text_records import TextRow


class QuarantineHeld(NamedTuple):
    """What a source has in open quarantine entries: their bytes with their bodies', and how many.

    Entries of releases before count with their bodies alone.
    """

    size: int
    entries: int


Place = tuple[str | int, ...]
"""An entry's place in a list of the quarantine.

The value that sorts the list, a time as text; its time of arrival as text; and its id. A list that
is sorted by arrival may leave out the first.
"""
QUARANTINE_SORTS = ("arrived_at", "last_seen_at", "source", "seen", "size")
"""What the quarantine can be sorted by; with "-" before it, descending."""
NEWEST_FIRST = "-arrived_at"
"""The usual order of the quarantine."""


class IdempotencyReads(Protocol):
    """What has had its effect already: ids of signals and commands, and idempotency keys."""

    def consumed_ids(self, ids: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Which of these (scope, id) were consumed before."""

    def answer(self, token: str, key: str) -> IdempotentAnswer | None:
        """The first answer under an idempotency key of a token; None where there is none."""


class LastSeenReads(Protocol):
    """When alerts with an open episode were last seen firing, and sources last heard."""

    def times(self, subjects: Iterable[UUID]) -> dict[UUID, datetime]:
        """The last-seen time (UTC) of each of these that has one."""

    def after(self, at: datetime, limit: int) -> list[tuple[str, str]]:
        """What was last seen after a time, latest first, with the stored text of its time.

        It reads the whole table: for audits.
        """


class AccessReads(Protocol):
    """Tokens, sessions of browsers, and people."""

    def token(self, digest: str) -> TokenRow | None:
        """The token of a digest (SHA-256, hex), revoked or not."""

    def tokens(self, holder_kind: str) -> list[TokenRow]:
        """All tokens of a kind of holder, newest last."""

    def token_named(self, name: str) -> str | None:
        """What the log calls the token that a name stands for; None for a name never given so."""

    def token_uses(self) -> dict[str, datetime]:
        """When tokens were last used (UTC), by digest; without those that never were."""
        ...

    def sessions(self) -> list[Session]:
        """Every session that is kept, expired ones too; the last begun first."""
        ...

    def session(self, digest: str) -> Session | None:
        """The session of a cookie's digest, expired or not; None for one that was ended."""

    def people(self) -> list[Person]:
        """Every person that the ledger has a name for, by name."""
        ...

    def person(self, of: str) -> Person | None:
        """The person of an opaque id; None for one that the ledger has no name for."""

    def identity(self, issuer: str, subject: str) -> str | None:
        """The opaque id of the person that a provider knows as this subject."""

    def single_use(self, digest: str) -> SingleUse | None:
        """The secret of a digest that was not used yet, expired or not."""


class QuarantineReads(Protocol):
    """Bodies that were set aside, and the bodies that are kept."""

    def entries(
        self,
        *,
        state: str | None = None,
        source: str | None = None,
        sort: str = NEWEST_FIRST,
        before: Place | None = None,
        limit: int | None = None,
    ) -> list[Quarantined]:
        """Entries in order: at most `limit`, behind the place `before`.

        `sort` is one of QUARANTINE_SORTS, with "-" before it to descend; equal ones come newest
        first.
        An entry of a release before whose reasons take more than 1 MiB comes without them.
        """

    def entry(self, entry: str) -> Quarantined | None:
        """One entry, by its id."""

    def held(self, source: str) -> QuarantineHeld:
        """What a source has in open entries."""

    def count(self, state: str) -> int:
        """How many entries are in a state."""

    def bodies(self, after: str, limit: int) -> list[Body]:
        """Kept bodies in the order of their digests, behind the digest `after`.

        Of an erased one the content is empty.
        """

    def body(self, digest: str) -> Body | None:
        """A kept body: of an entry, or of events that had to leave part of it out."""


class FollowerReads(Protocol):
    """Positions of followers, and what they keep: month members, addresses of tickets, points."""

    def position(self, follower: str) -> int:
        """The next leaf or offset that a follower has to read; 0 where it never read."""

    def positions(self, followers: Iterable[str]) -> dict[str, int]:
        """The same of each of these, as they were at one time."""

    def month_members(self, incidents: Iterable[UUID]) -> dict[UUID, MonthMember]:
        """The members kept of these incidents."""

    def counted_incidents(self, month: str, system: str | None = None) -> list[MonthMember]:
        """The members that count for a month ("2026-03"), of one system or of all.

        They are in the order of detection.
        """

    def ticket_addresses(self, digests: Iterable[str]) -> frozenset[TicketAddress]:
        """What is kept of the addresses of these digests."""

    def points(self, series: UUID, *, since: datetime, newest: int = 0) -> list[Point]:
        """The points of a series that end at `since` or later, and its `newest` ones; in order."""

    def points_of(self, measurements: Iterable[UUID]) -> dict[UUID, MeasuredPoint]:
        """The points that these measurements have."""


class TextReads(Protocol):
    """Texts beside the log, by the ids that their events have."""

    def rows(self, ids: Iterable[str]) -> dict[str, TextRow]:
        """What is stored of these texts, erased ones too; without those that are missing."""

    def contents(self, ids: Iterable[str]) -> dict[str, str | None]:
        """What these texts say; None for an erased one, without those that are missing."""

    def readable(self, ids: Iterable[str]) -> dict[str, str]:
        """These texts; without those that are erased or missing."""

    def of_author(self, author: str, after: str, limit: int) -> list[TextRow]:
        """Texts that an actor wrote, in the order of their ids, behind the id `after`."""

    def page(self, after: str, limit: int) -> list[TextRow]:
        """All texts in the order of their ids, behind the id `after`. For audits."""


class ReadReads(Protocol):
    """What was read: restricted incidents, exports and log-ins, a row for each subject of a day."""

    def of_day(self, day: str) -> list[ReadRow]:
        """The rows of a day ("2026-03-01", UTC), by reader, kind and subject."""

    def days(self, after: str, before: str) -> list[str]:
        """The days between these two that have rows, in order."""

    def page(
        self,
        *,
        limit: int,
        day: str | None = None,
        reader: str | None = None,
        behind: ReadPlace | None = None,
    ) -> list[ReadRow]:
        """At most `limit` rows, of a day or a reader where named, behind the place `behind`.

        The newest day comes first; within a day the order is that of `of_day`.
        """


class DeadlineReads(Protocol):
    """Deadlines that the clock has to check, by kind and subject."""

    def due(self, kind: str, before: datetime, limit: int) -> list[Deadline]:
        """Deadlines of a kind at or before a time (UTC), earliest first."""

    def at(self, kind: str, moment: datetime) -> list[Deadline]:
        """All deadlines of a kind at exactly this time (UTC), in no order."""

    def times(self, kind: str, subjects: Iterable[UUID]) -> dict[UUID, str]:
        """The stored text of the time of each of these that has one.

        It is RFC 3339 in UTC unless somebody edited the store.
        """
