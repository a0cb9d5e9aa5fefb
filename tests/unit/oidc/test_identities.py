"""Whom a subject is, and whom a name names."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from consumers.access.identities import identified_person
from consumers.access.people import (
    display_names,
    get_or_create_person,
    known_person,
    person_by_name,
)
from consumers.container.ledger import Ledger, open_ledger
from ledger.errors import NotFound, Refused
from ledger.execute import RegisterPerson
from ledger.store.side_records import Person
from tests.harness.homes import settings_of

ISSUER = "https://login.example"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(settings_of(tmp_path / "data"))
    yield opened
    opened.close()


def test_a_subject_is_found_again_under_another_name(ledger: Ledger) -> None:
    first = identified_person(ledger.store, ISSUER, "s1", "Ada")
    married = identified_person(ledger.store, ISSUER, "s1", "Ada Lovelace")
    silent = identified_person(ledger.store, ISSUER, "s1", "")
    assert first.id == married.id == silent.id
    assert "Ada Lovelace" == display_names(ledger.store)[first.id]


def test_the_same_name_or_subject_elsewhere_is_somebody_else(ledger: Ledger) -> None:
    found = {
        identified_person(ledger.store, issuer, subject, "Ada").id
        for issuer, subject in ((ISSUER, "s1"), (ISSUER, "s2"), ("https://other.example", "s1"))
    }
    context = ledger.services.context()
    found.add(person_by_name(ledger.store, ledger.executor, context, "Ada"))
    assert 4 == len(found)
    assert found == {of for of, name in display_names(ledger.store).items() if name == "Ada"}


def test_a_name_of_several_is_refused_and_an_id_names_one(ledger: Ledger) -> None:
    one = identified_person(ledger.store, ISSUER, "s1", "Ada")
    assert one.id == known_person(ledger.store, "Ada")
    two = identified_person(ledger.store, ISSUER, "s2", "Ada")
    with pytest.raises(Refused, match="2 persons are named 'Ada'") as refused:
        known_person(ledger.store, "Ada")
    assert "several_of_that_name" == refused.value.rule
    assert two.id in refused.value.message
    context = ledger.services.context()
    assert two.id == get_or_create_person(ledger.store, ledger.executor, context, two.id)
    with pytest.raises(NotFound):
        known_person(ledger.store, "person/00000000-0000-4000-8000-000000000000")


def test_a_name_that_nobody_has_is_a_new_person(ledger: Ledger) -> None:
    context = ledger.services.context()
    assert None is known_person(ledger.store, "Bo")
    first = get_or_create_person(ledger.store, ledger.executor, context, "Bo")
    assert first == get_or_create_person(ledger.store, ledger.executor, context, "Bo")


def test_a_name_in_another_case_or_with_other_spaces_is_the_same_person(ledger: Ledger) -> None:
    store, context = ledger.store, ledger.services.context()
    ada = get_or_create_person(store, ledger.executor, context, "Ada Lovelace")
    for written in ("ada lovelace", "ADA  LOVELACE", "Ada Lovelace"):
        assert ada == known_person(store, written)
        assert ada == person_by_name(store, ledger.executor, context, written)
    assert known_person(store, "Ada L.") is None
    ledger.executor.execute(
        RegisterPerson(person=Person(id=f"person/{uuid4()}", name="ada LOVELACE", os_user=None)),
        context,
    )
    assert {ada: "Ada Lovelace"} == display_names(store)


def test_of_names_alike_from_before_each_is_found_by_its_own_alone(ledger: Ledger) -> None:
    alike = [Person(id=f"person/{uuid4()}", name=name, os_user=None) for name in ("Ada", "ada")]
    ledger.store.append([], alike)
    assert [each.id for each in alike] == [known_person(ledger.store, each.name) for each in alike]
    with pytest.raises(Refused, match="2 persons are named 'ADA'"):
        person_by_name(ledger.store, ledger.executor, ledger.services.context(), "ADA")
