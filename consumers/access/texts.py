"""Texts beside the log, in the places that rows and sentences have marks of."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ledger.domain import text
from ledger.domain.text import BEGIN, MARK, fill_marks, marked_ids, outside_texts, unmarked
from ledger.store.port import Store

T = TypeVar("T")
ERASED, MISSING = "[erased]", "[missing]"
"""What is shown of a text that was erased, and of one that is not there though it was not."""


def filled(store: Store, value: T) -> T:
    """Rows, or a sentence, with the texts in place of their marks: one query for all of them.

    `value` is JSON as rows have it; without a mark it comes back as it is. Raises Unavailable.
    """
    ids: set[str] = set()
    _collect(value, ids)
    return _filled(value, shown_texts(store, ids)) if ids else value


def filled_columns(
    store: Store, rows: Iterable[Mapping[str, Any]], columns: Iterable[str]
) -> list[Mapping[str, Any]]:
    """The rows with these of their columns filled; see `filled`."""
    [found] = filled_parts(store, (rows, columns))
    return found


def filled_parts(
    store: Store, *parts: tuple[Iterable[Mapping[str, Any]], Iterable[str]]
) -> list[list[Mapping[str, Any]]]:
    """Rows of several kinds, each with its columns filled: one query for all of them."""
    given = [(list(rows), tuple(columns)) for rows, columns in parts]
    ids: set[str] = set()
    for rows, columns in given:
        for row in rows:
            for name in columns:
                if value := row[name]:
                    _collect(value, ids)
    if not ids:
        return [rows for rows, _ in given]
    shown = shown_texts(store, ids)
    return [[_row_filled(row, columns, shown) for row in rows] for rows, columns in given]


def _row_filled(
    row: Mapping[str, Any], columns: Iterable[str], shown: Mapping[str, str]
) -> Mapping[str, Any]:
    return {**row, **{name: _filled(row[name], shown) for name in columns if row[name]}}


def with_texts(store: Store, value: Any) -> Any:
    """An event or a state with its texts beside the log in it: one query for all of them.

    Raises Unavailable.
    """
    ids = {each.text for each in outside_texts(value)}
    return text.filled(value, shown_texts(store, ids)) if ids else value


def shown_texts(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """What is shown for each of these texts; a mark within one is none."""
    wanted = list(ids)
    found = store.texts.contents(wanted)
    shown = dict.fromkeys(wanted, MISSING)
    shown |= {of: ERASED if each is None else unmarked(each) for of, each in found.items()}
    return shown


def _collect(value: Any, ids: set[str]) -> None:
    """Adds the ids of the texts that a value has marks of."""
    if isinstance(value, str):
        if BEGIN in value:
            ids.update((value[1:-1],) if len(value) == MARK else marked_ids(value))
    elif isinstance(value, list | tuple):
        for each in value:
            _collect(each, ids)
    elif isinstance(value, Mapping):
        for each in value.values():
            _collect(each, ids)


def _filled(value: Any, shown: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        if BEGIN not in value:
            return value
        if len(value) == MARK and (whole := shown.get(value[1:-1])) is not None:
            return whole
        return fill_marks(value, lambda of: shown.get(of, MISSING))
    if isinstance(value, Mapping):
        return {name: _filled(each, shown) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, shown) for each in value]
    if isinstance(value, tuple):
        return tuple(_filled(each, shown) for each in value)
    return value
