"""What the report says of a March that was written down event by event."""

from pathlib import Path

import pytest

from consumers.risk_report.making import risk_report, shown_report
from ledger.errors import Invalid, NotFound
from ledger.store.port import Store
from tests.harness.homes import store_of
from tests.unit.risk_report.march import (
    accepted,
    adopted,
    assessed,
    march,
    policy_text,
    record,
    registered,
)


def test_the_summary_counts_what_happened(store: Store) -> None:
    summary = risk_report(store, "2026-03").summary
    said = {
        name: number
        for name in summary.__struct_fields__
        if (number := getattr(summary, name)) != 0
    }
    assert {
        "risks": 4,
        "risks_above_tolerance": 2,
        "risks_not_assessed": 2,
        "risks_worse": 1,
        "risks_new": 1,
        "acceptances_expiring": 1,
        "treatments_overdue": 1,
        "incidents": 3,
        "incidents_severe": 2,
        "incidents_restricted": 1,
        "near_misses": 1,
        "rca_late": 2,
        "systems_over_count": 1,
        "reviews_overdue": 1,
        "objectives_breached": 1,
        "releases_decided": 2,
        "decisions_refused": 1,
        "deployed_without_decision": 1,
        "actions_overdue": 1,
        "evidence_expired": 1,
        "governance_missing": 1,
        "reassessments_open": 1,
        "reassessments_overdue": 1,
        "clauses_without_control": 1,
    } == said


def test_risks_stand_as_they_were_at_the_end_of_the_month(store: Store) -> None:
    report = risk_report(store, "2026-03")
    assert [
        ("Prompts leak", "extreme", "no", 1),
        ("[text 019d5c3e-7a00-7000-8000-0000000000aa]", "high", "no", 0),
        ("A vague one", None, "unknown", 0),
        ("A new one", None, "unknown", 0),
    ] == [
        (each.title, each.current and each.current.band, each.tolerated, len(each.incidents))
        for each in report.risks.rows
    ]
    filled = {
        (row.likelihood, cell.impact): cell.count
        for row in report.heat_map.rows
        for cell in row.cells
        if cell.count
    }
    assert {("likely", "severe"): 1, ("likely", "major"): 1} == filled
    assert (0, 2) == (report.heat_map.elsewhere, report.heat_map.not_assessed)
    assert [
        ("Prompts leak", "worse", "medium", "extreme"),
        ("An old one", "closed", "low", "low"),
        ("A new one", "identified", None, None),
    ] == [(each.title, each.change, each.from_band, each.to_band) for each in report.movement.rows]


def test_a_month_later_the_same_risks_moved_back(store: Store) -> None:
    report = risk_report(store, "2026-04")
    moved = [(each.reference, each.change, each.to_band) for each in report.movement.rows]
    assert [("RSK-4", "better", "low")] == moved
    assert not report.complete
    assert report.until == report.known_at


def test_a_verdict_is_of_the_analysis_and_a_decision_of_each_time(store: Store) -> None:
    report = risk_report(store, "2026-03")
    assert [
        ("chat", "met", True),
        ("chat", "met_late", False),
        ("scoring", "cancelled", False),
        ("scoring", "breached", False),
    ] == [(each.system, each.rca_state, each.restricted) for each in report.incidents.rows]
    assert ["no_go", "go"] == [each.decision for each in report.releases.decisions]
    assert [(0, 1), (1, 0)] == [(each.passed, each.failed) for each in report.releases.decisions]


def test_each_part_of_a_standard_counts_by_the_worst_of_its_controls(store: Store) -> None:
    [law] = risk_report(store, "2026-03").coverage.standards
    assert [("1", "reassessment_overdue"), ("2", "reassessment_overdue"), ("3", "gap")] == [
        (each.clause, each.status) for each in law.rows
    ]
    [later] = risk_report(store, "2026-04").coverage.standards
    assert ["not_assessed", "not_assessed", "gap"] == [each.status for each in later.rows]


def test_a_month_that_has_not_begun_is_refused(store: Store) -> None:
    with pytest.raises(Invalid, match="2027-01 begins at"):
        risk_report(store, "2027-01")
    with pytest.raises(Invalid, match="no month"):
        risk_report(store, "2026-3")
    with pytest.raises(Invalid, match="sealed up to leaf"):
        risk_report(store, "2026-03", leaf=store.size())


def test_a_month_before_the_ledger_began_says_when_it_began(store: Store) -> None:
    report = risk_report(store, "2026-01")
    assert (0, 0) == (report.summary.risks, report.summary.incidents)
    assert report.began_at > report.ends


def test_a_ledger_without_an_event_has_no_report(tmp_path: Path) -> None:
    empty = store_of(tmp_path)
    try:
        with pytest.raises(NotFound, match="Nothing is sealed"):
            risk_report(empty, "2026-03")
    finally:
        empty.close()


def test_texts_are_there_to_read_and_never_in_the_report(store: Store) -> None:
    shown = shown_report(store, "2026-03")
    assert "[missing]" in {each.title for each in shown.readable.risks.rows}
    assert "[missing]" not in {each.title for each in shown.report.risks.rows}


def test_an_acceptance_is_stale_once_assessed_anew_and_expires_without_a_mark(store: Store) -> None:
    later = [
        (march(40), "risk", "bias", assessed(march(40), "likely", "severe", 20, "extreme")),
        (march(41), "risk", "leak", accepted(march(41), march(45))),
        (march(70), "system", "other", registered(march(70), "other")),
    ]
    record(store, later)
    april = risk_report(store, "2026-04")
    assert (0, 0, 1, 1) == (
        april.acceptances.holds,
        april.acceptances.expiring,
        april.acceptances.stale,
        april.acceptances.expired,
    )
    assert {"RSK-4": "expired", "RSK-6": "stale"} == {
        each.reference: each.state for each in april.acceptances.rows
    }
    march_again = risk_report(store, "2026-03")
    assert (1, 0) == (march_again.acceptances.holds, march_again.acceptances.stale)


def test_a_policy_whose_matrix_has_the_labels_no_more_tolerates_nothing(store: Store) -> None:
    text = policy_text().replace("likely = ", "probable = ").replace("unprobable", "unlikely")
    record(store, [(march(40), "policy", "policy", adopted(march(40), text))])
    report = risk_report(store, "2026-04")
    assert {"RSK-6": "unknown"} == {
        each.reference: each.tolerated
        for each in report.risks.rows
        if each.current is not None and each.current.likelihood == "likely"
    }
    assert 1 == report.heat_map.elsewhere
    assert 2 == risk_report(store, "2026-03").risks.above_tolerance
