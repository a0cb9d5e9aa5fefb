"""A year of anything, in any interleaving, comes to what a naive reading of its log says."""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.homes import POSTGRES, SQLITE
from tests.property.year.audit import audit
from tests.property.year.lives import STARTS, TERMS, busy_months, lives, troubled_weeks
from tests.property.year.simulation import town
from tests.property.year.steps import Step
from tests.property.year.terms import Terms

MEMORY = Path("/dev/shm")
"""Nothing here is about disks."""
EXAMPLES = {SQLITE: 12, POSTGRES: 4}
"""A year takes three times as long on PostgreSQL."""


def memory() -> Path | None:
    """Where a town lives that nobody keeps."""
    return MEMORY if MEMORY.is_dir() else None


def pass_a_year(start: datetime, terms: Terms, life: Sequence[Step]) -> None:
    with (
        tempfile.TemporaryDirectory(dir=memory()) as directory,
        town(Path(directory), start, terms) as opened,
    ):
        opened.live(life)
        audit(opened)


def pass_years(lives: st.SearchStrategy[list[Step]], examples: int) -> None:
    years = given(start=STARTS, terms=TERMS, life=lives)(pass_a_year)
    settings(max_examples=examples)(years)()


def test_a_year_comes_to_what_its_log_says(store: str) -> None:
    pass_years(lives(25, 60), EXAMPLES[store])


def test_a_busy_month_comes_to_what_its_log_says(store: str) -> None:
    pass_years(busy_months(20, 50), EXAMPLES[store])


def test_a_week_of_troubles_comes_to_what_its_log_says(store: str) -> None:
    pass_years(troubled_weeks(20, 50), EXAMPLES[store])


@pytest.mark.soak
def test_many_long_years_come_to_what_their_logs_say(store: str) -> None:
    pass_years(
        lives(40, 200) | busy_months(30, 150) | troubled_weeks(30, 150), 400 * EXAMPLES[store]
    )
