"""How far a standard is covered by controls, and where each control stands. Pure.

What a control came to is given by whoever asks: from the read models as of now, or folded from the
log up to a leaf. A control that nobody assessed is not assessed, and a clause without a control is
a gap: neither is ever covered.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from ledger.domain.control import Control, ControlStatus, Effect
from ledger.policy import Policy
from ledger.policy.times import time_text

COVERED = frozenset({ControlStatus.EFFECTIVE, ControlStatus.NOT_APPLICABLE})
"""What covers a clause; every other status leaves it open."""


class ControlStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a control of a system stands; without `system`, of the organisation.

    `reference` is there once something happened to it. `evidence` counts what backs it. Times are
    RFC 3339 in UTC; `reassess_by` is the earliest time of an open re-assessment.
    """

    control: str
    system: str | None
    status: ControlStatus = ControlStatus.NOT_ASSESSED
    reference: str | None = None
    design: Effect | None = None
    operating: Effect | None = None
    assessed_at: str | None = None
    until: str | None = None
    reassess_by: str | None = None
    evidence: int = 0


class ControlCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """A control that a clause asks for, and where it stands for each system in scope."""

    control: str
    words: str
    scope: str
    standings: tuple[ControlStanding, ...]


class ClauseCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """A clause, and what meets it.

    `gap`: no control is mapped to it. `status` is the worst of its controls; None without any.
    """

    clause: str
    words: str
    gap: bool
    status: ControlStatus | None
    controls: tuple[ControlCoverage, ...]

    @property
    def covered(self) -> bool:
        """Whether all that meets it is effective, or does not apply."""
        return self.status in COVERED


Standings = Callable[[str, str | None], ControlStanding]
"""Where the control of a system, or with None of the organisation, stands."""


def clauses_covered(
    policy: Policy, standard: str, systems: Sequence[str], standings: Standings
) -> tuple[ClauseCoverage, ...]:
    """Each clause of a standard, in the policy's order; none where the policy has it not.

    `systems` are those in its scope.
    """
    known = policy.standards.get(standard)
    clauses = {} if known is None else known.clauses
    found = []
    for clause, words in clauses.items():
        controls = tuple(
            ControlCoverage(
                control=name,
                words=of.words,
                scope=of.scope,
                standings=tuple(standings(name, each) for each in _places(of.scope, systems)),
            )
            for name, of in policy.controls.items()
            if clause in of.maps.get(standard, ())
        )
        found.append(
            ClauseCoverage(
                clause=clause,
                words=words,
                gap=not controls,
                status=worst(each.status for control in controls for each in control.standings),
                controls=controls,
            )
        )
    return tuple(found)


def standings_of(clauses: Iterable[ClauseCoverage]) -> Iterator[ControlStanding]:
    """The standings in a coverage, each control of a system once."""
    seen = set()
    for clause in clauses:
        for control in clause.controls:
            for each in control.standings:
                if (each.control, each.system) not in seen:
                    seen.add((each.control, each.system))
                    yield each


def counts_of(standings: Iterable[ControlStanding]) -> dict[str, int]:
    """How many controls have which status, the worst first; only those that some have."""
    found = dict.fromkeys(ControlStatus, 0)
    for each in standings:
        found[each.status] += 1
    return {status.value: count for status, count in found.items() if count}


def worst(statuses: Iterable[ControlStatus]) -> ControlStatus | None:
    """The worst of them, in the order of the vocabulary; None of none."""
    order = list(ControlStatus)
    return min(statuses, key=order.index, default=None)


def standing_of(
    control: str, system: str | None, state: Control, at: datetime, reference: str | None = None
) -> ControlStanding:
    """Where a control stands at a time, by its state."""
    due = min((each.by for each in state.owed), default=None)
    return ControlStanding(
        control=control,
        system=system,
        status=state.status_at(at),
        reference=reference,
        design=state.design,
        operating=state.operating,
        assessed_at=_text(state.assessed_at),
        until=_text(state.until),
        reassess_by=_text(due),
        evidence=len(state.evidence),
    )


def _places(scope: str, systems: Sequence[str]) -> Sequence[str | None]:
    return systems if scope == "system" else (None,)


def _text(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)
