"""A policy that adds categories and steps, and RCA times by severity and category."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.errors import Invalid
from ledger.policy import absent_keys, difference, parse_policy, shipped
from ledger.vocabulary import Category, Severity, Step
from tests.unit.policy.extended import EXTENDED, TEXT, changed

AT = datetime(2026, 3, 10, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def faults_of(*changes: tuple[str, str]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        parse_policy(changed(TEXT, *changes))
    return dict(refused.value.errors)


def test_what_a_policy_adds_stands_among_the_runbook_s_in_its_order() -> None:
    assert [*Category, "prompt_injection"] == list(EXTENDED.category_labels)
    assert "Prompt injection" == EXTENDED.category_labels["prompt_injection"]
    steps = list(EXTENDED.step_labels)
    assert list(Step) == [step for step in steps if step in set(Step)]
    assert ["communicate", "tell_authority", "brief_board", "classify"] == steps[1:5]


@pytest.mark.parametrize(
    ("category", "severity", "due", "at_risk"),
    [
        (None, None, 24, 20),
        ("infra_error", Severity.HIGH, 24, 20),
        (None, Severity.CRITICAL, 8, 4),
        ("data_breach", Severity.MEDIUM, 12, 8),
        ("data_breach", Severity.CRITICAL, 8, 4),
        ("data_breach", Severity.LOW, 12, 8),
        ("prompt_injection", Severity.LOW, 72, 68),
    ],
)
def test_the_rca_is_due_after_the_shortest_time_that_applies(
    category: str | None, severity: Severity | None, due: int, at_risk: int
) -> None:
    assert AT + due * HOUR == EXTENDED.rca_due(AT, category, severity)
    assert AT + at_risk * HOUR == EXTENDED.rca_at_risk_at(AT, category, severity)


def test_an_rca_that_is_due_sooner_than_the_lead_is_at_risk_from_detection_on() -> None:
    policy = parse_policy(changed(TEXT, ('critical = "PT8H"', 'critical = "PT2H"')))
    assert AT == policy.rca_at_risk_at(AT, None, Severity.CRITICAL)


LISTED = '"infra_error", "prompt_injection"]'
UNKNOWN_CATEGORY = "Did you mean prompt_injection?"


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ((LISTED, '"prompt_injection"]'), "flow.categories", "infra_error"),
        ((LISTED, '"prompt_injection", "infra_error", "x"]'), "flow.categories[4]", "[categories."),
        ((LISTED, '"infra_error"]'), "categories.prompt_injection", "List it in flow.categories"),
        ((LISTED, LISTED[:-1] + ', "prompt_injection"]'), "flow.categories[4]", "already"),
        (("[categories.prompt", "[categories.Prompt"), "categories.Prompt_injection", "lower-case"),
        (('label = "Prompt injection"', 'label = ""'), "categories.prompt_injection.label", "1"),
        (('words = "Some', 'word = "Some'), "categories.prompt_injection.word", "words"),
        (("[steps.legal_review]", "[steps.contain]"), "steps.contain", "the runbook's"),
        (("[steps.legal_review]", "[steps.legal_reviews]"), "flow.steps[9]", "legal_reviews"),
        (('    "rca", ', '    # "rca", '), "flow.steps", "rca"),
        (
            ('"data_breach", "prompt_injection"]\nsev', '"prompt_injections"]\nsev'),
            "steps.tell_authority.categories[0]",
            UNKNOWN_CATEGORY,
        ),
        (
            ('severities = ["critical"]', 'severities = ["awful"]'),
            "steps.brief_board.severities[0]",
            '"critical"',
        ),
        (
            ('data_breach = "PT12H"', 'prompt_injektion = "PT12H"'),
            "rca.due_after_by_category.prompt_injektion",
            UNKNOWN_CATEGORY,
        ),
        (
            ('critical = "PT8H"', 'worst = "PT8H"'),
            "rca.due_after_by_severity.worst",
            '"critical"',
        ),
        (
            ('critical = "PT8H"', 'critical = "PT0S"'),
            "rca.due_after_by_severity.critical",
            "P366D",
        ),
        (
            ("opens = false", 'opens = false\ncategory = "prompt_injektion"'),
            "rules[3].category",
            UNKNOWN_CATEGORY,
        ),
    ],
)
def test_a_fault_of_what_is_added_is_named_by_its_path(
    change: tuple[str, str], path: str, said: str
) -> None:
    assert said in faults_of(change)[path]


def test_a_lead_that_is_too_long_is_one_fault_where_the_final_rca_has_no_due_time() -> None:
    faults = faults_of(
        ('final_due_after = "P7D"\n', ""), ('at_risk_lead = "PT4H"', 'at_risk_lead = "PT25H"')
    )
    assert {"rca.at_risk_lead"} == set(faults)


def test_more_steps_than_an_event_should_hold_are_refused() -> None:
    names = [f"s{number}" for number in range(31)]
    tables = "".join(f'[steps.{name}]\nlabel = "{name}"\n' for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    text = changed(shipped(), ("[steps]\n", tables), ('    "contain", ', f'{listed}, "contain", '))
    with pytest.raises(Invalid) as refused:
        parse_policy(text)
    assert "at most 30" in dict(refused.value.errors)["steps"]


def test_a_text_without_the_keys_decides_as_before_and_says_which_are_absent() -> None:
    old = changed(
        shipped(),
        ("[categories]\n", ""),
        ("[steps]\n", ""),
        ("[rca.due_after_by_severity]\n", ""),
        ("[rca.due_after_by_category]\n", ""),
    )
    policy = parse_policy(old)
    assert AT + 24 * HOUR == policy.rca_due(AT, "data_breach", Severity.CRITICAL)
    assert (tuple(Category), tuple(Step)) == (policy.flow.categories, policy.flow.steps)
    assert [
        "rca.due_after_by_severity",
        "rca.due_after_by_category",
        "categories",
        "steps",
    ] == [key.path for key in absent_keys(old)]
    assert () == absent_keys(shipped())


def test_a_difference_names_what_was_added_by_its_path() -> None:
    found = {change.path: change.kind for change in difference(shipped(), TEXT).changes}
    assert "added" == found["steps.legal_review"] == found["categories.prompt_injection"]
    assert "added" == found["rca.due_after_by_severity.critical"]
