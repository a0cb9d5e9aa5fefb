"""Rows come back as they were written, whichever database they were in."""

from typing import Any

import pytest
from sqlalchemy import text

from projections.engine import ViewsDatabase
from projections.engine.projection import Projection
from projections.engine.sqlite.statements import KEYS_PER_QUERY
from projections.engine.statements import read_rows, write_rows
from projections.engine.types import TEXTS_PER_SEARCH, escape_all, unescape_all
from projections.rca_sla import RCA_SLA
from projections.register import REGISTER
from tests.unit.projections.toy import TOTALS


def row(number: int, total: int = 0) -> dict[str, object]:
    return {
        "stream": f"toy/{number}",
        "count": 1,
        "total": total,
        "leaf": number,
        "seen": {"é": [None, True]},
    }


@pytest.mark.parametrize("count", [1, 2, 3, KEYS_PER_QUERY, KEYS_PER_QUERY + 1])
def test_rows_come_back_as_they_were_written(views: ViewsDatabase, count: int) -> None:
    table = TOTALS.table(1)
    keys = [(f"toy/{number}",) for number in range(count)]
    with views.begin(write=True) as connection:
        table.create(connection)
        write_rows(connection, table, [])
        write_rows(connection, table, [row(number) for number in range(count)], new=True)

        found = read_rows(connection, table, [*keys, ("toy/none",)])

    assert {key: row(number) for number, key in enumerate(keys)} == found


def test_a_row_that_is_there_is_replaced(views: ViewsDatabase) -> None:
    table = TOTALS.table(1)
    with views.begin(write=True) as connection:
        table.create(connection)
        write_rows(connection, table, [row(1), row(2)])
        write_rows(connection, table, [row(1, total=7)])

        found = read_rows(connection, table, [("toy/1",), ("toy/2",)])

    assert {("toy/1",): row(1, total=7), ("toy/2",): row(2)} == found


@pytest.mark.parametrize(
    ("projection", "empty"), [(REGISTER, {"stale": {}, "marks": []}), (RCA_SLA, {"marks": []})]
)
def test_an_empty_document_is_null_in_the_table_and_empty_in_its_row(
    views: ViewsDatabase, projection: Projection, empty: dict[str, Any]
) -> None:
    table = projection.table(1)
    of_type = {int: 1, bool: True, str: "x", dict: {"a": 1}, list: [{"b": None}]}
    full = {column.name: of_type.get(column.type.python_type, {"a": 1}) for column in table.columns}
    full |= {name: of_type[type(value)] for name, value in empty.items()}
    rows = {("x",): full, ("y",): {**full, "incident": "y", **empty}}
    with views.begin(write=True) as connection:
        table.create(connection)
        write_rows(connection, table, rows.values())

        assert rows == read_rows(connection, table, list(rows))
        ordered = connection.execute(table.select().order_by(table.c.incident)).mappings()
        assert list(rows.values()) == [dict(each) for each in ordered]
        names = ", ".join(empty)
        kept = connection.execute(text(f"SELECT {names} FROM {table.name} ORDER BY incident"))
        assert [False, True] == [all(value is None for value in each) for each in kept]


@pytest.mark.parametrize("odd", ["\0", "\1", "a\0\1"])
@pytest.mark.parametrize("at", [0, TEXTS_PER_SEARCH, 2 * TEXTS_PER_SEARCH])
def test_one_text_of_a_column_that_is_to_be_escaped_is_found_wherever_it_is(
    odd: str, at: int
) -> None:
    texts: list[str | None] = ["plain", None] * TEXTS_PER_SEARCH + ["last"]
    assert texts is escape_all(texts)
    assert texts is unescape_all(texts)
    texts[at] = odd
    assert not any("\0" in each for each in escape_all(texts) if each)
    assert texts == unescape_all(escape_all(texts))
