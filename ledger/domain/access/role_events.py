"""Events of roles: who holds which, for the organisation or for one system, and until when."""

from datetime import datetime
from typing import ClassVar

from msgspec import UNSET, UnsetType

from ledger.domain.envelope import Event
from ledger.domain.text import Text
from ledger.vocabulary import RoleBasis


class RoleGranted(Event, frozen=True, kw_only=True):
    """Somebody holds a role: for one `system`, or for the organisation where that is absent.

    From `until` on, if that is there, the grant holds no more. A grant anew replaces the one of the
    same role, system and basis.
    """

    name: ClassVar[str] = "access.role_granted.v1"

    holder: str
    role: str
    basis: RoleBasis
    system: str | UnsetType = UNSET
    until: datetime | UnsetType = UNSET


class RoleRevoked(Event, frozen=True, kw_only=True):
    """Somebody holds a role no more, on that basis."""

    name: ClassVar[str] = "access.role_revoked.v1"

    holder: str
    role: str
    basis: RoleBasis
    system: str | UnsetType = UNSET
    reason: Text | UnsetType = UNSET


class RoleDelegated(Event, frozen=True, kw_only=True):
    """The holder of a role let a deputy act in it until a time; in the stream of the deputy."""

    name: ClassVar[str] = "access.role_delegated.v1"

    holder: str
    deputy: str
    role: str
    until: datetime
    system: str | UnsetType = UNSET


class DelegationEnded(Event, frozen=True, kw_only=True):
    """A delegation was taken back before its end; in the stream of the deputy."""

    name: ClassVar[str] = "access.delegation_ended.v1"

    holder: str
    deputy: str
    role: str
    system: str | UnsetType = UNSET


class PersonsJoined(Event, frozen=True, kw_only=True):
    """Two ids are one human's, and count as one; recorded in the streams of both."""

    name: ClassVar[str] = "access.persons_joined.v1"

    person: str
    other: str


class GlassBroken(Event, frozen=True, kw_only=True):
    """The owner of the host acts without the RACI and without a second person, until a time."""

    name: ClassVar[str] = "access.glass_broken.v1"

    holder: str
    reason: Text
    until: datetime


RoleEvent = (
    RoleGranted | RoleRevoked | RoleDelegated | DelegationEnded | PersonsJoined | GlassBroken
)
