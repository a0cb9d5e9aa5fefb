"""A page of whatever is listed."""

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Items(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a list; `next` is the cursor of the page behind it."""

    items: list[T]
    next: str | None = None
