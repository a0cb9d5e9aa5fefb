"""Texts beside the log in the places of their marks: one query for all that is shown."""

from collections.abc import Iterable
from typing import Any, cast

import pytest

from consumers.access.texts import ERASED, MISSING, filled, filled_columns, with_texts
from consumers.text_safety import without_marks
from ledger.domain.incident import events as e
from ledger.domain.text import BEGIN, END, OutsideText, plain_text
from ledger.store.port import Store
from ledger.store.side_records import QuarantinePart
from tests.unit.domain.test_marks import AT, FORGED, HARMLESS, ID, OTHER

GONE = "01a22925-e9fa-752e-8022-2a6e8fb3fe5e"


class Texts:
    """Two texts, of which one is erased; counts the queries."""

    def __init__(self) -> None:
        self.queries = 0
        self.texts = self

    def contents(self, ids: Iterable[str]) -> dict[str, str | None]:
        self.queries += 1
        kept = {ID: f"said {BEGIN}{OTHER}{END}", OTHER: None}
        return {of: kept[of] for of in ids if of in kept}


@pytest.fixture
def texts() -> Texts:
    return Texts()


def mark(of: str) -> str:
    return plain_text(OutsideText(of, ""))


def test_every_mark_of_a_page_is_filled_by_one_query(texts: Texts) -> None:
    rows: list[dict[str, Any]] = [
        {"title": mark(ID), "steps": {"a": {"note": mark(OTHER)}}, "other": mark(ID)},
        {"title": "Plain", "steps": {}, "other": 1},
        {"title": f"To {mark(GONE)}!", "steps": {"b": [None, (mark(ID),)]}, "other": None},
    ]
    said = f"said \ufffd{OTHER}\ufffd"
    expected = [
        {"title": said, "steps": {"a": {"note": ERASED}}, "other": mark(ID)},
        {"title": "Plain", "steps": {}, "other": 1},
        {"title": f"To {MISSING}!", "steps": {"b": [None, (said,)]}, "other": None},
    ]
    store = cast("Store", texts)
    assert expected == filled_columns(store, rows, ("title", "steps"))
    assert 1 == texts.queries


def test_without_a_mark_nothing_is_asked_and_nothing_is_copied(texts: Texts) -> None:
    rows = [{"title": "Plain", "steps": {"a": {"note": None}}}]
    assert rows[0] is filled_columns(cast("Store", texts), rows, ("title", "steps"))[0]
    assert rows is filled(cast("Store", texts), rows)
    assert 0 == texts.queries


def test_what_is_filled_twice_shows_no_other_text(texts: Texts) -> None:
    store = cast("Store", texts)
    once = filled(store, mark(ID))
    assert once == filled(store, once)
    assert ERASED not in once


def test_a_state_is_filled_where_it_has_texts(texts: Texts) -> None:
    told = e.Communicated(at=AT, audience="all", message=OutsideText(OTHER, ""))
    assert ERASED == with_texts(cast("Store", texts), told).message


def test_a_view_of_no_event_has_no_marks() -> None:
    part = QuarantinePart(index=1, reason=FORGED)
    assert QuarantinePart(index=1, reason=HARMLESS) == without_marks(part)
    plain = QuarantinePart(index=1, reason="Plain")
    assert plain is without_marks(plain)
