"""Lives of releases, in any order and on two hosts, come to what a naive computation says."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.property.releases.audit import Explained, audit, look
from tests.property.releases.lives import START, TERMS, lives
from tests.property.releases.naive_commands import Step
from tests.property.releases.simulation import world
from tests.property.releases.terms import Terms
from tests.property.year.test_year import memory


def live(terms: Terms, steps: Sequence[Step]) -> None:
    with (
        tempfile.TemporaryDirectory(dir=memory()) as directory,
        world(Path(directory) / "world", START, terms) as opened,
    ):
        explained: Explained = {}
        for number, step in enumerate(steps):
            if step[0] == "look":
                look(opened, explained)
            else:
                opened.happen(step, number % 2)
        audit(opened, explained)


def test_releases_come_to_what_a_naive_computation_says() -> None:
    settings(max_examples=50)(given(terms=TERMS, steps=lives(10, 20))(live))()


@pytest.mark.soak
def test_many_lives_of_releases_come_to_what_a_naive_computation_says() -> None:
    settings(max_examples=2_000)(given(terms=TERMS, steps=lives(10, 40))(live))()
