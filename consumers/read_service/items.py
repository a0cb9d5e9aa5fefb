"""A page of a list."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Items(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list; `next` is the cursor of the next page."""

    items: list[T]
    next: str | None = None
