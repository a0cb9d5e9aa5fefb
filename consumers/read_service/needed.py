"""What waits for somebody: a count, and the page of its rows."""

import msgspec


class Needed(msgspec.Struct, frozen=True, kw_only=True):
    """So many of something wait for somebody; `path` is the page of its rows.

    `late`: it should have been done by now.
    """

    place: str
    count: int
    what: str
    path: str
    late: bool = False


def needed(place: str, count: int, what: str, path: str, *, late: bool = False) -> Needed:
    """So many of something in a place of the navigation."""
    return Needed(place=place, count=count, what=what, path=path, late=late)
