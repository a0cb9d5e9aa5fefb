"""Access: grants and revocations of tokens. The secret is never part of an event.

An event names a source by its name, and a person's or program's token by an opaque id: their names
are outside the log.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, assert_never
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ledger.domain.access import roles
from ledger.domain.access.role_events import (
    DelegationEnded,
    GlassBroken,
    PersonsJoined,
    RoleDelegated,
    RoleEvent,
    RoleGranted,
    RoleRevoked,
)
from ledger.domain.envelope import Event
from ledger.domain.identity import OWN_NAMES
from ledger.domain.stream_type import StreamType, members
from ledger.errors import Refused
from ledger.policy.times import time_text
from ledger.vocabulary import Scope, SourceKind


class HolderKind(StrEnum):
    """Who holds a token: an alerting system (source), or a person or program (token)."""

    SOURCE = "source"
    TOKEN = "token"  # noqa: S105 - a vocabulary, not a secret


class AccessGranted(Event, frozen=True, kw_only=True):
    """A token was handed out. `holder` is the opaque actor that its bearer acts as.

    `holder_name` is the source's name, or the opaque id of a token; older grants have its name.
    From `expires_at` on, if that is there, it opens nothing.
    """

    name: ClassVar[str] = "access.granted.v1"

    holder_kind: HolderKind
    holder_name: str
    holder: str
    scope: Scope
    source_kind: SourceKind | None = None
    expires_at: datetime | UnsetType = UNSET


class AccessRevoked(Event, frozen=True, kw_only=True):
    """The token that was granted under `holder_name` opens nothing any more."""

    name: ClassVar[str] = "access.revoked.v1"

    holder_kind: HolderKind
    holder_name: str


class LinkMade(Event, frozen=True, kw_only=True):
    """A one-time link was made that logs a person in, until it is used or expires.

    `person` is an opaque id; the link's secret is in no event.
    """

    name: ClassVar[str] = "access.link_made.v1"

    person: str
    scopes: tuple[Scope, ...]
    expires_at: datetime


class ReadsRecorded(Event, frozen=True, kw_only=True):
    """What was read on a day (UTC) is on record outside the log, in so many `rows`.

    `digest` is the SHA-256 over them: whoever changes one later is found out.
    """

    name: ClassVar[str] = "access.reads_recorded.v1"

    day: str
    rows: int
    digest: str


TokenEvent = AccessGranted | AccessRevoked
AccessEvent = TokenEvent | LinkMade | ReadsRecorded | RoleEvent


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the token of a name is in use, and what it may do; or what somebody holds.

    `source_kind` is the format of the newest grant, and stays when that is revoked. `expires_at` is
    when the token in use expires. `reads_until` is the last day whose reads are recorded.
    """

    active: bool = False
    scope: Scope | None = None
    source_kind: SourceKind | None = None
    expires_at: datetime | None = None
    holder: roles.Holder = roles.Holder()
    reads_until: str = ""

    def in_use(self, at: datetime) -> bool:
        """Whether the name has a token that opens something."""
        return self.active and (self.expires_at is None or at < self.expires_at)


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Hand out a token under a name, until it expires or is revoked.

    `shown` is the name that people know, where `holder_name` is an opaque id.
    """

    holder_kind: HolderKind
    holder_name: str
    holder: str
    scope: Scope
    source_kind: SourceKind | None = None
    expires_at: datetime | None = None
    shown: str = ""


class Revoke(msgspec.Struct, frozen=True, kw_only=True):
    """Take back the token of a name: one that people know, or an opaque id."""

    holder_kind: HolderKind
    holder_name: str
    shown: str = ""


_OPAQUE = re.compile(r"token/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def opaque_name(of: UUID) -> str:
    """What the log calls a person's or program's token."""
    return f"token/{of}"


def is_opaque(holder_name: str) -> bool:
    """Whether it names nobody."""
    return _OPAQUE.fullmatch(holder_name) is not None


def name_in_use(kind: HolderKind, name: str) -> Refused:
    """The refusal of a second token under one name."""
    return Refused(
        "name_in_use",
        f"A {kind} named {name!r} has a token already.",
        remedy=f"Choose another name, or revoke it first: airledger {kind} revoke.",
    )


def not_granted(kind: HolderKind, name: str) -> Refused:
    """The refusal to revoke what is not granted."""
    return Refused(
        "not_granted",
        f"No {kind} named {name!r} has a token.",
        remedy=f"See airledger {kind} list.",
    )


def decide(command: Grant | Revoke, state: Access, now: datetime) -> tuple[TokenEvent, ...]:
    """A name has one token at a time; revoking twice is refused, for it may be a typing error."""
    kind, name = command.holder_kind, command.holder_name
    match command:
        case Grant():
            expires_at = command.expires_at
            if expires_at is not None and expires_at <= now:
                raise Refused(
                    "expired_already",
                    f"The token would have expired at {time_text(expires_at)}.",
                    remedy="Name a time that is still to come, or a span such as 90d.",
                )
            if kind == "source" and name.casefold().startswith(OWN_NAMES):
                raise Refused(
                    "source_name_reserved",
                    f"The name {name!r} is the ledger's own.",
                    remedy=f"Choose one that does not begin with {OWN_NAMES}.",
                )
            if state.in_use(now):
                raise name_in_use(kind, command.shown or name)
            return (
                AccessGranted(
                    at=now,
                    holder_kind=kind,
                    holder_name=name,
                    holder=command.holder,
                    scope=command.scope,
                    source_kind=command.source_kind,
                    expires_at=UNSET if expires_at is None else expires_at,
                ),
            )
        case Revoke():
            if not state.active:
                raise not_granted(kind, command.shown or name)
            return (AccessRevoked(at=now, holder_kind=kind, holder_name=name),)
        case _:
            assert_never(command)


def evolve(state: Access, event: AccessEvent) -> Access:
    """The state after an event."""
    match event:
        case AccessGranted():
            return Access(
                active=True,
                scope=event.scope,
                source_kind=event.source_kind,
                expires_at=event.expires_at or None,
            )
        case AccessRevoked():
            return Access(source_kind=state.source_kind)
        case (
            RoleGranted()
            | RoleRevoked()
            | RoleDelegated()
            | DelegationEnded()
            | PersonsJoined()
            | GlassBroken()
        ):
            return replace(state, holder=roles.evolve(state.holder, event))
        case ReadsRecorded():
            return replace(state, reads_until=max(state.reads_until, event.day))
        case LinkMade():
            return state
        case _:
            assert_never(event)


ACCESS = StreamType(
    kind="access",
    initial=Access(),
    evolve=evolve,
    events=members(AccessEvent),
)
