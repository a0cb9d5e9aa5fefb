"""Fields of events as people read them."""

from typing import Any

import pytest

from consumers.read_service.wording import fields_in_words, in_words, is_time, with_times

AT = "2026-11-09T13:20:28.480000Z"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("category", "data_breach", "Data breach"),
        ("category", "bias-found", "Bias found"),
        ("severity", "high", "High"),
        ("severity", "unheard", "unheard"),
        ("severity", None, None),
        ("step", "notify_risk_manager", "Notify Risk Manager"),
        ("mark", "at_risk", "At risk"),
        ("message", "high", "high"),
        ("actions", ["high"], ["high"]),
        ("phase", "data_understanding", "II Data understanding"),
        ("model_kinds", ["rag", "fine_tuned"], ["Retrieval-augmented", "Fine-tuned"]),
        ("personal_data", False, "no"),
        (
            "artefacts",
            [{"kind": "prompt", "name": "triage", "digest": None}],
            ["kind: prompt, name: triage"],
        ),
        (
            "cause",
            {"kind": "trigger", "ref": ["a", "b"], "pinned": True, "leaf": 0},
            "kind: trigger, ref: a, b, pinned: yes, leaf: 0",
        ),
    ],
)
def test_a_value_of_a_vocabulary_is_its_label(field: str, value: Any, words: Any) -> None:
    assert words == in_words(field, value)


def test_the_policys_label_stands_in_the_place_of_the_value() -> None:
    fields = {
        "category": "bias",
        "label": "Unequal treatment",
        "secondary_category": "data_breach",
        "reason": "R",
    }
    assert [
        ("category", "Unequal treatment"),
        ("secondary_category", "Data breach"),
        ("reason", "R"),
    ] == list(fields_in_words(fields))
    assert [("label", "kept")] == list(fields_in_words({"label": "kept"}))


def test_times_that_the_ledger_wrote_are_found_and_no_others() -> None:
    assert is_time(AT)
    for text in ("2026-99-99T99:99:99.000000Z", "2026-11-09T13:20:28Z", f"{AT} ", "", None, 3):
        assert not is_time(text)
    assert "due THEN, not 2026-99-99T99:99:99.000000Z" == with_times(
        f"due {AT}, not 2026-99-99T99:99:99.000000Z", lambda _: "THEN"
    )
