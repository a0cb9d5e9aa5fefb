"""Who may send a command: the one function that every way in asks.

Scopes say what a token or a session may do, roles say who answers for it. Pure.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from ledger.domain.access.roles import Holder, RoleAt
from ledger.domain.concern import Concern
from ledger.domain.envelope import Acting
from ledger.errors import Forbidden
from ledger.policy import Guards, RaciRow
from ledger.vocabulary import ActsBy, Scope


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever sends a command came with: scopes, and by what he acts."""

    scopes: frozenset[Scope]
    by: ActsBy


HOST = Asker(scopes=frozenset({Scope.ADMIN}), by=ActsBy.HOST)
"""The command line on the ledger's own host."""


class Asked(NamedTuple):
    """A command as it is decided here: its name ("incident/dismiss"), and what it needs."""

    command: str
    scope: Scope
    concern: Concern = Concern()
    needs_person: bool = False


class ActsIn(NamedTuple):
    """A role that somebody may act in; `holder` is whose deputy he is in it, None if his own."""

    at: RoleAt
    holder: str | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as the streams say: the ids of the human, and the roles that he may act in.

    `broke_glass`: as the owner of the host he acts without the RACI.
    """

    persons: frozenset[str]
    roles: tuple[ActsIn, ...] = ()
    broke_glass: bool = False


def counts_as(acting: Acting, standing: Standing) -> frozenset[str]:
    """Every person that a command counts as: a deputy counts as both."""
    return standing.persons | ({acting.holder} if acting.holder else frozenset())


def permits(scopes: Collection[Scope], needed: Scope) -> bool:
    """Whether one of the scopes includes the needed one."""
    return any(each.permits(needed) for each in scopes)


def scopes_text(scopes: Collection[Scope]) -> str:
    """Scopes as a message names them: "report, read"."""
    return ", ".join(each for each in Scope if each in scopes)


def decide_access(asked: Asked, asker: Asker, standing: Standing, guards: Guards) -> Acting:
    """As what a command may be sent. Raises Forbidden, by the name of the rule."""
    _require_scope(asked, asker)
    if asked.needs_person and not asker.by.is_person:
        raise Forbidden(
            "person_needed",
            f"{_named(asked.command)} needs a person's session; this came by {asker.by.label}.",
            remedy="Log in with your organisation's account, or by a link of airledger session "
            "link PERSON.",
        )
    acting = Acting()
    for severity in asked.concern.severities:
        row = guards.row_for(asked.command, severity)
        if row is None:
            continue
        acts = acts_in(row, asked.concern, standing)
        if acts is None:
            if guards.access.enforce and not standing.broke_glass:
                raise _refused(row, asked, standing, guards.role_labels)
            return Acting(refusal=row.name)
        if acting.role is None or acts.holder:
            acting = Acting(role=acts.at.role, holder=acts.holder)
    return acting


def acts_in(row: RaciRow, concern: Concern, standing: Standing) -> ActsIn | None:
    """The role in which a row lets somebody act in every system; None where it does not."""
    found: ActsIn | None = None
    systems: list[str | None] = [*sorted(concern.systems)]
    for system in systems or [None]:
        covering = next(_covering(row, system, standing), None)
        if covering is None:
            return None
        found = covering if found is None or covering.holder else found
    return found


def _covering(row: RaciRow, system: str | None, standing: Standing) -> Iterator[ActsIn]:
    """Roles of one's own come first."""
    for acts in sorted(standing.roles, key=lambda each: each.holder is not None):
        if acts.at.role in row.may and acts.at.holds_for(system):
            yield acts


def _require_scope(asked: Asked, asker: Asker) -> None:
    if permits(asker.scopes, asked.scope):
        return
    has = scopes_text(asker.scopes) or "none"
    raise Forbidden(
        f"scope_{asked.scope}_needed",
        f"{_named(asked.command)} needs scope {asked.scope}; the sender has {has}.",
        remedy="Send it with a token or a session that has the scope.",
    )


def _refused(
    row: RaciRow, asked: Asked, standing: Standing, labels: Mapping[str, str]
) -> Forbidden:
    may = " or ".join(labels.get(each, each) for each in labels if each in row.may)
    where = ", ".join(sorted(asked.concern.systems)) or "the organisation"
    held = ", ".join(sorted({_shown(each, labels) for each in standing.roles})) or "none"
    return Forbidden(
        f"raci_{row.name}",
        f"{_named(asked.command)} for {where} is for {may}, by the row {row.name!r} of the "
        f"policy's RACI. Roles held: {held}.",
        remedy="Let somebody in such a role do it, or ask for the role: see airledger raci.",
    )


def _shown(acts: ActsIn, labels: Mapping[str, str]) -> str:
    label = labels.get(acts.at.role, acts.at.role)
    return f"{label} (for {acts.at.system})" if acts.at.system else label


def _named(command: str) -> str:
    return f"The command {command}"


def standing_of(actor: str, holders: Mapping[str, Holder], at: datetime, *, by: ActsBy) -> Standing:
    """What streams say of an actor; `holders` has his, those joined to it, and his delegators'."""
    persons = persons_of(actor, holders)
    own = dict.fromkeys(
        ActsIn(held) for person in sorted(persons) for held in holders[person].holds(at)
    )
    as_deputy = dict.fromkeys(
        ActsIn(of.at, of.holder)
        for person in sorted(persons)
        for of in holders[person].delegated(at)
        if of.holder not in persons and _still_held(of.holder, of.at, holders, at)
    )
    glass = holders[actor].glass_until
    return Standing(
        persons=persons,
        roles=(*own, *as_deputy),
        broke_glass=by is ActsBy.HOST and glass is not None and at < glass,
    )


def holders_around(actor: str, at: datetime, load: Callable[[str], Holder]) -> dict[str, Holder]:
    """The holders that `standing_of` needs: the actor, those joined to him, his delegators."""
    found: dict[str, Holder] = {}
    waiting = [(actor, True)]
    while waiting:
        each, own = waiting.pop()
        if each in found:
            continue
        holder = found[each] = load(each)
        waiting += [(other, own) for other in holder.joined]
        if own:
            waiting += [(of.holder, False) for of in holder.delegated(at)]
    return found


def _still_held(holder: str, role: RoleAt, holders: Mapping[str, Holder], at: datetime) -> bool:
    """Whether somebody whose deputy acts, or an id joined to his, holds the role now."""
    return any(
        holders[each].has(role, at) for each in persons_of(holder, holders) if each in holders
    )


def persons_of(actor: str, holders: Mapping[str, Holder]) -> frozenset[str]:
    """Every id of the human behind one, as far as `holders` has their streams."""
    found, waiting = {actor}, [actor]
    while waiting:
        for each in holders.get(waiting.pop(), Holder()).joined:
            if each not in found:
                found.add(each)
                waiting.append(each)
    return frozenset(found)
