"""Whether an incident's impact goes on, and when it ended: shared by its state and read models.

The rules hold for instants and for their RFC 3339 text in UTC, which sorts as they do. `ended` is
the latest end of its alerts, or the end that was reported; None was never stated. `resolved` is the
end that a person stated since, which goes before all that alerts say.
"""

from datetime import datetime
from typing import TypeVar

from ledger.vocabulary import Impact

Moment = TypeVar("Moment", datetime, str)


def impact_of(firing: int, stale: int, ended: Moment | None, resolved: Moment | None) -> Impact:
    """The impact of an incident with so many alerts that fire, and so many not heard of any more.

    It goes on while one fires, or where no end was ever stated; it is unknown while the rest is
    stale.
    """
    if resolved is not None:
        return Impact.ENDED
    if firing > 0:
        return Impact.ONGOING
    if stale > 0:
        return Impact.UNKNOWN
    return Impact.ONGOING if ended is None else Impact.ENDED


def latest(one: Moment | None, other: Moment | None) -> Moment | None:
    """The later of two times, either of which may be missing."""
    return max((end for end in (one, other) if end is not None), default=None)


def merged_end(ended: Moment | None, other: Moment | None, *, alerts: bool) -> Moment | None:
    """The end after absorbing an incident that ended at `other`.

    Where that one has no end and leaves no `alerts`, its impact goes on in this one.
    """
    return None if other is None and not alerts else latest(ended, other)


def merged_resolution(one: Moment | None, other: Moment | None, *, over: bool) -> Moment | None:
    """What a person stated of two incidents that are one now.

    Ends stated of either stand where both are `over`; where one goes on, so does the whole.
    """
    return latest(one, other) if over else None
