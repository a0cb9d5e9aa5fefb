"""The policy as shipped says what the runbook says."""

from datetime import timedelta

import pytest

from ledger.policy import Policy, digest, parse_policy, shipped
from ledger.vocabulary import Category, Severity, Step


@pytest.fixture
def policy() -> Policy:
    return parse_policy(shipped())


@pytest.mark.parametrize(
    ("slo", "met", "missed"),
    [
        ("latency", 1.999, 2.0),
        ("availability", 99.5, 99.49),
        ("quality", 0.82, 0.819),
        ("harmful_output", 0.5, 0.51),
        ("privacy_incidents", 0, 1),
    ],
)
def test_the_objectives_are_those_of_section_4(
    policy: Policy, slo: str, met: float, missed: float
) -> None:
    assert (True, False) == (policy.slos[slo].met_by(met), policy.slos[slo].met_by(missed))


def test_there_are_the_five_gates_of_section_5(policy: Policy) -> None:
    expected = ["documentation", "evaluation", "compliance", "rollback", "sign_off"]
    assert expected == [gate.id for gate in policy.gates]


def test_the_triggers_are_those_of_section_6(policy: Policy) -> None:
    drift, quality = policy.triggers.data_drift, policy.triggers.quality_drop
    assert (False, True) == (drift.fires_at(0.2), drift.fires_at(0.21))
    assert (False, True) == (quality.fires_at(10), quality.fires_at(10.1))
    assert (3, "UTC") == (policy.threshold, policy.zone)
    assert "Launch RCA review" == policy.triggers.incident_count.action
    assert ("New law", "New standard") == policy.triggers.policy_update.on
    assert all(policy.counts(severity) for severity in (None, *Severity))


def test_the_flow_is_that_of_section_7(policy: Policy) -> None:
    assert tuple(Category) == policy.flow.categories
    assert tuple(Step) == policy.flow.steps
    assert (timedelta(hours=24), timedelta(hours=4)) == (
        policy.rca.due_after,
        policy.rca.at_risk_lead,
    )


def test_alerts_are_outlived_and_grouped_as_designed(policy: Policy) -> None:
    alerts = policy.alerts
    assert timedelta(hours=36) == alerts.stale_after
    assert (timedelta(hours=6), timedelta(seconds=60)) == (alerts.backdate_limit, alerts.clock_skew)
    assert timedelta(seconds=60) == alerts.late_copy
    assert timedelta(hours=1) == alerts.quiet
    assert ("system", "alertname") == alerts.group_by


@pytest.mark.parametrize(
    ("severity", "opens", "expected"),
    [
        ("critical", True, Severity.CRITICAL),
        ("page", True, Severity.CRITICAL),
        ("emergency", True, Severity.CRITICAL),
        ("error", True, Severity.HIGH),
        ("CRITICAL", True, Severity.CRITICAL),
        ("warning", False, Severity.MEDIUM),
        ("Info", False, Severity.LOW),
        ("none", False, None),
        ("critical2", False, None),
        ("", True, None),
        (None, True, None),
    ],
)
def test_urgent_alerts_and_those_without_a_severity_open_an_incident(
    policy: Policy, severity: str | None, opens: bool, expected: Severity | None
) -> None:
    labels = {"alertname": "Down"} | ({} if severity is None else {"severity": severity})
    rule = policy.rule_for(labels)
    assert (opens, expected) == (rule.opens, policy.severity_of(labels, rule))


def test_the_digest_is_of_the_bytes(policy: Policy) -> None:
    empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert empty == digest("")
    assert digest(shipped()) != digest(shipped() + "\n")
    assert policy is parse_policy(shipped())
