"""A year of measurements, in any interleaving, comes to what a naive computation of it says."""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.homes import POSTGRES, SQLITE
from tests.property.measured_year.audit import audit, look
from tests.property.measured_year.lives import STARTS, TERMS, lives, quarters
from tests.property.measured_year.simulation import world
from tests.property.measured_year.steps import Step
from tests.property.measured_year.terms import Terms
from tests.property.year.test_year import memory

EXAMPLES = {SQLITE: 6, POSTGRES: 1}
"""A year takes three times as long on PostgreSQL."""


def pass_a_year(start: datetime, terms: Terms, life: Sequence[Step]) -> None:
    with tempfile.TemporaryDirectory(dir=memory()) as directory:
        home = Path(directory)
        with world(home / "world", start, terms) as opened:
            opened.live(life, look)
            audit(opened, home / "copy")


def pass_years(lives: st.SearchStrategy[list[Step]], examples: int) -> None:
    years = given(start=STARTS, terms=TERMS, life=lives)(pass_a_year)
    settings(max_examples=examples)(years)()


def test_a_year_of_measurements_comes_to_what_its_log_says(store: str) -> None:
    pass_years(lives(20, 50), EXAMPLES[store])


def test_quality_from_quarter_to_quarter_comes_to_what_its_log_says(store: str) -> None:
    pass_years(quarters(15, 40), EXAMPLES[store])


@pytest.mark.soak
def test_many_long_years_of_measurements_come_to_what_their_logs_say(store: str) -> None:
    pass_years(lives(30, 150) | quarters(20, 100), 300 * EXAMPLES[store])
