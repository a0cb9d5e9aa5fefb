"""Who holds which role now, and the policy's RACI as a table. Blocking."""

from collections.abc import Iterable, Mapping

import msgspec

from consumers.access.people import display_names
from consumers.access.texts import filled_columns
from consumers.commands.policy_history import guards_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.items import Items
from ledger.domain.command_names import COMMANDS, Needs
from ledger.policy import Guards, RaciRow
from ledger.vocabulary import Severity
from projections.engine.projection import Row
from projections.queries.roles import broken_glass, grants_of, roles_page
from projections.roles import DEPUTY
from projections.values import time_text


class RoleView(msgspec.Struct, frozen=True, kw_only=True):
    """A role that somebody holds, or acts in as a deputy.

    `person`, `deputy_of` and `granted_by` are names, `person_id` is opaque. `system` is None for
    the organisation. `basis` is admin, provider or deputy. A deputy's role that its holder has no
    more is not `in_force`. Times are RFC 3339 in UTC.
    """

    person: str
    person_id: str
    role: str
    label: str
    system: str | None
    basis: str
    deputy_of: str | None
    since: str
    until: str | None
    granted_by: str
    in_force: bool


class GlassView(msgspec.Struct, frozen=True, kw_only=True):
    """A broken glass: who acts without the RACI, why, and until when."""

    person: str
    reason: str
    since: str
    until: str


class RaciLine(msgspec.Struct, frozen=True, kw_only=True):
    """A command, and who is responsible for it, accountable, consulted and informed.

    `row` is the name of the policy's row, empty where none covers the command: then every role may
    send it. `roles` are the ids of all that have a part in it. `severities` are those of the
    incidents that the line is for; empty for all others.
    """

    command: str
    title: str
    scope: str
    person: bool
    row: str
    severities: tuple[Severity, ...]
    responsible: tuple[str, ...]
    accountable: tuple[str, ...]
    consulted: tuple[str, ...]
    informed: tuple[str, ...]
    roles: tuple[str, ...]

    def names(self, role: str) -> bool:
        """Whether a role has a part in it, by its id or its label."""
        labels = (self.responsible, self.accountable, self.consulted, self.informed)
        return role in self.roles or any(role in each for each in labels)


def roles_held(
    ledger: Ledger, *, cursor: str | None = None, limit: int | None = None
) -> Items[RoleView]:
    """The roles that are held now, by holder. Raises Invalid for an invalid cursor."""
    at = time_text(ledger.now())
    found = roles_page(ledger.views, at, cursor=cursor, limit=limit)
    names = display_names(ledger.store)
    labels = guards_in_force(ledger.store).role_labels
    delegators = {row["delegator"] for row in found.rows if row["basis"] == DEPUTY}
    grants = grants_of(ledger.views, delegators, at)
    held = {(row["holder"], row["role"], row["system"]) for row in grants}
    views = [_view(row, names, labels, held) for row in found.rows]
    return Items(items=views, next=found.next)


def _view(
    row: Row,
    names: Mapping[str, str],
    labels: Mapping[str, str],
    held: Iterable[tuple[str, str, str]],
) -> RoleView:
    deputy = row["basis"] == DEPUTY
    wanted = {(row["delegator"], row["role"], of) for of in ("", row["system"])}
    return RoleView(
        person=names.get(row["holder"], row["holder"]),
        person_id=row["holder"],
        role=row["role"],
        label=labels.get(row["role"], row["role"]),
        system=row["system"] or None,
        basis=row["basis"],
        deputy_of=names.get(row["delegator"], row["delegator"]) if deputy else None,
        since=row["since"],
        until=row["until"],
        granted_by=names.get(row["by"], row["by"]),
        in_force=not deputy or not wanted.isdisjoint(held),
    )


def glass_broken(ledger: Ledger) -> list[GlassView]:
    """The glasses that are broken now."""
    found = broken_glass(ledger.views, time_text(ledger.now()))
    rows = filled_columns(ledger.store, found, ("reason",))
    names = display_names(ledger.store) if rows else {}
    return [
        GlassView(
            person=str(names.get(row["holder"], row["holder"])),
            reason=row["reason"] or "",
            since=row["since"],
            until=row["until"],
        )
        for row in rows
    ]


def raci_lines(guards: Guards) -> list[RaciLine]:
    """Every command with those who may send it, and those who are told; severe incidents first."""
    found: list[RaciLine] = []
    for command, needs in COMMANDS.items():
        rows = [row for row in guards.raci if row.covers(command, None)]
        lines: list[RaciRow | None] = []
        for row in rows:
            lines.append(row)
            if not row.severities:
                break
        if not lines or (lines[-1] and lines[-1].severities):
            lines.append(None)
        found += [_line(guards, command, needs, row) for row in lines]
    return found


def _line(guards: Guards, command: str, needs: Needs, row: RaciRow | None) -> RaciLine:
    of = row or _EVERYBODY
    listed = (*of.responsible, *of.accountable, *of.consulted, *of.informed)
    return RaciLine(
        command=command,
        title=needs.title,
        scope=needs.scope,
        person=needs.person,
        row=row.name if row else "",
        severities=of.severities,
        responsible=_labels(guards, of.responsible),
        accountable=_labels(guards, of.accountable),
        consulted=_labels(guards, of.consulted),
        informed=_labels(guards, of.informed),
        roles=tuple(dict.fromkeys(listed)),
    )


_EVERYBODY = RaciRow(name="", commands=())
"""No row: every role may send the command."""


def _labels(guards: Guards, roles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(guards.role_labels.get(each, each) for each in roles)
