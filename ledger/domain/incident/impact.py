"""When an incident's impact ended: rules that its state and the read models share.

They hold for instants and for their RFC 3339 text in UTC, which sorts as they do. An end of None
was never stated.
"""

from datetime import datetime
from typing import TypeVar

Moment = TypeVar("Moment", datetime, str)


def ongoing(firing: int, ended: Moment | None) -> bool:
    """Whether the impact goes on: so many linked alerts fire, or no end was ever stated."""
    return firing > 0 or ended is None


def latest(one: Moment | None, other: Moment | None) -> Moment | None:
    """The later of two ends, either of which may be missing."""
    return max((end for end in (one, other) if end is not None), default=None)


def absorbing(ended: Moment | None, other: Moment | None, *, fires: bool) -> Moment | None:
    """The end after absorbing an incident that ended at `other`.

    Where that one has no end and none of its alerts `fires`, its impact goes on in this one.
    """
    return None if other is None and not fires else latest(ended, other)
