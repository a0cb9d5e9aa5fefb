"""Lists as CSV and JSON Lines: cells, columns and bytes."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.exports.cells import cell, columns_of
from consumers.exports.formats import ExportFormat, at_most, exported
from consumers.read_service.list_types import LISTS


class Inner(msgspec.Struct, frozen=True):
    due: str
    at: str | None = None


class Clash(msgspec.Struct, frozen=True):
    rca: Inner
    rca_at: str


class Item(msgspec.Struct, frozen=True):
    title: str
    rca: Inner | None = None
    names: list[str] = []
    parts: tuple[Inner, ...] = ()
    steps: dict[str, Inner] = {}
    count: int = 0
    counts: bool = False
    more: str | msgspec.UnsetType = msgspec.UNSET


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))


def as_csv(*items: Item) -> bytes:
    return b"".join(exported(ExportFormat.CSV, columns_of(Item), [list(items)]))


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(begin: str) -> None:
    text = f'{begin}HYPERLINK("http://evil.example","x")'
    assert f"'{text}" == cell(text)
    assert f"'{text} b" == cell([text, "b"])
    assert f"a{text}" == cell(f"a{text}")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-5, "-5"),
        (-0.5, "-0.5"),
        (True, "true"),
        (None, ""),
        (datetime(2026, 11, 29, 2, 3, tzinfo=UTC), "2026-11-29T02:03:00.000000Z"),
        (["a", "b"], "a b"),
        ([], ""),
        ({"a": 1}, '{"a":1}'),
    ],
)
def test_numbers_times_and_lists_are_written_as_they_are(value: object, text: str) -> None:
    assert text == cell(value)


def test_columns_are_the_fields_and_those_of_what_is_nested() -> None:
    names = ["title", "rca_due", "rca_at", "names", "parts", "steps", "count", "counts", "more"]
    item = Item("a", rca=Inner("d"), names=["x", "y"], parts=(Inner("p"),), steps={"s": Inner("q")})
    found = rows_of(as_csv(item, Item("b")))
    assert names == found[0]
    parts, steps = '[{"due":"p","at":null}]', '{"s":{"due":"q","at":null}}'
    assert ["a", "d", "", "x y", parts, steps, "0", "false", ""] == found[1]
    assert ["b", "", "", "", "[]", "{}", "0", "false", ""] == [
        each if name != "parts" else "[]" for name, each in zip(names, found[2], strict=True)
    ]


def test_a_nested_field_with_the_name_of_an_outer_one_has_a_column_of_its_own() -> None:
    columns = columns_of(Clash)
    item = Clash(rca=Inner("d", "nested"), rca_at="outer")
    assert {"rca_due": "d", "rca_at": "nested", "rca__at": "outer"} == {
        column.name: column.value(item) for column in columns
    }


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_whatever_a_text_holds_csv_gives_it_back(titles: list[str]) -> None:
    data = as_csv(*map(Item, titles))
    assert [cell(title) for title in titles] == [row[0] for row in rows_of(data)[1:]]
    assert data.endswith(b"\r\n")


def test_json_lines_are_the_items_unchanged() -> None:
    items = [Item("=1+1\n\u2028"), Item("b")]
    data = b"".join(exported(ExportFormat.JSONL, columns_of(Item), [items]))
    lines = data.split(b"\n")
    assert b"" == lines.pop()
    assert items == [msgspec.json.decode(line, type=Item) for line in lines]


def test_a_limit_ends_the_list_and_reads_no_further() -> None:
    read: list[int] = []

    def batches() -> Iterator[list[int]]:
        for start in range(0, 100, 10):
            read.append(start)
            yield list(range(start, start + 10))

    assert list(range(15)) == [each for batch in at_most(batches(), 15) for each in batch]
    assert [0, 10] == read


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_columns_with_names_of_their_own(name: str) -> None:
    names = [column.name for column in LISTS[name].columns]
    assert names
    assert len(names) == len(set(names))
