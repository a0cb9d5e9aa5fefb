"""Requests: all that `Executor` executes."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ledger.domain.access import Grant, Revoke
from ledger.domain.access.deciding import Asked, Asker
from ledger.domain.access.roles import RoleCommand
from ledger.domain.alert import Sender, Signal
from ledger.domain.command import Command
from ledger.domain.delivery import RecordDelivered, RecordFailure, RecordNotNeeded
from ledger.domain.policy import AdoptPolicy
from ledger.domain.subject import SubjectErased
from ledger.execute.context import Context
from ledger.store.side_records import (
    Deadline,
    Person,
    PositionMove,
    SideWrite,
    Signing,
    SingleUse,
    SingleUseTaken,
)
from ledger.vocabulary import ErasureReason, Scope


class Truncation(msgspec.Struct, frozen=True, kw_only=True):
    """What a body said of the alerts of its group that it left out; `missing` is 0 where none.

    `id` is that body's digest.
    """

    id: str
    sender: Sender
    missing: int


class RecordSignals(msgspec.Struct, frozen=True, kw_only=True):
    """What a body was parsed into: signals, and side writes (quarantine, bodies) with them.

    `ordered` says that the signals stand in the order in which they are decided (see `ordering`).
    """

    source: str
    signals: tuple[Signal, ...] = ()
    notes: tuple[SideWrite, ...] = ()
    truncation: Truncation | None = None
    ordered: bool = False


class RecordBodies(msgspec.Struct, frozen=True, kw_only=True):
    """Several bodies, each with a context of its own: all of them are recorded, or none.

    The position that they were read from is in the context of the whole request.
    """

    parts: tuple[tuple[RecordSignals, Context], ...]


class ExecuteCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command for one stream of a kind; what it names is resolved to ids.

    One that opens a stream brings the id that it shall have: made from its key, or a fresh one.
    `asker` is what its sender came with.
    """

    kind: str
    subject: UUID
    command: Command
    asker: Asker


class ExecuteCommands(msgspec.Struct, frozen=True, kw_only=True):
    """Several commands, each for one stream: all of them are recorded, or none."""

    parts: tuple[ExecuteCommand, ...]


class AdoptPolicyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Adopt a policy. `first` makes it the very first event of a ledger, or nothing at all.

    `asker` is what its sender came with; the first policy is the ledger's own doing.
    """

    command: AdoptPolicy
    asker: Asker
    first: bool = False


class GrantAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Grant a token; `digest` is the SHA-256 (hex) of the secret, `signing` goes with it."""

    grant: Grant
    digest: str
    signing: Signing | None = None


class RevokeAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Revoke the tokens of a name."""

    revoke: Revoke


class ChangeRoles(msgspec.Struct, frozen=True, kw_only=True):
    """Grant, revoke, renew or delegate roles, join persons, or break the glass."""

    command: RoleCommand
    asker: Asker


class CheckAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Whether whoever sends it may send a command that has no stream; nothing is recorded."""

    asked: Asked
    asker: Asker


class MakeLink(msgspec.Struct, frozen=True, kw_only=True):
    """Make a one-time link that logs a person in; `secret` is what the store keeps of it."""

    person: str
    scopes: tuple[Scope, ...]
    secret: SingleUse


class RegisterPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Store the name of a person outside the log; the log has an opaque id."""

    person: Person


class EraseSubject(msgspec.Struct, frozen=True, kw_only=True):
    """Erase a person, by the opaque id, one text by its id, or every text of a stream.

    `bodies` are the digests of kept bodies that go with it, `entries` the ids of entries of theirs.
    """

    reason: ErasureReason
    asker: Asker
    person: str | None = None
    text: str | None = None
    stream: str | None = None
    bodies: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


class EraseAgain(msgspec.Struct, frozen=True, kw_only=True):
    """Erase once more what the log says was erased; nothing is recorded.

    `bodies` and `entries` are as in `EraseSubject`.
    """

    erased: tuple[SubjectErased, ...]
    bodies: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()


class RecordReads(msgspec.Struct, frozen=True, kw_only=True):
    """Record the digest of what was read, for each day that is over and not recorded yet."""


class CausedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A command of the ledger's own, by the event that caused it and the policy in force there."""

    kind: str
    subject: UUID
    command: msgspec.Struct
    correlation: str
    causation: str
    policy_digest: str


class AdvanceFollower(msgspec.Struct, frozen=True, kw_only=True):
    """A follower processed part of the sealed log: what it stores, and what it causes.

    That are commands, and signals of a source of the ledger's own.

    All of it happens in one transaction with the move of its position, or not at all.
    """

    moved: PositionMove
    kept: tuple[SideWrite, ...] = ()
    commands: tuple[CausedCommand, ...] = ()
    bodies: tuple[RecordSignals, ...] = ()


class CheckDeadline(msgspec.Struct, frozen=True, kw_only=True):
    """Check a deadline whose time has come, and record what is due."""

    deadline: Deadline


class GiveSign(msgspec.Struct, frozen=True, kw_only=True):
    """Record that a process takes signals now, and the gap before where none did.

    `passed` is the time since its own last sign, by a clock that nobody sets; None at its start.
    """

    passed: timedelta | None = None


class CheckSources(msgspec.Struct, frozen=True, kw_only=True):
    """Check every source against the policy's `coverage`, and record which are silent."""


class CheckQuarantine(msgspec.Struct, frozen=True, kw_only=True):
    """Check how many bodies wait in quarantine, and record where they became too many or few."""


class ClaimSending(msgspec.Struct, frozen=True, kw_only=True):
    """Claim notifications that are due until `until`, all of them; `Outcome.done`: they are ours.

    `link` is what the store keeps for the link to acknowledge that is sent with them.
    """

    deadlines: tuple[Deadline, ...]
    until: datetime
    link: tuple[SingleUse, ...] = ()


class RecordSending(msgspec.Struct, frozen=True, kw_only=True):
    """What a try to deliver notifications came to, and when to try again what is still open.

    `deadlines` are as they were claimed.
    """

    deadlines: tuple[Deadline, ...]
    command: RecordDelivered | RecordFailure | RecordNotNeeded
    again: datetime


class UseAcknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """Acknowledge the incident that a notification was about; `taken` uses its link up."""

    delivery: UUID
    taken: SingleUseTaken


Request = (
    RecordSignals
    | RecordBodies
    | ExecuteCommand
    | ExecuteCommands
    | AdoptPolicyRequest
    | GrantAccess
    | RevokeAccess
    | ChangeRoles
    | CheckAccess
    | MakeLink
    | RegisterPerson
    | AdvanceFollower
    | CheckDeadline
    | EraseSubject
    | EraseAgain
    | RecordReads
    | ClaimSending
    | RecordSending
    | UseAcknowledgement
    | GiveSign
    | CheckSources
    | CheckQuarantine
)
