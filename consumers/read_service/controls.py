"""Coverage of a standard, and the controls of a system, as they stand now. Blocking."""

from collections.abc import Collection

import msgspec

from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference, stream_named
from consumers.container.ledger import Ledger
from consumers.read_service.control_coverage import (
    ClauseCoverage,
    ControlStanding,
    Standings,
    clauses_covered,
    counts_of,
    standings_of,
)
from consumers.read_service.stream_references import reference_of
from ledger.domain.control import CONTROL, ControlStatus, Effect, worse_of
from ledger.domain.identity import control_id, system_id
from ledger.domain.standard import STANDARD, Standard, StandardStatus
from ledger.domain.system import SYSTEM, System
from ledger.errors import Refused
from ledger.store.decoding import state_of
from projections.engine.projection import Row
from projections.queries.controls import control_rows
from projections.queries.systems import names_in_use
from projections.values import is_over, time_text


class StandardCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """How far a standard is covered, clause by clause, for the systems in its scope.

    `gaps` are the clauses that no control is mapped to, `covered` counts those of which every
    control is effective or does not apply. `counts` says how many controls have which status: each
    counts once a system, and those of the organisation once. Times are RFC 3339 in UTC.
    """

    id: str
    reference: str
    standard: str
    title: str
    version: str | None
    status: StandardStatus
    review_due: str | None
    reassess_by: str | None
    systems: tuple[str, ...]
    covered: int
    gaps: tuple[str, ...]
    counts: dict[str, int]
    clauses: tuple[ClauseCoverage, ...]
    checked_at: str


class SystemControl(msgspec.Struct, frozen=True, kw_only=True):
    """A control of a system or of the organisation, and the clauses that ask for it."""

    words: str
    standing: ControlStanding
    maps: dict[str, tuple[str, ...]]


class SystemControls(msgspec.Struct, frozen=True, kw_only=True):
    """The controls of a system, then those of the organisation.

    `counts` says how many of both have which status.
    """

    system: str
    reference: str
    counts: dict[str, int]
    controls: tuple[SystemControl, ...]
    organisation: tuple[SystemControl, ...]
    checked_at: str


def standard_coverage(ledger: Ledger, ref: str, system: str | None = None) -> StandardCoverage:
    """The coverage of a standard by its reference; of one system alone where it is named.

    Raises NotFound, Refused for a system that is not in its scope.
    """
    subject = stream_named(ledger.store, STANDARD, ref)
    state: Standard = state_of(ledger.store, STANDARD.stream(subject))
    policy, now = policy_in_force(ledger.store), ledger.now()
    systems = systems_in_scope(ledger, state)
    if system is not None:
        systems = (_one_in_scope(ledger, systems, state, system),)
    mapped = {name for name, of in policy.controls.items() if state.standard in of.maps}
    clauses = clauses_covered(policy, state.standard, systems, _standings(ledger, mapped))
    return StandardCoverage(
        id=str(subject),
        reference=reference_of(ledger, STANDARD.stream(subject)),
        standard=state.standard,
        title=state.title,
        version=state.version or None,
        status=state.status_at(now),
        review_due=time_text(state.review_due) if state.review_due else None,
        reassess_by=time_text(state.reassess_by) if state.reassess_by else None,
        systems=systems,
        covered=sum(each.covered for each in clauses),
        gaps=tuple(each.clause for each in clauses if each.gap),
        counts=counts_of(standings_of(clauses)),
        clauses=clauses,
        checked_at=time_text(now),
    )


def systems_in_scope(ledger: Ledger, standard: Standard) -> tuple[str, ...]:
    """The systems that are registered, not retired, and in the scope of a standard, by name."""
    names = names_in_use(ledger.views).values()
    return tuple(sorted(each for each in names if standard.has_in_scope(each)))


def system_controls(ledger: Ledger, ref: str) -> SystemControls:
    """The controls of a system by its reference or name, and the organisation's. Raises NotFound.

    A control that the policy's catalogue has no more is left out.
    """
    subject = stream_named(ledger.store, SYSTEM, ref)
    state: System = state_of(ledger.store, SYSTEM.stream(subject))
    policy = policy_in_force(ledger.store)
    standings = _standings(ledger, policy.controls)
    found: dict[str, list[SystemControl]] = {"system": [], "organisation": []}
    for name, of in policy.controls.items():
        place = state.system if of.scope == "system" else None
        each = SystemControl(
            words=of.words, standing=standings(name, place), maps=dict(of.maps.items())
        )
        found[of.scope].append(each)
    own, organisation = tuple(found["system"]), tuple(found["organisation"])
    return SystemControls(
        system=state.system,
        reference=reference_of(ledger, SYSTEM.stream(subject)),
        counts=counts_of(each.standing for each in (*own, *organisation)),
        controls=own,
        organisation=organisation,
        checked_at=time_text(ledger.now()),
    )


def _standings(ledger: Ledger, controls: Collection[str]) -> Standings:
    """Where controls of the catalogue stand now, as the read models know."""
    rows, now = control_rows(ledger.views, controls), time_text(ledger.now())

    def standing(control: str, system: str | None) -> ControlStanding:
        row = rows.get(str(control_id(control, system)))
        if row is None:
            return ControlStanding(control=control, system=system)
        return _standing(row, system, now)

    return standing


def _standing(row: Row, system: str | None, now: str) -> ControlStanding:
    design = Effect(row["design"]) if row["design"] else None
    operating = Effect(row["operating"]) if row["operating"] else None
    return ControlStanding(
        control=row["control"],
        system=system,
        status=status_now(row, now),
        reference=reference(row["leaf"], CONTROL),
        design=design,
        operating=operating,
        assessed_at=row["assessed_at"],
        until=row["until"],
        reassess_by=row["reassess_by"],
        evidence=len(row["evidence"].splitlines()) if row["evidence"] else 0,
    )


def status_now(row: Row, now: str) -> ControlStatus:
    """Where a control stands at a time, whether the clock has marked it yet or not."""
    if row["status"] == ControlStatus.RETIRED:
        return ControlStatus.RETIRED
    if row["owed"]:
        late = is_over(row["reassess_by"], now)
        return ControlStatus.REASSESSMENT_OVERDUE if late else ControlStatus.REASSESSMENT_DUE
    if row["design"] is None:
        return ControlStatus.NOT_ASSESSED
    if is_over(row["until"], now):
        return ControlStatus.EXPIRED
    effect = worse_of(Effect(row["design"]), Effect(row["operating"]))
    return ControlStatus.NOT_ASSESSED if effect is None else ControlStatus(effect.value)


def _one_in_scope(ledger: Ledger, systems: tuple[str, ...], standard: Standard, ref: str) -> str:
    """The one of these that a reference or a name is of."""
    subject = stream_named(ledger.store, SYSTEM, ref)
    for each in systems:
        if system_id(each) == subject:
            return each
    raise Refused(
        "system_in_scope",
        f"The system {ref!r} is not in the scope of {standard.title}, or is retired.",
        remedy="Name one of its scope, as airledger standard show lists it.",
    )
