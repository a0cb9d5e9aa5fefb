"""What a stream's forms offer for the vocabularies that the policy extends. Blocking."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from consumers.commands.policy_history import categories_in_force, policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from consumers.read_service.incident_views import IncidentView
from consumers.read_service.incidents import view_from_stream
from consumers.read_service.lists import list_items
from ledger.domain.command import Vocabulary
from ledger.domain.control import CONTROL
from ledger.domain.evidence import EVIDENCE
from ledger.domain.improvement import IMPROVEMENT, Improvement, ImprovementStatus
from ledger.domain.incident.kind import INCIDENT
from ledger.domain.incident.steps import NEVER_WAIVED
from ledger.domain.metric import METRIC
from ledger.domain.release import RELEASE, Release
from ledger.domain.risk import RISK, Risk
from ledger.domain.standard import STANDARD
from ledger.domain.stream_type import StreamType
from ledger.store.decoding import state_of
from ledger.vocabulary import Status, Step, StepState
from projections import queries
from projections.evidence import EVIDENCE as FILED
from projections.evidence import LIST as FILED_LIST
from projections.improvements import IMPROVEMENTS
from projections.improvements import LIST as IMPROVEMENTS_LIST
from projections.measurements import LIST as MEASURED_LIST
from projections.measurements import MEASUREMENTS
from projections.queries.incidents import IncidentFilters
from projections.values import time_text

Offered = Sequence[tuple[str, str]]
"""Values that may be chosen, each with its label."""
Choices = Mapping[str, Offered]
"""The values of each vocabulary, with their labels."""
_STEPS = frozenset(Step)
MOST_OFFERED = 100
"""So many of the newest pieces of evidence and incidents are offered; others can be typed."""


def choices_of(ledger: Ledger, kind: StreamType, subject: UUID) -> Choices:
    """What may be chosen in a stream's forms. Raises NotFound."""
    own = _OWN.get(kind.kind)
    return own(ledger, subject) if own else {}


def opening_choices(ledger: Ledger, kind: StreamType) -> Choices:
    """What may be chosen in the forms that open a stream of a kind."""
    own = _OPENING.get(kind.kind)
    return own(ledger) if own else {}


def evidence_choices(ledger: Ledger) -> Choices:
    """The policy's kinds of evidence, and its roles."""
    policy = policy_in_force(ledger.store)
    return {
        Vocabulary.EVIDENCE_KIND: tuple(policy.evidence.labels.items()),
        Vocabulary.ROLE: tuple(policy.guards.role_labels.items()),
    }


def release_choices(ledger: Ledger) -> Choices:
    """The policy's classes of changes, the requirements of its gates, and its roles."""
    policy = policy_in_force(ledger.store)
    classes = policy.releases.change_classes
    return {
        Vocabulary.CHANGE_CLASS: tuple((name, of.label) for name, of in classes.items()),
        Vocabulary.REQUIREMENT: tuple(
            (name, each.words)
            for name, each in policy.requirements.items()
            if each.by != "sign_off"
        ),
        Vocabulary.ROLE: tuple(policy.guards.role_labels.items()),
    }


def own_release_choices(ledger: Ledger, of: UUID) -> Choices:
    """The same of one release; and the evidence and the open incidents of its system, the newest.

    Evidence that ended can be named all the same.
    """
    release: Release = state_of(ledger.store, RELEASE.stream(of))
    opened = IncidentFilters(system=release.system, status=Status.OPEN)
    return {
        **release_choices(ledger),
        EVIDENCE.kind: _evidence(ledger, {"system": release.system}, "release"),
        INCIDENT.kind: _incidents(ledger, opened),
    }


def risk_choices(ledger: Ledger) -> Choices:
    """The policy's categories of risks, its labels, roles and controls."""
    policy = policy_in_force(ledger.store)
    risks = policy.risks
    return {
        Vocabulary.RISK_CATEGORY: tuple(risks.categories.items()),
        Vocabulary.LIKELIHOOD: tuple(risks.likelihood.items()),
        Vocabulary.IMPACT: tuple(risks.impact.items()),
        Vocabulary.CONTROL: tuple((name, of.words) for name, of in policy.controls.items()),
        Vocabulary.ROLE: tuple(policy.guards.role_labels.items()),
    }


def own_risk_choices(ledger: Ledger, of: UUID) -> Choices:
    """The same of one risk: the roles are those that may accept it, as it is assessed now.

    The newest improvements and incidents of its system are offered; others can be typed.
    """
    risk: Risk = state_of(ledger.store, RISK.stream(of))
    policy = policy_in_force(ledger.store)
    band = None if risk.current is None else policy.risks.bands.get(risk.current.band)
    labels = policy.guards.role_labels
    roles = labels if band is None else {each: labels[each] for each in band.accepted_by}
    of_system = {} if risk.system is None else {"system": risk.system}
    proposed = list_items(
        ledger, IMPROVEMENTS, IMPROVEMENTS_LIST, of_system, limit=MOST_OFFERED
    ).items
    return {
        **risk_choices(ledger),
        Vocabulary.ROLE: tuple(roles.items()),
        IMPROVEMENT.kind: tuple((each["reference"], each["title"]) for each in proposed),
        INCIDENT.kind: _incidents(ledger, IncidentFilters(system=risk.system)),
    }


def improvement_choices(ledger: Ledger, of: UUID) -> Choices:
    """The policy's kinds of evidence and its roles; and what a check can name: see below.

    Of one that was done: the newest evidence of the kind that its criterion names, and the newest
    measurements of its metric that begin after it was done. Others can be typed.
    """
    state: Improvement = state_of(ledger.store, IMPROVEMENT.stream(of))
    criterion = state.criterion
    choices = dict(evidence_choices(ledger))
    if criterion is None or state.status is not ImprovementStatus.DONE or state.done_at is None:
        return choices
    asked = {"system": state.system} if state.system else {}
    if criterion.metric:
        since, metric = time_text(state.done_at), {"metric": criterion.metric}
        found = list_items(ledger, MEASUREMENTS, MEASURED_LIST, asked | metric, limit=MOST_OFFERED)
        choices[METRIC.kind] = tuple(
            (each["reference"], f"{each['value']:g} {each['unit']} until {each['until']}")
            for each in found.items
            if (each["since"] or each["until"]) >= since and not each["retracted"]
        )
    if criterion.evidence_kind:
        filed = list_items(
            ledger, FILED, FILED_LIST, {"kind": criterion.evidence_kind}, limit=MOST_OFFERED
        ).items
        choices[EVIDENCE.kind] = tuple((each["reference"], each["title"]) for each in filed)
    return choices


def incident_choices(ledger: Ledger, view: IncidentView) -> Choices:
    """The policy's categories, and the steps that this incident owes."""
    steps = view.steps.items()
    return {
        Vocabulary.CATEGORY: tuple(categories_in_force(ledger.store).items()),
        Vocabulary.STEP: tuple(
            (name, step.label)
            for name, step in steps
            if step.state == StepState.PENDING and name not in NEVER_WAIVED
        ),
        Vocabulary.ADDED_STEP: tuple(
            (name, step.label)
            for name, step in steps
            if step.state != StepState.DONE and name not in _STEPS
        ),
    }


def standard_choices(ledger: Ledger) -> Choices:
    """The policy's standards."""
    policy = policy_in_force(ledger.store)
    return {
        Vocabulary.STANDARD: tuple((name, each.label) for name, each in policy.standards.items())
    }


def control_choices(ledger: Ledger) -> Choices:
    """The policy's controls, and the newest evidence."""
    policy = policy_in_force(ledger.store)
    return {
        Vocabulary.CONTROL: tuple(
            (name, f"{each.words} ({each.scope})") for name, each in policy.controls.items()
        ),
        EVIDENCE.kind: _evidence(ledger, {}, "system"),
    }


def _evidence(ledger: Ledger, filters: Mapping[str, str | None], by: str) -> Offered:
    """The newest evidence that matches, with the column by which pieces are told apart."""
    filed = list_items(ledger, FILED, FILED_LIST, filters, limit=MOST_OFFERED).items
    return tuple(
        (each["reference"], f"{each['kind']}: {each['title']} {each[by] or ''}".strip())
        for each in filed
    )


def _incidents(ledger: Ledger, filters: IncidentFilters) -> Offered:
    """The newest incidents that match."""
    found = queries.incidents.register(ledger.views, filters, limit=MOST_OFFERED).rows
    return tuple((reference(row["leaf"]), f"detected {row['detected_at']}") for row in found)


_OPENING: Mapping[str, Callable[[Ledger], Choices]] = {
    CONTROL.kind: control_choices,
    EVIDENCE.kind: evidence_choices,
    RELEASE.kind: release_choices,
    RISK.kind: risk_choices,
    STANDARD.kind: standard_choices,
}
_OWN: Mapping[str, Callable[[Ledger, UUID], Choices]] = {
    EVIDENCE.kind: lambda ledger, _: evidence_choices(ledger),
    IMPROVEMENT.kind: improvement_choices,
    INCIDENT.kind: lambda ledger, of: incident_choices(ledger, view_from_stream(ledger, of)),
    RELEASE.kind: own_release_choices,
    RISK.kind: own_risk_choices,
}
