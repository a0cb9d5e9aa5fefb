"""Whom a subject is, and whom a name names."""

from collections.abc import Iterator
from pathlib import Path

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
