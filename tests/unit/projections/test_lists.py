"""Generic lists: their queries use indexes, and their filters offer a bounded number of values."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, String, event

from ledger.domain.envelope import Recorded
from ledger.store.sqlite import SQLiteStore
from projections.engine import Projection, Projector, SQLiteViews, ViewsDatabase
from projections.engine.listing import ListColumn, ListView, several, those_in
from projections.engine.projection import Key, Row
from projections.queries import lists
from projections.queries.incidents import MAX_CHOICES
from tests.unit.projections.toy import OLD, TOTALS, Log


def columns() -> Iterable[Column[Any]]:
    yield Column("stream", String, primary_key=True)
    yield Column("leaf", Integer, nullable=False)
    yield Column("team", String)


def keys(recorded: Recorded) -> Iterable[Key]:
    return ((recorded.stream,),)


def evolve(row: Row | None, recorded: Recorded, key: Key) -> Row:
    return {"stream": key[0], "leaf": recorded.leaf, "team": f"team of {key[0]}"}


LIST = ListView(
    kind="toy",
    key="stream",
    path="toys",
    title="Toys",
    lead="Every toy.",
    columns=(ListColumn(name="team", label="Team", filters=True),),
)
TOYS = Projection(
    name="toys",
    version=1,
    kinds=frozenset({"toy"}),
    columns=columns,
    keys=keys,
    evolve=evolve,
    listing=LIST,
)
COUNT = MAX_CHOICES + 20


def filled(store: SQLiteStore, views: ViewsDatabase, log: Log, count: int) -> None:
    for number in range(count):
        log.add(f"toy/{number}", 1, seal=number == count - 1)
    Projector(store, views, OLD, (TOYS,)).catch_up()


def test_a_filter_of_any_number_of_values_offers_a_bounded_number_of_them(
    store: SQLiteStore, views: ViewsDatabase, log: Log
) -> None:
    filled(store, views, log, COUNT)

    offered, complete = lists.filter_choices(views, TOYS, "team")

    assert (MAX_CHOICES, False) == (len(offered), complete)
    oldest = "team of toy/0"
    assert oldest not in offered
    assert ["toy/0"] == [
        row["stream"] for row in lists.list_rows(views, TOYS, {"team": oldest}).rows
    ]


@pytest.mark.parametrize("filters", [{}, {"team": "team of toy/1"}])
def test_a_page_of_a_list_is_read_from_an_index(
    store: SQLiteStore, log: Log, tmp_path: Path, filters: dict[str, str]
) -> None:
    plans: list[str] = []

    def explain(connection: Connection, cursor: object, sql: str, values: Any, *_: object) -> None:
        if "toys_v" in sql and sql.startswith("SELECT"):
            raw = connection.connection.cursor()
            raw.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            plans.extend(row[3] for row in raw.fetchall())

    with closing(SQLiteViews(tmp_path / "views.db")) as views:
        filled(store, views, log, 3)
        event.listen(views._engine, "before_cursor_execute", explain)
        lists.list_rows(views, TOYS, filters, limit=10)
        lists.filter_choices(views, TOYS, "team")

    assert plans
    assert all("USING" in plan and "INDEX" in plan for plan in plans)


def test_an_index_that_a_projection_has_already_is_not_created_twice() -> None:
    toys = replace(TOYS, indexes=(("leaf",), ("stream", "leaf")))

    columns = [tuple(index.columns.keys()) for index in toys.table(1).indexes]

    assert sorted([("leaf",), ("stream", "leaf"), ("team", "leaf")]) == sorted(columns)
    assert 1 == len(TOTALS.table(1).indexes)


@pytest.mark.parametrize("value", ["a", 'x"a', "a,b", "A", "a\nb", "%", "_", "é", ""])
def test_one_of_several_values_is_found_exactly(value: str) -> None:
    """Whatever is in it, and in those beside it."""
    others = ["aa", "ba", 'a"', ',"a",', "\\", "b"]
    text = several([*others, value])
    assert text is not None
    one = several([value])
    assert one is not None
    assert one in text
    assert [*others, value] == those_in(text)
    without = several(others)
    assert without is not None
    assert one not in without
