"""The orders of the quarantine's list in SQL, the same on every backend."""

from collections.abc import Mapping
from typing import NamedTuple

from ledger.store.side_ports import NEWEST_FIRST, Place


class ListOrder(NamedTuple):
    """What follows ORDER BY, and the condition of what is behind a place.

    The condition takes the values of `list_place`.
    """

    by: str
    behind: str


def list_order(keys: Mapping[str, str], sort: str, mark: str) -> ListOrder:
    """The order that `sort` names. `keys` are a backend's expressions, `mark` its placeholder."""
    key = keys[sort.removeprefix("-")]
    newest, older = "arrived_at DESC, id DESC", f"(arrived_at, id) < ({mark}, {mark})"
    if sort == NEWEST_FIRST:
        return ListOrder(newest, older)
    way, further = ("DESC", "<") if sort.startswith("-") else ("ASC", ">")
    behind = f"({key} {further} {mark} OR {key} = {mark} AND {older})"
    return ListOrder(f"{key} {way}, {newest}", behind)


def list_place(sort: str, place: Place) -> Place:
    """The values for `ListOrder.behind`, in its order."""
    return place[-2:] if sort == NEWEST_FIRST else (place[0], place[0], *place[-2:])
