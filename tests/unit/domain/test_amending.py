"""Corrections: which fields, which values, and what of the detection is restated with them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.domain.incident.amending import FIELDS
from ledger.domain.incident.state import evolve
from ledger.domain.incident.written import amended_value
from ledger.domain.text import OutsideText
from ledger.errors import Invalid
from ledger.vocabulary import Severity
from tests.unit.domain.story import (
    AT_RISK_AT,
    DETECTED_AT,
    DUE,
    NOW,
    Told,
    detected,
    folded,
    given,
    policy_with,
)

PAST = detected(severity=Severity.HIGH, impact_ended_at=NOW - timedelta(hours=1))
AS_BEFORE = {"month": "2026-03", "rca_due": DUE, "at_risk_at": AT_RISK_AT, "counts": True}
CRITICAL_ONLY = policy_with('["critical", "high", "medium", "low"]', '["critical"]')
ANOTHER_POLICY = policy_with('due_after = "PT24H"', 'due_after = "PT48H"')


def amend(field: str, to: str | None) -> c.Amend:
    return c.Amend(field=field, to=to, reason="r")


def amended(field: str, before: str | None, to: str | None, **restated: Any) -> e.Amended:
    return e.Amended(at=NOW, field=field, from_=before, to=to, reason="r", **restated)


def amending(field: str, to: str | None) -> Told:
    return given(PAST).when(amend(field, to))


@pytest.mark.parametrize(
    ("field", "before", "to", "after"),
    [
        ("title", "Answers leak", "Answers leaked", "Answers leaked"),
        ("description", "", "More", "More"),
        ("external_id", None, "T-1", "T-1"),
        ("impact_ended_at", "2026-03-10T09:00:00Z", None, None),
        (
            "impact_ended_at",
            "2026-03-10T09:00:00Z",
            "2026-03-10T09:30:00Z",
            NOW - timedelta(minutes=30),
        ),
    ],
)
def test_a_correction_says_what_it_was_and_what_it_is(
    field: str, before: str | None, to: str | None, after: object
) -> None:
    state = amending(field, to).then(amended(field, before, to))
    assert after == getattr(state, field)


def test_a_corrected_severity_restates_whether_the_incident_counts() -> None:
    told = given(PAST).when(amend("severity", "low"), policy=CRITICAL_ONLY)
    state = told.then(amended("severity", "high", "low", **AS_BEFORE | {"counts": False}))
    assert (Severity.LOW, False) == (state.severity, state.counts)


def test_a_severity_taken_back_is_none_and_counts() -> None:
    for empty in (None, ""):
        told = given(PAST).when(amend("severity", empty), policy=CRITICAL_ONLY)
        assert told.then(amended("severity", "high", None, **AS_BEFORE)).severity is None


def test_a_corrected_system_restates_the_month_it_is_counted_in() -> None:
    state = amending("system", "search").then(amended("system", "chat", "search", **AS_BEFORE))
    assert "search" == state.system


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime.fromisoformat("2026-02-28T23:59:59.999999Z"), "2026-02"),
        (datetime.fromisoformat("2026-03-01T00:00:00Z"), "2026-03"),
        (datetime.fromisoformat("2025-12-31T23:00:00Z"), "2025-12"),
    ],
)
def test_a_corrected_detection_restates_month_and_deadlines(at: datetime, month: str) -> None:
    due, at_risk_at = at + timedelta(hours=24), at + timedelta(hours=20)
    text = at.isoformat().replace("+00:00", "Z")
    expected = amended(
        "detected_at",
        "2026-03-10T08:00:00Z",
        text,
        month=month,
        rca_due=due,
        at_risk_at=at_risk_at,
        counts=True,
    )
    state = amending("detected_at", text).then(expected)
    assert (at, month, due, at_risk_at) == (
        state.detected_at,
        state.month,
        state.rca_due,
        state.at_risk_at,
    )


def test_the_month_is_the_policy_s_zone_s() -> None:
    tokyo = policy_with('zone = "UTC"', 'zone = "Asia/Tokyo"')
    told = given(PAST).when(amend("detected_at", "2026-02-28T15:00:00Z"), policy=tokyo)
    [event] = told.decided()
    assert isinstance(event, e.Amended)
    assert "2026-03" == event.month


@pytest.mark.parametrize(("field", "to"), [("severity", "low"), ("system", "search")])
def test_a_policy_adopted_since_moves_no_deadline_that_the_corrected_field_does_not_bear_on(
    field: str, to: str
) -> None:
    [event] = given(PAST).when(amend(field, to), policy=ANOTHER_POLICY).decided()
    assert isinstance(event, e.Amended)
    assert (DUE, AT_RISK_AT) == (event.rca_due, event.at_risk_at)


def test_a_corrected_detection_takes_its_deadline_from_the_policy_in_force() -> None:
    told = given(PAST).when(amend("detected_at", "2026-03-10T07:00:00Z"), policy=ANOTHER_POLICY)
    [event] = told.decided()
    assert isinstance(event, e.Amended)
    assert DETECTED_AT + timedelta(hours=47) == event.rca_due


@pytest.mark.parametrize(
    ("field", "to"),
    [
        ("title", "Answers leak"),
        ("system", "chat"),
        ("severity", "high"),
        ("detected_at", "2026-03-10T08:00:00Z"),
        ("detected_at", "2026-03-10T09:00:00+01:00"),
        ("description", ""),
        ("description", None),
        ("external_id", None),
        ("external_id", ""),
        ("impact_ended_at", "2026-03-10T10:00:00+01:00"),
    ],
)
def test_the_value_it_has_is_nothing_to_do(field: str, to: str | None) -> None:
    amending(field, to).nothing()


def test_a_time_with_an_offset_is_recorded_in_utc() -> None:
    [event] = amending("impact_ended_at", "2026-03-10T10:30:00+01:00").decided()
    assert isinstance(event, e.Amended)
    assert "2026-03-10T09:30:00Z" == event.to


@pytest.mark.parametrize(
    ("field", "to", "wrong"),
    [
        ("status", "closed", "field"),
        ("firing", "1", "field"),
        ("title", "", "to"),
        ("title", None, "to"),
        ("title", "x" * 501, "to"),
        ("system", "", "to"),
        ("system", "x" * 201, "to"),
        ("external_id", "x" * 201, "to"),
        ("description", "x" * 10_001, "to"),
        ("severity", "worst", "to"),
        ("detected_at", None, "to"),
        ("detected_at", "yesterday", "to"),
        ("detected_at", "2026-03-10", "to"),
        ("detected_at", "2026-03-10T08:00:00", "to"),
        ("impact_ended_at", "1773129600", "to"),
    ],
)
def test_a_wrong_field_or_value_is_invalid_and_named(
    field: str, to: str | None, wrong: str
) -> None:
    error = amending(field, to).fails(Invalid)
    assert isinstance(error, Invalid)
    assert [wrong] == [path for path, _ in error.errors]


def test_times_do_not_lie_in_the_future_and_detection_not_after_the_rca() -> None:
    for field in ("detected_at", "impact_ended_at"):
        amending(field, "2026-03-10T10:01:00.000001Z").refused("not_in_the_future")
        amending(field, "0202-03-10T10:01:00Z").refused("not_before_1970")
    at = DETECTED_AT + timedelta(hours=1)
    past = given(PAST, e.RcaCompleted(at=at, summary="s", root_cause="r"))
    past.when(amend("detected_at", "2026-03-10T09:00:00.000001Z")).refused("rca_after_detection")
    assert 1 == len(past.when(amend("detected_at", "2026-03-10T09:00:00Z")).decided())


@pytest.mark.parametrize(
    "settled", [e.Closed(at=NOW), e.Dismissed(at=NOW, reason="r")], ids=["closed", "dismissed"]
)
@pytest.mark.parametrize("field", FIELDS)
def test_a_settled_incident_can_still_be_corrected(field: str, settled: e.IncidentEvent) -> None:
    to = {"severity": "low", "detected_at": "2026-03-01T00:00:00Z", "impact_ended_at": None}
    past = given(PAST, settled)
    [event] = past.when(amend(field, to.get(field, "another"))).decided()
    assert folded(PAST, settled).status is evolve(past.state, event).status


def test_text_beside_the_log_is_corrected_without_being_read() -> None:
    beside = OutsideText(text="t", commitment="c")
    past = given(detected(title=beside))
    past.when(amend("title", "plain")).then(
        e.Amended(at=NOW, field="title", from_=beside, to="plain", reason="r")
    )
    back = e.Amended(at=NOW, field="title", from_="plain", to=beside, reason="r")
    assert beside == amended_value(back) == evolve(past.state, back).title


def test_a_correction_of_a_field_that_the_state_does_not_keep_changes_nothing() -> None:
    later = e.Amended(at=NOW, field="communication/17", from_="a", to="b", reason="edited")
    after = evolve(folded(PAST), later)
    assert {2: later} == dict(after.written.events.items())
    assert folded(PAST) == replace(after, written=folded(PAST).written)
