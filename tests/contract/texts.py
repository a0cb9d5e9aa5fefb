"""What a store holds of texts beside the log."""

import pytest
from msgspec.structs import replace

from ledger.errors import Conflict
from ledger.store.port import Store
from ledger.store.text_records import TextRestored, TextRow, TextsErased

ROWS = [
    TextRow(
        id=f"text-{n}",
        stream=f"incident/{n % 2}",
        author=f"person/{n % 3}",
        key=bytes([n]) * 32,
        content=f"Zo\u00eb saw {n}\0\U0001f525",
    )
    for n in range(7)
]


class TextsContract:
    """Texts are written, erased and put back by their ids."""

    def test_texts_are_read_by_ids_by_author_and_in_order(self, store: Store) -> None:
        store.append([], ROWS[::-1])

        found = store.texts.rows(["text-3", "absent", "text-1"])
        assert {row.id: row for row in (ROWS[1], ROWS[3])} == found
        assert {"text-1": ROWS[1].content} == store.texts.readable(["text-1", "absent"])
        assert ROWS[2:4] == store.texts.page("text-1", 2)
        assert ROWS == store.texts.page("", 100)
        assert [ROWS[3], ROWS[6]] == store.texts.of_author("person/0", "text-0", 5)
        assert {} == store.texts.rows([])

    def test_an_erased_text_keeps_its_row_alone(self, store: Store) -> None:
        store.append([], ROWS)
        store.append([], [TextsErased(ids=("text-1", "absent"))])

        assert replace(ROWS[1], key=None, content=None) == store.texts.rows(["text-1"])["text-1"]
        assert {} == store.texts.readable(["text-1", "absent"])
        assert ROWS[2] == store.texts.rows(["text-2"])["text-2"]

    def test_a_text_is_written_once(self, store: Store) -> None:
        store.append([], ROWS[:1])

        with pytest.raises(Conflict):
            store.append([], [replace(ROWS[0], content="Another"), ROWS[1]])

        assert ROWS[:1] == store.texts.page("", 100)

    def test_a_text_is_put_back_where_it_is_missing_or_empty(self, store: Store) -> None:
        store.append([], [ROWS[1], replace(ROWS[2], key=None, content=None)])
        store.append([], [TextRestored(row=row) for row in ROWS[:3]])

        assert ROWS[:3] == store.texts.page("", 100)
