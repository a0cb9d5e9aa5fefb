"""Changes of roles: who may make them, what they need of others, and their events."""

from msgspec.structs import replace

from ledger.domain.access import role_events as e
from ledger.domain.access import roles as domain
from ledger.domain.access.roles import (
    BreakGlass,
    DelegateRole,
    EndDelegation,
    GrantRole,
    JoinPersons,
    RenewRoles,
    RevokeRole,
    RoleAt,
)
from ledger.domain.command_names import (
    DELEGATE_ROLE,
    GRANT_ROLE,
    JOIN_PERSONS,
    REVOKE_ROLE,
    asked_for,
)
from ledger.domain.concern import Concern
from ledger.domain.envelope import Acting
from ledger.domain.system.names import NAMES_STREAM, SystemNames
from ledger.errors import Forbidden, Refused
from ledger.execute import requests as q
from ledger.execute.context import Context, Outcome
from ledger.execute.lock_out import count_adopters, require_adopters
from ledger.execute.standing import (
    Allowed,
    holder_of_actor,
    holder_stream_name,
    require_allowed,
)
from ledger.execute.unit_of_work import Work
from ledger.vocabulary import ActsBy


def streams_of(request: q.ChangeRoles) -> tuple[str, ...]:
    """The stream that a change is recorded in."""
    return (holder_stream_name(domain.stream_owner(request.command)),)


def check_access(request: q.CheckAccess, context: Context, work: Work) -> Outcome:
    """Raises Forbidden where whoever asks may not."""
    require_allowed(request.asked, request.asker, context, work)
    return Outcome()


def change_roles(request: q.ChangeRoles, context: Context, work: Work) -> Outcome:
    """Records a change of roles. Raises Forbidden, Refused, Invalid, NotFound."""
    request = _by_own_name(request, work)
    command = request.command
    context = replace(context, acting=_allowed(request, context, work))
    [stream] = streams_of(request)
    state = holder_of_actor(domain.stream_owner(command), work)
    events = domain.decide(command, state, work.guards(), context.at)
    reduces = isinstance(command, RevokeRole | JoinPersons)
    adopters = count_adopters(work.guards(), context.at, work) if reduces else 0
    for event in events:
        work.record(stream, event, context, known={})
        if isinstance(event, e.PersonsJoined):
            other = replace(event, person=event.other, other=event.person)
            work.record(holder_stream_name(event.other), other, context)
    if reduces:
        require_adopters(work.guards(), context.at, work, before=adopters)
    return work.outcome_of(stream, len(events))


def _by_own_name(request: q.ChangeRoles, work: Work) -> q.ChangeRoles:
    """The change with the system by its own name, which is so while that name is."""
    command = request.command
    if not isinstance(command, GrantRole | RevokeRole | DelegateRole | EndDelegation):
        return request
    if command.at.system is None:
        return request
    work.require_unchanged((NAMES_STREAM,))
    names: SystemNames = work.states.loaded(NAMES_STREAM).state
    at = command.at._replace(system=names.own_of(command.at.system))
    return replace(request, command=replace(command, at=at))


def _allowed(request: q.ChangeRoles, context: Context, work: Work) -> Acting | None:
    command, asker = request.command, request.asker
    match command:
        case GrantRole():
            allowed = _ask(request, GRANT_ROLE, command.at.system, context, work)
            _require_another(request, allowed, (command.holder,), work)
        case RevokeRole():
            allowed = _ask(request, REVOKE_ROLE, command.at.system, context, work)
        case JoinPersons():
            allowed = _ask(request, JOIN_PERSONS, None, context, work)
            _require_another(request, allowed, (command.person, command.other), work)
        case DelegateRole():
            allowed = _ask(request, DELEGATE_ROLE, command.at.system, context, work)
            _require_own(command.holder, allowed, command.at)
        case EndDelegation():
            allowed = _ask(request, DELEGATE_ROLE, command.at.system, context, work)
            if {command.holder, command.deputy}.isdisjoint(allowed.sender.persons):
                allowed = _ask(request, REVOKE_ROLE, command.at.system, context, work)
        case BreakGlass():
            if asker.by is not ActsBy.HOST:
                raise Forbidden(
                    "glass_by_host",
                    f"The glass is broken on the ledger's own host; this came by {asker.by.label}.",
                    remedy="Run airledger role break-glass there, as the owner of the store.",
                )
            return None
        case RenewRoles():
            if asker.by is not ActsBy.LEDGER:
                raise Forbidden(
                    "roles_by_provider",
                    "Roles of the provider are renewed by a log-in alone.",
                    remedy="Grant the role: airledger role grant.",
                )
            return None
    return allowed.acting


def _ask(
    request: q.ChangeRoles, name: str, system: str | None, context: Context, work: Work
) -> Allowed:
    concern = Concern(frozenset({system} if system else ()))
    return require_allowed(asked_for(name, concern), request.asker, context, work)


def _require_another(
    request: q.ChangeRoles, allowed: Allowed, persons: tuple[str, ...], work: Work
) -> None:
    """With two people, roles come from another person, logged in as a person."""
    if not work.guards().access.two_people or allowed.standing.broke_glass:
        return
    if not request.asker.by.is_person:
        raise Forbidden(
            "second_person_needed",
            "The policy asks for two people: a role is granted in a person's session, and this "
            f"came by {request.asker.by.label}.",
            remedy="Log in as a person. The owner of the host may break the glass: airledger role "
            "break-glass.",
        )
    if not allowed.sender.persons.isdisjoint(persons):
        raise Forbidden(
            "grant_to_oneself",
            "The policy asks for two people: nobody grants a role to himself.",
            remedy="Ask another person with scope admin to grant it.",
        )


def _require_own(holder: str, allowed: Allowed, at: RoleAt) -> None:
    """A role is delegated by whoever holds it himself."""
    if holder not in allowed.standing.persons:
        raise Forbidden(
            "delegated_by_holder",
            "A role is delegated by its holder alone.",
            remedy="Let the holder delegate it, or grant the role: airledger role grant.",
        )
    own = (acts.at for acts in allowed.standing.roles if acts.holder is None)
    if not any(held.covers(at) for held in own):
        raise Refused(
            "role_not_held",
            f"The role {at.role!r} is not held, so it cannot be delegated.",
            remedy="See airledger role list.",
        )
