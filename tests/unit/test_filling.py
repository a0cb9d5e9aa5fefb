"""A command's body from the fields of a form."""

import pytest

from consumers.commands.filling import filled
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
    assert filled(AmendSystem, {**typed, "personal_data": "on"}).personal_data
