"""Rows come back as they were written, whichever database they were in."""

import pytest

from projections.engine import ViewsDatabase
from projections.engine.sqlite.statements import KEYS_PER_QUERY
from projections.engine.statements import read_rows, write_rows
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
