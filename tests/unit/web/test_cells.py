"""Every kind of cell has a renderer, on pages and on the command line."""

import pytest

from consumers.cli import lists
from consumers.web.pages import rendering
from ledger.vocabulary import Severity
from projections.engine.listing import CellKind, ListColumn

TIME = "2026-11-22T13:40:20.000000Z"
INCIDENT = "018f0000-0000-7000-8000-000000000001"
REFERENCES = {INCIDENT: "INC-7"}


def on_page(column: ListColumn, value: object) -> str:
    cells = rendering.environment.get_template("cells.html").module
    return str(getattr(cells, column.cell)(value, column, REFERENCES))


def on_terminal(column: ListColumn, value: object) -> str:
    return str(lists.CELLS[column.cell](column, value, REFERENCES))


CASES = {
    CellKind.TEXT: ("<b>", "<bdi>&lt;b&gt;</bdi>", "<b>"),
    CellKind.TIME: (TIME, "22 Nov 2026, 13:40</time>", "2026-11-22 13:40"),
    CellKind.FLAG: (True, "yes", "yes"),
    CellKind.SEVERITY: ("high", '<span class="pill high">High</span>', "High"),
    CellKind.INCIDENT: (INCIDENT, '<a class="ref" href="/incidents/INC-7">INC-7</a>', "INC-7"),
}


@pytest.mark.parametrize("kind", CellKind)
def test_every_kind_of_cell_has_its_renderers(kind: CellKind) -> None:
    value, page, terminal = CASES[kind]
    column = ListColumn(name="cell", label="Cell", cell=kind)

    assert page in on_page(column, value)
    assert terminal == on_terminal(column, value)


def test_a_value_of_a_vocabulary_is_shown_by_its_label() -> None:
    column = ListColumn(name="cell", label="Cell", vocabulary=Severity)

    assert "Critical" == on_page(column, "critical")
    assert "Critical" == on_terminal(column, "critical")


def test_an_incident_without_a_reference_is_shown_by_its_id() -> None:
    column = ListColumn(name="cell", label="Cell", cell=CellKind.INCIDENT)

    assert "<bdi>other</bdi>" == on_page(column, "other")
    assert "other" == on_terminal(column, "other")
