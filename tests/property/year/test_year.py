"""A year of anything, in any interleaving, comes to what a naive reading of its log says."""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.property.year.audit import audit
from tests.property.year.steps import STARTS, TERMS, Step, busy_months, lives
from tests.property.year.terms import Terms
from tests.property.year.town import town

MEMORY = Path("/dev/shm")
"""Nothing here is about disks."""


def pass_a_year(start: datetime, terms: Terms, life: Sequence[Step]) -> None:
    where = MEMORY if MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(dir=where) as directory,
        town(Path(directory), start, terms) as opened,
    ):
        opened.live(life)
        audit(opened)


@settings(max_examples=25)
@given(start=STARTS, terms=TERMS, life=lives(25, 60))
def test_a_year_comes_to_what_its_log_says(start: datetime, terms: Terms, life: list[Step]) -> None:
    pass_a_year(start, terms, life)


@settings(max_examples=25)
@given(start=STARTS, terms=TERMS, life=busy_months(20, 50))
def test_a_busy_month_comes_to_what_its_log_says(
    start: datetime, terms: Terms, life: list[Step]
) -> None:
    pass_a_year(start, terms, life)


@pytest.mark.soak
@settings(max_examples=5_000)
@given(start=STARTS, terms=TERMS, life=lives(40, 200) | busy_months(30, 150))
def test_many_long_years_come_to_what_their_logs_say(
    start: datetime, terms: Terms, life: list[Step]
) -> None:
    pass_a_year(start, terms, life)
