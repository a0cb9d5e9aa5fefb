"""A page of a list."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from ledger.errors import Invalid

T = TypeVar("T")


class Items(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list; `next` is the cursor of the next page."""

    items: list[T]
    next: str | None = None


def cut(
    found: Sequence[T],
    place: Callable[[T], str],
    *,
    cursor: str | None,
    limit: int | None,
    remedy: str = "",
) -> tuple[Sequence[T], str | None]:
    """A page of a list that is all there, and the cursor of the next: the last one's `place`.

    Raises Invalid, with `remedy`, for a cursor that is the place of none.
    """
    if cursor is not None:
        before = [number for number, each in enumerate(found) if place(each) == cursor]
        if not before:
            raise Invalid(
                "Invalid cursor for this list.",
                errors=[("cursor", "expected `next` of the previous page")],
                remedy=remedy,
            )
        found = found[before[0] + 1 :]
    shown = found[:limit]
    return shown, place(shown[-1]) if len(shown) < len(found) else None
