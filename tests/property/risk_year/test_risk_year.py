"""A year of risks, improvements and controls comes to what a naive computation of it says."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.property.risk_year.audit import audit, look
from tests.property.risk_year.lives import START, TERMS, lives
from tests.property.risk_year.naive import Step
from tests.property.risk_year.simulation import world
from tests.property.risk_year.terms import Terms
from tests.property.year.test_year import memory


def live(terms: Terms, steps: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory(dir=memory()) as directory:
        home = Path(directory)
        with world(home / "world", START, terms) as opened:
            for number, step in enumerate(steps):
                opened.happen(step, number % 2)
                if step[0] == "look":
                    look(opened)
            audit(opened, home / "copy")


def test_a_year_of_risks_and_controls_comes_to_what_a_naive_computation_says() -> None:
    settings(max_examples=20)(given(terms=TERMS, steps=lives(10, 30))(live))()


@pytest.mark.soak
def test_many_years_of_risks_and_controls_come_to_what_a_naive_computation_says() -> None:
    settings(max_examples=2_000)(given(terms=TERMS, steps=lives(10, 50))(live))()
