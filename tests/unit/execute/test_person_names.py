"""Names that a reader takes for one are one person's."""

import pytest

from ledger.execute import RegisterPerson
from ledger.store.side_records import Person
from tests.unit.execute.desk import Desk


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("Jos\u00e9", "Jose\u0301"),
        ("ada", "\uff21da"),
        ("ada", "ada\u200b"),
        ("ada", "\u202eada"),
        ("ada", "a\x00da"),
        ("Ada  Lovelace", "ada\tlovelace"),
    ],
)
def test_a_name_that_looks_like_a_known_one_makes_no_other_person(
    desk: Desk, first: str, later: str
) -> None:
    for number, name in enumerate((first, later)):
        person = Person(id=f"person/{number}", name=name)
        desk.executor.execute(RegisterPerson(person=person), desk.context())
    assert [first] == [each.name for each in desk.store.access.people()]


def test_names_of_other_letters_are_of_others(desk: Desk) -> None:
    for number, name in enumerate(("Jose", "Jos\u00e9")):
        person = Person(id=f"person/{number}", name=name)
        desk.executor.execute(RegisterPerson(person=person), desk.context())
    assert 2 == len(desk.store.access.people())
