"""The page of the policy: the policy in force in words, and its history."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from litestar import Request, Response, get

from consumers.access.people import display_names
from consumers.commands.policy_history import Adoption, adoption_of, adoptions
from consumers.read_service.durations import format_duration
from consumers.read_service.notify_rules import notify_rules, told_lines
from consumers.text_safety import escape_controls
from consumers.web.pages.adopting import may_adopt
from consumers.web.pages.approving import waiting
from consumers.web.pages.diff_lines import diff_lines
from consumers.web.pages.rendering import frame_of, page
from consumers.web.services import services_of
from ledger.policy import Policy, Rule, parse_adopted
from ledger.vocabulary import Scope, Severity, Step, category_name

MOST_SHOWN = 50
"""The number of adoptions on the page; /v1/policy/history has all."""


class PolicySection(msgspec.Struct, frozen=True, kw_only=True):
    """A section of the policy: facts as (name, text)."""

    title: str
    facts: list[tuple[str, str]]


@get("/policy", opt={"scope": Scope.READ})
async def policy(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The policy in force in words, and every adoption with what it changed."""
    store = services_of(request.app.state).ledger.store

    def run() -> Response[bytes]:
        found = adoptions(store, display_names(store), most=MOST_SHOWN)
        in_force = parse_adopted(adoption_of(store, found[0].digest)[1].text)
        return page(
            frame_of(request),
            "policy.html",
            title=escape_controls(in_force.title, one_line=True),
            may_adopt=may_adopt(request),
            waiting=waiting(request, services_of(request.app.state).ledger),
            sections=list(sections(in_force)),
            told=told(in_force),
            rules=[sentence(rule, in_force.category_labels) for rule in in_force.rules],
            adoptions=[shown(each) for each in found],
            hidden=found[-1].version - 1,
        )

    return await asyncio.to_thread(run)


def shown(adoption: Adoption) -> dict[str, Any]:
    """An adoption for the page: control characters are escaped, diff lines have a kind."""
    return {
        "adoption": adoption,
        "by": escape_controls(adoption.by, one_line=True),
        "reason": escape_controls(adoption.reason),
        "changes": [escape_controls(str(change), one_line=True) for change in adoption.changes],
        "lines": diff_lines(adoption.diff),
    }


def sections(policy: Policy) -> Iterator[PolicySection]:
    """Thresholds, RCA times and alert rules; control characters in texts are escaped."""
    for title, facts in (
        ("Monthly count", _count(policy)),
        ("Root cause analysis", _rca(policy)),
        ("Categories", _categories(policy)),
        ("Steps owed", _steps(policy)),
        ("Objectives and triggers", _thresholds(policy)),
        ("Gates before deployment", _gates(policy)),
        ("Roles", _roles(policy)),
        ("Alerts", _alerts(policy)),
        ("Coverage", _coverage(policy)),
        ("Phases", _phases(policy)),
    ):
        yield PolicySection(
            title=title, facts=[(name, escape_controls(words)) for name, words in facts]
        )


def told(policy: Policy) -> list[tuple[str, str, str]]:
    """Who is told of what: notice, rule and words, in which control characters are escaped."""
    return [
        (notice, rule, escape_controls(words, one_line=True))
        for notice, rule, words in told_lines(notify_rules(policy))
    ]


def _coverage(policy: Policy) -> Iterator[tuple[str, str]]:
    coverage = policy.coverage
    for kind, silent_after in coverage.silent_after_by_kind.items():
        yield f"Sources of kind {kind}", f"silent after {format_duration(silent_after)}"
    for name, silent_after in coverage.silent_after_by_source.items():
        source = escape_controls(name, one_line=True)
        yield f"Source {source}", f"silent after {format_duration(silent_after)}"
    yield "Other sources", "never silent"
    for name, systems in coverage.systems.items():
        yield f"Source {escape_controls(name, one_line=True)}", f"tells of {_listed(systems)}"
    yield "Heartbeats", " or ".join(coverage.heartbeats) or "none"
    grown_at = coverage.quarantine_grown_at
    yield "Quarantine", "never grown" if grown_at is None else f"grown at {grown_at:,} bodies"


def _count(policy: Policy) -> Iterator[tuple[str, str]]:
    count = policy.triggers.incident_count
    counted = _listed(Severity(each).label for each in count.count_severities)
    yield "Threshold", f"more than {count.more_than} incidents of one system in a calendar month"
    yield "Then", count.action
    yield "Time zone", f"{count.zone}: its months are counted"
    yield "Counted", f"{counted}; and while there is no severity yet"


def _rca(policy: Policy) -> Iterator[tuple[str, str]]:
    yield "Due", f"{format_duration(policy.rca.due_after)} after detection"
    for severity, due in policy.rca.due_after_by_severity.items():
        yield f"... severity {severity.label}", f"{format_duration(due)} after detection"
    for category, due in policy.rca.due_after_by_category.items():
        name = escape_controls(policy.category_labels[category], one_line=True)
        yield f"... category {name}", f"{format_duration(due)} after detection"
    if policy.rca.due_after_by_severity or policy.rca.due_after_by_category:
        yield "Of several", "the shortest that applies"
    yield "At risk", f"from {format_duration(policy.rca.at_risk_lead)} before that"


def _categories(policy: Policy) -> Iterator[tuple[str, str]]:
    for name, label in policy.category_labels.items():
        added = policy.categories.get(name)
        yield escape_controls(label, one_line=True), added.words if added else "the runbook's"


def _steps(policy: Policy) -> Iterator[tuple[str, str]]:
    for name, label in policy.step_labels.items():
        yield escape_controls(label, one_line=True), _owed(name, policy)


def _owed(name: str, policy: Policy) -> str:
    """By which incidents a step is owed, and whether it can be waived."""
    step = policy.steps.get(name)
    if step is None:
        waived = "; cannot be waived" if name == Step.RCA else ""
        return f"{'where required' if name == Step.ROLLBACK else 'always'}, the runbook's{waived}"
    of = [
        words
        for words in (
            _listed(policy.category_labels[each] for each in step.categories),
            _listed(severity.label.lower() for severity in step.severities),
        )
        if words
    ]
    owed = f"where the incident is {', and '.join(of)}" if of else "always"
    return owed if step.waivable else f"{owed}; cannot be waived"


def _thresholds(policy: Policy) -> Iterator[tuple[str, str]]:
    for name, slo in policy.slos.items():
        what = f"{slo.metric} {slo.comparison} {_amount(slo.target, slo.unit)}"
        yield name.replace("_", " ").capitalize(), what
    triggers = policy.triggers
    for label, trigger in (
        ("Data drift", triggers.data_drift),
        ("Quality drop", triggers.quality_drop),
    ):
        limit = _amount(trigger.more_than, trigger.unit)
        yield label, f"{trigger.metric} more than {limit}: {trigger.action}"
    update = triggers.policy_update
    yield "Policy update", f"{_listed(update.on)}: {update.action}"


def _gates(policy: Policy) -> Iterator[tuple[str, str]]:
    for gate in policy.gates:
        yield escape_controls(gate.title, one_line=True), _listed(gate.requires)


def _phases(policy: Policy) -> Iterator[tuple[str, str]]:
    labels = policy.evidence.labels
    for phase, of in policy.phases.items():
        owed = [labels.get(kind, kind) for kind in of.owes]
        owed += [" or ".join(labels.get(kind, kind) for kind in of.one_of)] if of.one_of else []
        owed += ["a release decided go"] if of.release else []
        yield f"{phase.label} owes", _listed(owed) or "nothing"
    if not policy.phases:
        yield "Every phase", "owes nothing"


def _roles(policy: Policy) -> Iterator[tuple[str, str]]:
    access = policy.access
    yield "RACI", "enforced" if access.enforce else "recorded, not enforced"
    yield "Two people", "needed for the policy and for roles" if access.two_people else "not needed"
    if access.two_people and access.harmless:
        yield "... but for", _listed(access.harmless)
    yield "To be granted", _listed(policy.guards.role_labels.values())


def _alerts(policy: Policy) -> Iterator[tuple[str, str]]:
    alerts = policy.alerts
    yield "System", f"the first of the labels {_listed(alerts.system_labels)}"
    yield "Severity", f"the first of the labels {_listed(alerts.severity_labels)}"
    for severity in Severity:
        values = [value for value, stands in policy.severities.items() if stands is severity]
        if values:
            yield f"... {severity.label.lower()}", _listed(values)
    yield "One problem", f"alerts with equal values of {_listed(alerts.group_by) or 'nothing'}"
    yield "Quiet", f"a new alert joins until the impact is over for {format_duration(alerts.quiet)}"
    yield (
        "Stale",
        f"not heard of for {format_duration(alerts.stale_after)}, of a source that repeats",
    )
    for kind, silence in alerts.stale_after_by_kind.items():
        yield f"... {kind.label}", f"not heard of for {format_duration(silence)}"
    for source, silence in alerts.stale_after_by_source.items():
        label = f"... source {escape_controls(source, one_line=True)}"
        yield label, f"not heard of for {format_duration(silence)}"
    if alerts.backdate_limit is not None:
        limit = format_duration(alerts.backdate_limit)
        yield "Detected", f"when the alert began, at most {limit} before it arrived"
    if alerts.clock_skew:
        yield (
            "Clock skew",
            f"a time up to {format_duration(alerts.clock_skew)} ahead is taken as now",
        )
    yield "Late copy", f"within {format_duration(alerts.late_copy)} of the end, from another sender"


def sentence(rule: Rule, labels: Mapping[str, str] | None = None) -> tuple[str, str, str]:
    """A rule's name, its matchers, and their outcome; `labels` are those of categories."""
    parts = ["opens an incident" if rule.opens else "is recorded and opens none"]
    if rule.category:
        label = (labels or {}).get(rule.category) or category_name(rule.category)
        parts.append(f"category {label}")
    if rule.severity:
        parts.append(f"severity {Severity(rule.severity).label}")
    if rule.group_by is not None:
        parts.append(f"grouped by {_listed(rule.group_by) or 'nothing'}")
    if rule.system_labels:
        parts.append(f"system from {_listed(rule.system_labels)}")
    when = " and ".join(rule.match) or "every alert that no rule above is for"
    return (
        rule.name,
        escape_controls(when, one_line=True),
        escape_controls("; ".join(parts), one_line=True),
    )


def _amount(value: float, unit: str) -> str:
    return f"{value:.12g}" if unit == "1" else f"{value:.12g} {unit}"


def _listed(words: Any) -> str:
    return ", ".join(words)
