"""Risks, standards and controls of a policy: what contradicts another is refused by its path."""

import pytest

from ledger.policy import parse_policy, shipped
from ledger.policy.risk_checks import MOST_CONTROLS
from tests.unit.policy.test_reading import changed, faults_of

FIRST_ROW = '["low", "low", "low", "medium", "medium"],\n'
LABEL = 'label = "Extreme"\naccepted_by = ["governance_lead"]'
AI_POLICY = 'eu_ai_act = ["17"] }\n\n[controls.roles]'

FAULTS = [
    (('tolerated = "medium"', 'tolerated = "minor"'), "risks.tolerated", '"minor"'),
    ((f"    {FIRST_ROW}", ""), "risks.matrix", "4 rows for 5 labels"),
    (
        (FIRST_ROW, FIRST_ROW.replace('"low", "low", "low"', '"low", "low"')),
        "risks.matrix[0]",
        "4 bands for 5 labels",
    ),
    ((FIRST_ROW, FIRST_ROW.replace('["low"', '["tiny"')), "risks.matrix[0][0]", '"tiny"'),
    (
        (LABEL, LABEL.replace("governance_lead", "boss")),
        "risks.bands.extreme.accepted_by[0]",
        '"boss"',
    ),
    (
        ('accepted_for = "P180D"', 'accepted_for = "P3661D"'),
        "risks.bands.high.accepted_for",
        "ten years",
    ),
    (
        ('reviewed_every = "P90D"', 'reviewed_every = "PT59S"'),
        "risks.bands.high.reviewed_every",
        "one minute",
    ),
    (
        (AI_POLICY, AI_POLICY.replace("eu_ai_act", "eu_act")),
        "controls.ai_policy.maps.eu_act",
        '"eu_act" is no standard',
    ),
    (
        (AI_POLICY, AI_POLICY.replace('"17"', '"17", "117"')),
        "controls.ai_policy.maps.eu_ai_act[1]",
        '"117" is no clause of EU AI Act',
    ),
    (
        ('reassess_within = "P30D"', 'reassess_within = "PT59S"'),
        "triggers.policy_update.reassess_within",
        "one minute",
    ),
    (
        ('no_recurrence = "P90D"', 'no_recurrence = "P3661D"'),
        "improvements.no_recurrence",
        "ten years",
    ),
]


@pytest.mark.parametrize(("change", "path", "said"), FAULTS)
def test_a_contradiction_is_named_by_its_path(
    change: tuple[str, str], path: str, said: str
) -> None:
    assert said in faults_of(changed(change))[path]


def test_a_policy_has_so_many_controls_at_most() -> None:
    more = "".join(f'[controls.c{n}]\nwords = "C"\n' for n in range(MOST_CONTROLS))
    assert f"of at most {MOST_CONTROLS}" in faults_of(f"{shipped()}\n{more}")["controls"]


def test_each_control_as_shipped_is_asked_for_and_few_clauses_are_gaps() -> None:
    policy = parse_policy(shipped())
    assert all(each.maps for each in policy.controls.values())
    gaps = {
        (standard, clause)
        for standard, of in policy.standards.items()
        for clause in of.clauses
        if not any(clause in each.maps.get(standard, ()) for each in policy.controls.values())
    }
    expected = {("iso_42001", each) for each in ("A.4.4", "A.4.5", "A.6.1.2")}
    assert expected | {("eu_ai_act", "47")} == gaps
