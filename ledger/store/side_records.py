"""Side records: what the store has beside events, neither derivable from the log nor part of it.

Each is written in the transaction of the events that caused it.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ledger.domain.judging.points import Point
from ledger.domain.review.counting import CountedIncident
from ledger.store.quarantine_records import CUT_BYTES as CUT_BYTES
from ledger.store.quarantine_records import BodiesErased as BodiesErased
from ledger.store.quarantine_records import Body as Body
from ledger.store.quarantine_records import QuarantineClosed as QuarantineClosed
from ledger.store.quarantine_records import Quarantined as Quarantined
from ledger.store.quarantine_records import QuarantinePart as QuarantinePart
from ledger.store.quarantine_records import QuarantineState as QuarantineState
from ledger.store.quarantine_records import kept_bytes as kept_bytes
from ledger.store.read_records import ReadNoted as ReadNoted
from ledger.store.text_records import PersonErased as PersonErased
from ledger.store.text_records import TextRestored as TextRestored
from ledger.store.text_records import TextRow as TextRow
from ledger.store.text_records import TextsErased as TextsErased
from ledger.vocabulary import ActsBy, Scope, SourceKind

IDEMPOTENCY_KEPT = timedelta(days=7)
"""How long an idempotency key is bound to the first request that used it."""


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """How a source signs its bodies: an HMAC's secret, and the headers where they are not usual.

    Unlike a token's, this secret has to be kept: here, in no event, and it is never shown.
    """

    secret: str
    header: str = ""
    timestamp_header: str = ""

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Signing(header={self.header!r}, timestamp_header={self.timestamp_header!r})"


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token by its digest (SHA-256, hex); the secret itself is nowhere.

    `holder_name` is what the log calls it: of a source its name, of a person's or program's token
    an opaque id, where `name` is the name that people know. The log has the names of tokens that
    were granted before there were such ids; those have no other. From `expires_at` on, if that is
    there, it opens nothing.
    """

    digest: str
    holder_kind: str
    holder_name: str
    holder: str
    scope: Scope
    source_kind: SourceKind | None
    granted_at: datetime
    revoked: bool = False
    signing: Signing | None = None
    expires_at: datetime | None = None
    name: str = ""

    @property
    def shown_name(self) -> str:
        """The name that people know it by."""
        return self.name or self.holder_name

    def is_expired(self, at: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= at

    def opens(self, at: datetime) -> bool:
        """Whether the token is neither revoked nor expired."""
        return not self.revoked and not self.is_expired(at)


class TokenRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """Every token of that holder opens nothing from here on."""

    holder_kind: str
    holder_name: str


class TokenNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A name stands for the token that the log calls `holder_name` from here on.

    Another grant that gave it away from `before` first makes the append a Conflict.
    """

    name: str
    before: str | None
    holder_name: str


class TokenUsed(msgspec.Struct, frozen=True, kw_only=True):
    """A token, by its digest, was used."""

    digest: str
    at: datetime


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A name outside the log for the opaque "person/<uuid>" inside it.

    One whom a provider identified may have the name of another person; names of others are unique.
    To write such a person again changes the name.
    """

    id: str
    name: str
    os_user: str | None = None
    identified: bool = False


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a provider's subject is. A subject that is known already is a Conflict."""

    issuer: str
    subject: str
    person: str


class ConsumedId(msgspec.Struct, frozen=True, kw_only=True):
    """An id that may have an effect once: a signal's or a command's own id, by scope."""

    scope: str
    id: str


OPENED, CHANGED = 201, 200
"""How an answer is marked in the store: the command opened its stream, or was one for it."""


class IdempotentAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the first request under an idempotency key came to.

    `request` is the digest of its body, `version` that of the commanded stream after it. The names
    in the stored bytes are those of before there were other kinds than incidents.
    """

    token: str
    key: str
    request: str
    subject: UUID = msgspec.field(name="incident")
    kind: str = "incident"
    result: int = msgspec.field(name="status")
    version: int
    at: datetime


class LastSeen(msgspec.Struct, frozen=True, kw_only=True):
    """When an alert with an open episode was last seen firing or acknowledged.

    Or when a source last sent something; `subject` is its id (see `identity.source_id`).
    """

    subject: UUID
    at: datetime


class PositionMove(msgspec.Struct, frozen=True, kw_only=True):
    """A follower got from `old` to `new`, both the next one to read; 0 is also one that never was.

    It follows the log, by leaf, or a partition of a topic, by offset. Another one that moved it
    first makes the append a Conflict.
    """

    follower: str
    old: int
    new: int


class MonthMember(msgspec.Struct, frozen=True, kw_only=True):
    """An incident's part in the count of a month, as the review process has it.

    `leaf` is the leaf index of its detection.
    """

    incident: UUID
    leaf: int
    member: CountedIncident


class TicketAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that has recorded a ticket of an address, by the SHA-256 of that (hex)."""

    digest: str
    incident: UUID


class MeasuredPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A measurement in its series, as the judging of objectives and triggers has it."""

    series: UUID
    point: Point


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """The clock has to check a deadline of a stream; `kind` is the deadline's name.

    It replaces the time that the deadline of that subject had before.
    """

    kind: str
    subject: UUID
    at: datetime


class DeadlineChecked(msgspec.Struct, frozen=True, kw_only=True):
    """The clock checked the deadline that was set for `at`; it checks again at `again`, or never.

    Nothing changes where the deadline was set to another time meanwhile.
    """

    kind: str
    subject: UUID
    at: datetime
    again: datetime | None


class DeadlineClaimed(msgspec.Struct, frozen=True, kw_only=True):
    """One process acts on a deadline that is set for `at`; the others leave it alone until `until`.

    A Conflict where it was set to another time meanwhile.
    """

    kind: str
    subject: UUID
    at: datetime
    until: datetime


class StreamUnchanged(msgspec.Struct, frozen=True, kw_only=True):
    """A precondition, nothing is written: the stream must still end at `version`."""

    stream: str
    version: int


class SessionGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What a session that no token began may do, as whom, and until when.

    `by` is what began it. `command_line` says that its secret is a bearer token, and no cookie.
    """

    person: str
    by: ActsBy
    scopes: tuple[Scope, ...]
    ends_at: datetime
    command_line: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in. `digest` is that of the cookie, `token` that of the token.

    `token` is empty where the log-in link of a visitor opened it, and no token's digest where there
    is a `grant`: programs of before find none, and refuse it. To write one drops those that
    began, or were last seen, too long before it.
    """

    digest: str
    token: str
    begun_at: datetime
    seen_at: datetime
    grant: SessionGrant | None = None


class SessionSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A session was used; one that ended meanwhile stays ended."""

    digest: str
    at: datetime


class SessionEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A browser logged out."""

    digest: str


class SingleUse(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that has its effect once, by its digest, with what it stands for (`content`).

    `kind` says what it is. To write one replaces what is kept by its digest, and drops those of its
    kind that expired before `made_at`, and the oldest beyond SINGLE_USES.
    """

    digest: str
    kind: str
    made_at: datetime
    expires_at: datetime
    content: bytes


class SingleUseTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A secret had its effect; a Conflict where it is gone. `digest` is that of the secret."""

    digest: str


SINGLE_USES = 10_000
"""So many secrets of a kind may wait; an anonymous client can make those of log-ins."""
SESSION_IDLE = timedelta(hours=12)
"""A session that was not used for so long has expired."""
SESSION_LONGEST = timedelta(days=7)
"""A session expires so long after it began, used or not."""


SideWrite = (
    TokenRow
    | TokenRevoked
    | TokenNamed
    | TokenUsed
    | Person
    | Identity
    | Session
    | SessionSeen
    | SessionEnded
    | SingleUse
    | SingleUseTaken
    | ConsumedId
    | IdempotentAnswer
    | LastSeen
    | Body
    | Quarantined
    | QuarantineClosed
    | BodiesErased
    | PositionMove
    | MonthMember
    | TicketAddress
    | MeasuredPoint
    | Deadline
    | DeadlineChecked
    | DeadlineClaimed
    | StreamUnchanged
    | TextRow
    | TextsErased
    | TextRestored
    | PersonErased
    | ReadNoted
)
"""Something to be written together with events."""
