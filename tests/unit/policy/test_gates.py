"""Gates and classes of changes of a policy: what contradicts another is refused by its path."""

import pytest

from ledger.policy import parse_policy, shipped
from ledger.policy.gates import MOST_REQUIREMENTS, SHIPPED_CLASSES
from tests.unit.policy.test_reading import changed, faults_of

DPIA = 'by = "approval", evidence = ["dpia", "tra"], roles = ["governance_lead"]'
QUALITY = 'metric = "pass@5", comparison = ">=", target = 0.82, unit = "1", min_n = 20'
OWNER = 'by = "sign_off", roles = ["product_owner"]'

FAULTS = [
    (('{ id = "system_card"', '{ id = "model_card"'), "gates[0].checks[1].id", "already"),
    (
        ('evidence = ["model_card"]', 'evidence = ["card"]'),
        "gates[0].checks[0].evidence[0]",
        '"card"',
    ),
    (
        ('evidence = ["model_card"]', 'evidence = ["other"]'),
        "gates[0].checks[0].evidence",
        "complete",
    ),
    ((DPIA, 'by = "approval", roles = ["governance_lead"]'), "gates[2].checks[0].evidence", "Name"),
    ((DPIA, 'by = "approval", evidence = ["dpia"]'), "gates[2].checks[0].roles", "Name the roles"),
    ((DPIA, DPIA.replace("governance_lead", "boss")), "gates[2].checks[0].roles[0]", '"boss"'),
    ((QUALITY, 'comparison = ">=", target = 1, unit = "1"'), "gates[1].checks[0].metric", "Add it"),
    (('first = ["rollback_plan"]', 'first = ["plan"]'), "gates[3].checks[0].first[0]", '"plan"'),
    (
        ('["rollback_plan"], max_age = "P90D"', '["rollback_plan"], max_age = "PT59S"'),
        "gates[3].checks[0].max_age",
        "one minute",
    ),
    ((OWNER, f"{OWNER}, waivable = true"), "gates[4].checks[0].waivable", "cannot be waived"),
    (
        ("inherits = [", 'inherits = ["docs", '),
        "releases.classes.standard.inherits[0]",
        '"docs"',
    ),
    (
        ('["prompt", ', '["model", "prompt", '),
        "releases.classes.standard.artefacts",
        "another class",
    ),
    (
        ("emergency = true", 'emergency = true\nartefacts = ["model"]'),
        "releases.classes.emergency.artefacts",
        "No artefact",
    ),
    (
        ('decided_within = "PT48H"', 'decided_within = "P367D"'),
        "releases.classes.emergency.decided_within",
        "366 days",
    ),
]


@pytest.mark.parametrize(("change", "path", "said"), FAULTS)
def test_a_contradiction_is_named_by_its_path(
    change: tuple[str, str], path: str, said: str
) -> None:
    assert said in faults_of(changed(change))[path]


def test_all_gates_together_have_as_many_requirements_as_one_decision_names() -> None:
    more = "".join(
        f'    {{ id = "r{number}", words = "One more", {OWNER} }},\n'
        for number in range(MOST_REQUIREMENTS)
    )
    last = '    { id = "product_owner"'
    assert f"of at most {MOST_REQUIREMENTS}" in faults_of(changed((last, f"{more}{last}")))["gates"]


def test_a_policy_without_classes_has_those_of_the_shipped_one() -> None:
    assert SHIPPED_CLASSES == parse_policy(shipped()).releases.classes
    assert list(SHIPPED_CLASSES) == list(parse_policy(shipped()).releases.classes)


def test_requirements_are_found_by_their_ids_in_the_order_of_the_gates() -> None:
    policy = parse_policy(shipped())
    assert ["model_card", "system_card", "quality"] == list(policy.requirements)[:3]
    assert "sign_off" == policy.requirements["governance_lead"].by
