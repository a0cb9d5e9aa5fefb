"""A command's body from the fields of a form."""

import pytest

from consumers.commands.filling import filled
from ledger.domain.metric import RecordMeasurement
from ledger.domain.system import AmendSystem, EnterPhase, Phase
from ledger.errors import Invalid


def test_a_whole_number_is_one() -> None:
    typed = {"phase": "evaluation", "iteration": "2"}
    assert EnterPhase(phase=Phase.EVALUATION, iteration=2) == filled(EnterPhase, typed)
    with pytest.raises(Invalid, match="not right"):
        filled(EnterPhase, {**typed, "iteration": "2.5"})


def test_a_box_that_is_not_ticked_states_nothing() -> None:
    typed = {"reason": "Mistyped.", "title": "Chat"}
    assert AmendSystem(reason="Mistyped.", title="Chat") == filled(AmendSystem, typed)
    assert filled(AmendSystem, {**typed, "personal_data": ""}).personal_data is None


def test_what_may_be_left_unsaid_is_yes_or_no() -> None:
    typed = {"reason": "Mistyped."}
    assert filled(AmendSystem, {**typed, "personal_data": "true"}).personal_data is True
    assert filled(AmendSystem, {**typed, "personal_data": "false"}).personal_data is False
    with pytest.raises(Invalid) as refused:
        filled(AmendSystem, {**typed, "personal_data": "perhaps"})
    assert ("personal_data", "expected one of true, false") in refused.value.errors


@pytest.mark.parametrize("text", ["NaN", "inf", "-Infinity", "1e999", "1_000", "1,5", "٣", "abc"])
def test_what_is_no_number_is_said_in_words(text: str) -> None:
    typed = {"system": "chat", "metric": "p95", "until": "2026-11-28T17:30"}
    assert 0.25 == filled(RecordMeasurement, {**typed, "value": " .25 "}).value
    with pytest.raises(Invalid) as refused:
        filled(RecordMeasurement, {**typed, "value": text})
    assert [("value", "expected a number, such as 0.25")] == list(refused.value.errors)
