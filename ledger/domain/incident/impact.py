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
    """The impact of an incident by the number of its alerts that fire and of those that are stale.

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


def earliest(one: Moment | None, other: Moment | None) -> Moment | None:
    """The earlier of two times, either of which may be missing."""
    return min((at for at in (one, other) if at is not None), default=None)


def merged(
    own: Impact,
    ended: Moment | None,
    resolved: Moment | None,
    other_ended: Moment | None,
    other_resolved: Moment | None,
    *,
    alerts: bool,
    over: bool,
) -> tuple[Moment | None, Moment | None]:
    """The end, and what a person stated of it, after absorbing another incident.

    `own` is the impact before. Where the other one has no end and leaves no `alerts`, its impact
    goes on in this one. What a person stated of either stands where this one ended and the other
    was `over`; where one goes on, so does the whole.
    """
    end = resolved or ended
    after = None if other_ended is None and not alerts else latest(end, other_ended)
    stated = resolved is not None or other_resolved is not None
    if own is Impact.ENDED and over and stated:
        return after, latest(end, other_resolved or other_ended)
    return after, None


def began(started: Moment, detected: Moment, corrected: Moment) -> Moment:
    """When it began, after its detection was `corrected`: then, unless an alert says otherwise."""
    return corrected if started == detected else min(started, corrected)
