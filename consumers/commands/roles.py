"""Changes of roles, with people by their names: for HTTP, the pages and the command line. Blocking.

Their bodies are commands of no stream kind: forms and options derive from them all the same.
"""

from collections.abc import Mapping
from typing import Annotated, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from consumers.access.people import get_or_create_person, known_person
from consumers.commands.policy_history import guards_in_force
from consumers.commands.service import Caller
from consumers.json_decoders import invalid_member
from consumers.services import Services
from ledger.domain import command_names as n
from ledger.domain.access import HolderKind
from ledger.domain.access import roles as domain
from ledger.domain.access.roles import RoleAt, RoleCommand, require_role
from ledger.domain.command import VOCABULARY, Command, FreeText, Name, Person, Vocabulary, When
from ledger.errors import Invalid, NotFound, Refused
from ledger.execute import ChangeRoles, Outcome
from ledger.store.port import Store

C = TypeVar("C", bound=Command)
SOURCE = "source/"
"""What the opaque id of a source begins with."""
Role = Annotated[
    Name, Meta(description="As the policy names it.", extra={VOCABULARY: Vocabulary.ROLE})
]
System = Annotated[Name, Meta(description="For this system alone; absent, for the organisation.")]


class Grant(Command, frozen=True, kw_only=True):
    """Somebody holds a role from now on, for the organisation or for one system."""

    person: Person
    role: Role
    system: System | None = None
    until: Annotated[When, Meta(description="When it ends by itself.")] | None = None


class Revoke(Command, frozen=True, kw_only=True):
    """Somebody holds a role no more."""

    person: Person
    role: Role
    system: System | None = None
    reason: FreeText = ""


class Delegate(Command, frozen=True, kw_only=True):
    """A deputy acts in a role of your own until a time; he counts as you both."""

    role: Role
    to: Person
    until: When
    system: System | None = None


class EndDelegation(Command, frozen=True, kw_only=True):
    """A deputy acts in a role no more; without a holder, in one of your own."""

    role: Role
    to: Person
    system: System | None = None
    holder: Person | None = None


class Join(Command, frozen=True, kw_only=True):
    """Two names are one human's, and count as one from now on. This cannot be taken back."""

    person: Person
    other: Person


class RoleChange(NamedTuple):
    """A change: its body, the name of its command, and what its form is headed by."""

    body: type[Command]
    command: str
    title: str


CHANGES: Mapping[str, RoleChange] = {
    "grant": RoleChange(Grant, n.GRANT_ROLE, "Grant a role"),
    "revoke": RoleChange(Revoke, n.REVOKE_ROLE, "Revoke a role"),
    "delegate": RoleChange(Delegate, n.DELEGATE_ROLE, "Delegate a role"),
    "end-delegation": RoleChange(EndDelegation, n.DELEGATE_ROLE, "End a delegation"),
    "join": RoleChange(Join, n.JOIN_PERSONS, "Join two names of one person"),
}
"""By the last part of their routes: `POST /v1/roles/grant`."""


class RoleRecorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a change came to: false where there was nothing to do. `position` is a leaf index."""

    recorded: bool
    position: int


def checked(body: C) -> C:
    """A body that keeps the rules of its fields. Raises Invalid, by the field."""
    try:
        return msgspec.convert(msgspec.to_builtins(body), type(body))
    except msgspec.ValidationError as error:
        field, rule = invalid_member(error)
        fault = f"{rule.replace('`', '')}."
        raise Invalid(
            f"The change of roles cannot be made: {field}: {fault}", errors=[(field, fault)]
        ) from error


def change_roles(services: Services, caller: Caller, body: Command) -> Outcome:
    """Records a change. Raises Forbidden, Refused, Invalid, NotFound."""
    command = _command(services, caller, body)
    request = ChangeRoles(command=command, asker=caller.asker)
    return services.executor.execute(request, services.context(caller.actor))


def _command(services: Services, caller: Caller, body: Command) -> RoleCommand:
    store = services.store

    def known(name: str) -> str:
        return person_named(store, name)

    match body:
        case Grant():
            # Somebody who has not acted yet can hold a role.
            context = services.context(caller.actor)
            require_role(guards_in_force(store), body.role)
            if body.person.startswith(SOURCE):
                holder = _known_source(store, body.person)
            elif known_person(store, body.person):
                holder = known(body.person)
            else:
                holder = get_or_create_person(store, services.executor, context, body.person)
            at = RoleAt(body.role, body.system)
            return domain.GrantRole(holder=holder, at=at, until=body.until)
        case Revoke():
            at = RoleAt(body.role, body.system)
            return domain.RevokeRole(holder=known(body.person), at=at, reason=body.reason)
        case Delegate():
            return domain.DelegateRole(
                holder=caller.actor,
                deputy=_known_source(store, known(body.to)),
                at=RoleAt(body.role, body.system),
                until=body.until,
            )
        case EndDelegation():
            return domain.EndDelegation(
                holder=caller.actor if body.holder is None else known(body.holder),
                deputy=known(body.to),
                at=RoleAt(body.role, body.system),
            )
        case Join():
            return domain.JoinPersons(
                person=_known_source(store, known(body.person)),
                other=_known_source(store, known(body.other)),
            )
        case _:
            raise TypeError(f"{type(body).__name__} changes no role")


def _known_source(store: Store, holder: str) -> str:
    """The holder, where it is a person or a source that is there. Raises NotFound."""
    if not holder.startswith(SOURCE):
        return holder
    name = holder.removeprefix(SOURCE)
    if not any(row.holder_name == name for row in store.access.tokens(HolderKind.SOURCE)):
        raise NotFound(
            f"There is no source {name!r}.", remedy="See airledger source list, or add it first."
        )
    return holder


def person_named(store: Store, text: str) -> str:
    """The opaque id of whom a text names: a person by name or id, or a source.

    Raises NotFound for a name that nobody has, Refused for one that several have, or that its
    bearer may have chosen himself.
    """
    if text.startswith(SOURCE):
        return text
    if (known := known_person(store, text)) is None:
        raise NotFound(f"There is no person {text!r}.", remedy="See airledger person list.")
    _require_own_name(store, text, known)
    return known


def _require_own_name(store: Store, text: str, known: str) -> None:
    """At a provider people may change their names: rights go by the id."""
    person = store.access.person(known)
    if text != known and person is not None and person.identified:
        raise Refused(
            "name_of_provider",
            f"{text!r} is the name that the provider gives {known}, and proves nothing.",
            remedy="Name the id, once you know whose it is: see airledger person list.",
        )
