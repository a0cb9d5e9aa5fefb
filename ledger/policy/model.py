"""The policy's types: what policy.toml may say, and the questions that decisions ask of it.

Everything here is pure; `read` has checked a policy before anybody asks.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta

from ledger.policy.controls import Control, StandardClauses
from ledger.policy.coverage import Coverage, is_heartbeat, labels_of
from ledger.policy.evidence import EvidencePolicy
from ledger.policy.flow import AddedCategory, AddedStep, Flow, Rca, category_labels, step_labels
from ledger.policy.gates import Gate, Releases, Requirement
from ledger.policy.improving import Improving
from ledger.policy.matchers import Matcher, all_match, parse
from ledger.policy.measuring import Measuring, Metric, Unit
from ledger.policy.notify import Notify
from ledger.policy.objectives import Amount, Objective
from ledger.policy.parts import Part, ShortWords, Slug, Words
from ledger.policy.phases import PhaseExit
from ledger.policy.privacy import Privacy, Retention
from ledger.policy.raci import Access, Guards, RaciRow
from ledger.policy.risks import SHIPPED_RISKS, Risks
from ledger.policy.times import after, month_in
from ledger.vocabulary import Phase, Severity, SourceKind

UNASSIGNED = "unassigned"
"""The system of an alert that names none."""

Label = Annotated[str, Meta(min_length=1, max_length=200)]
SegmentText = Annotated[str, Meta(max_length=4_000)]
Labels = Annotated[tuple[Label, ...], Meta(min_length=1, description="Name at least one label.")]


class Trigger(Part, frozen=True, kw_only=True):
    """A measurement above `more_than`, in `unit`, calls for `action` (runbook section 6).

    It fires only where it is `judged`. `of` are the metrics that it compares, where it compares
    some with themselves; with `segments`, only measurements of these segments are judged ("" is
    the whole). Measurements of fewer than `min_n` samples are not judged. Quarters are those of
    `zone`, and judged until `grace` after their end. `provider_action` is the action for a system
    that runs the model of a supplier, which nobody here can train.
    """

    metric: Words
    more_than: Amount
    unit: Words
    action: Words
    judged: bool = False
    of: tuple[Words, ...] = ()
    segments: tuple[SegmentText, ...] = ()
    min_n: Annotated[int, Meta(ge=1, le=10**12)] = 1
    zone: Words = "UTC"
    grace: timedelta = timedelta(days=14)
    provider_action: Words | None = None

    def fires_at(self, measurement: float) -> bool:
        """Whether a measurement, in the same unit, calls for the action."""
        return measurement > self.more_than


class IncidentCount(Part, frozen=True, kw_only=True):
    """More than `more_than` incidents in a month of `zone` launch a review (section 6).

    It is due `review_due_after` its launch; None, it has no due time.
    """

    more_than: Annotated[int, Meta(ge=0, le=1_000_000)]
    per: Literal["system"]
    zone: Words
    count_severities: Annotated[tuple[Severity, ...], Meta(min_length=1)]
    action: Words
    review_due_after: timedelta | None = None


class PolicyUpdate(Part, frozen=True, kw_only=True):
    """A new law or standard calls for `action` (runbook section 6).

    Each control that is mapped to it is re-assessed within `reassess_within` of its change.
    """

    on: Annotated[tuple[Words, ...], Meta(min_length=1)]
    action: Words
    reassess_within: timedelta = timedelta(days=30)


class Triggers(Part, frozen=True, kw_only=True):
    """The monitoring and retraining triggers (runbook section 6)."""

    data_drift: Trigger
    quality_drop: Trigger
    incident_count: IncidentCount
    policy_update: PolicyUpdate


class Alerts(Part, frozen=True, kw_only=True):
    """How alerts are read, grouped and outlived (runbook section 7.1, "Detect").

    The first of `system_labels` and of `severity_labels` that an alert has names its system and its
    severity. `stale_after`: an open episode of a source that repeats is stale when it was not heard
    of for so long; a source's own entry in `stale_after_by_source` goes before that of its kind in
    `stale_after_by_kind`, and that before `stale_after`. `late_copy`: a copy from another sender
    may come so long after the end, and one that waited at a server may have arrived there so long
    before it. `quiet`: an incident attracts its group's alerts until its impact has been over for
    so long. `backdate_limit`: an incident is detected at most so long before its alert arrived;
    None, at the alert's start, however long ago that is. `clock_skew`: a time so little ahead of
    the ledger's clock is taken as now.
    """

    system_labels: Labels
    severity_labels: Labels
    group_by: tuple[Label, ...]
    stale_after: timedelta
    late_copy: timedelta
    quiet: timedelta
    stale_after_by_kind: Mapping[SourceKind, timedelta] = {}
    stale_after_by_source: Mapping[Label, timedelta] = {}
    backdate_limit: timedelta | None = None
    clock_skew: timedelta = timedelta(0)

    def stale_after_of(self, source: str, kind: SourceKind | None) -> timedelta | None:
        """After which silence an open episode of a source is stale; None where it never is.

        Senders that send each change once say nothing by their silence. `kind` is None where it is
        not known; then they are taken to repeat.
        """
        if kind is not None and not kind.repeats:
            return None
        by_kind = self.stale_after if kind is None else self.stale_after_by_kind.get(kind)
        return self.stale_after_by_source.get(source, by_kind or self.stale_after)

    @property
    def shortest_stale_after(self) -> timedelta:
        """The shortest silence after which any episode is stale."""
        by_kind, by_source = self.stale_after_by_kind, self.stale_after_by_source
        return min([self.stale_after, *by_kind.values(), *by_source.values()])


class Rule(Part, frozen=True, kw_only=True):
    """Whether alerts that all of `match` hold for open an incident, and of what kind.

    `match` holds Alertmanager's matchers; none holds for every alert. `name` is part of a group's
    identity. `group_by` and `system_labels` stand in place of those of `Alerts`.
    """

    name: Slug
    match: tuple[str, ...]
    opens: bool
    category: Slug | None = None
    severity: Severity | None = None
    group_by: tuple[Label, ...] | None = None
    system_labels: Labels | None = None


HEARTBEAT = Rule(name="heartbeat", match=(), opens=False)
"""The rule of alerts that say only that their source works (see `Coverage`)."""


class Policy(Part, frozen=True, kw_only=True):
    """A policy, read and checked: every threshold of the runbook's sections 4 to 7."""

    schema: Literal[1]
    title: Words
    slos: Mapping[Slug, Objective]
    gates: tuple[Gate, ...]
    triggers: Triggers
    flow: Flow
    rca: Rca
    alerts: Alerts
    severities: Mapping[Label, Severity]
    rules: Annotated[tuple[Rule, ...], Meta(min_length=1)]
    categories: Mapping[Slug, AddedCategory] = {}
    steps: Mapping[Slug, AddedStep] = {}
    access: Access = Access()
    roles: Mapping[Slug, ShortWords] = {}
    raci: tuple[RaciRow, ...] = ()
    privacy: Privacy = Privacy()
    retention: Retention = Retention()
    notify: Notify = Notify()
    coverage: Coverage = Coverage()
    evidence: EvidencePolicy = EvidencePolicy()
    phases: Mapping[Phase, PhaseExit] = {}
    releases: Releases = Releases()
    metrics: Mapping[Label, Metric] = {}
    units: Mapping[Label, Unit] = {}
    risks: Risks = SHIPPED_RISKS
    standards: Mapping[Slug, StandardClauses] = {}
    controls: Mapping[Slug, Control] = {}
    improvements: Improving = Improving()

    @property
    def measuring(self) -> Measuring:
        """The metrics and units that measurements are read by."""
        return Measuring(self.metrics, self.units)

    @property
    def requirements(self) -> Mapping[str, Requirement]:
        """What the gates ask of a release, by id, in the order of the gates."""
        return {each.id: each for gate in self.gates for each in gate.checks}

    @property
    def guards(self) -> Guards:
        """Who may what."""
        return Guards(access=self.access, roles=self.roles, raci=self.raci, privacy=self.privacy)

    @property
    def threshold(self) -> int:
        """A review is launched by more than so many incidents of one system in one month."""
        return self.triggers.incident_count.more_than

    @property
    def zone(self) -> str:
        """The name of the time zone whose calendar months are counted."""
        return self.triggers.incident_count.zone

    def rule_for(self, labels: Mapping[str, str]) -> Rule:
        """The first rule that applies; there is one, for the last applies to every alert.

        A heartbeat has a rule of its own, which opens nothing.
        """
        heartbeats = self.coverage.heartbeats
        if heartbeats and is_heartbeat(heartbeats, tuple(map(labels.get, labels_of(heartbeats)))):
            return HEARTBEAT
        for rule in self.rules:
            if all_match(_matchers(rule.match), labels):
                return rule
        return self.rules[-1]

    def system_of(self, labels: Mapping[str, str], rule: Rule | None = None) -> str:
        """The system that an alert is of: the first system label with more than blanks in it.

        `rule` is the one for `labels`, where the caller has it at hand.
        """
        names = (rule or self.rule_for(labels)).system_labels or self.alerts.system_labels
        return _first(names, labels) or UNASSIGNED

    def severity_of(self, labels: Mapping[str, str], rule: Rule) -> Severity | None:
        """An incident's severity: the rule's, else what the alert's severity label stands for."""
        if rule.severity is not None:
            return rule.severity
        stated = _first(self.alerts.severity_labels, labels)
        return self.severities.get(stated.strip().lower())

    def group_values(
        self, rule: Rule, labels: Mapping[str, str], system: str
    ) -> tuple[tuple[str, str], ...]:
        """The labels and values that make a group; "system" is `system`, a missing label is ""."""
        names = self.alerts.group_by if rule.group_by is None else rule.group_by
        return tuple((name, system if name == "system" else labels.get(name, "")) for name in names)

    def detected_at(self, started_at: datetime, arrived_at: datetime) -> datetime:
        """When an alert that arrives now was detected: at its start, but for `backdate_limit`."""
        limit = self.alerts.backdate_limit
        return started_at if limit is None else max(started_at, after(arrived_at, -limit))

    def month_of(self, detected: datetime) -> str:
        """The month, "YYYY-MM" in the policy's zone, in which an incident is counted."""
        return month_in(detected, ZoneInfo(self.zone))

    @property
    def category_labels(self) -> Mapping[str, str]:
        """The label of every category that an incident may have, by its id, in order."""
        return category_labels(self.flow, self.categories)

    def review_due(self, launched: datetime) -> datetime | None:
        """When a review has to be concluded, in UTC; None where the policy names no time."""
        span = self.triggers.incident_count.review_due_after
        return None if span is None else after(launched, span)

    @property
    def step_labels(self) -> Mapping[str, str]:
        """The label of every step, by its id, in order."""
        return step_labels(self.flow, self.steps)

    def rca_due(
        self, detected: datetime, category: str | None = None, severity: Severity | None = None
    ) -> datetime:
        """When the root cause analysis is due, in UTC (runbook section 7.5)."""
        return after(detected, self.rca.due_after_of(category, severity))

    def rca_at_risk_at(
        self, detected: datetime, category: str | None = None, severity: Severity | None = None
    ) -> datetime:
        """When an unfinished root cause analysis becomes at risk, in UTC."""
        return after(detected, self.rca.at_risk_after_of(category, severity))

    def final_rca(self, preliminary_at: datetime) -> tuple[datetime, datetime] | None:
        """When the final analysis is due and at risk after a preliminary one, in UTC.

        None where a preliminary one does not meet the deadline.
        """
        span = self.rca.final_due_after
        if not self.rca.preliminary_meets or span is None:
            return None
        return after(preliminary_at, span), after(preliminary_at, span - self.rca.at_risk_lead)

    def counts(self, severity: Severity | None) -> bool:
        """Whether an incident counts for its month; one that has no severity yet does."""
        return severity is None or severity in self.triggers.incident_count.count_severities


def _first(names: tuple[str, ...], labels: Mapping[str, str]) -> str:
    """The first label's value that is more than blanks, or none: ""."""
    for name in names:
        if (value := labels.get(name, "")).strip():
            return value
    return ""


@lru_cache(maxsize=8192)
def _matchers(match: tuple[str, ...]) -> tuple[Matcher, ...]:
    """The matchers of all texts of a rule, parsed once."""
    return tuple(matcher for text in match for matcher in parse(text))
