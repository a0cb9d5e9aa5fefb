"""The state of a review: computed at query time, never stored."""

from ledger.vocabulary import ReviewState


def review_state(
    *, owner: str | None, due: str | None, concluded_at: str | None, now: str
) -> ReviewState:
    """The state of a review at `now`; times are RFC 3339 text in UTC, which sorts as time does.

    A review without a due time is never overdue.
    """
    if concluded_at is not None:
        return ReviewState.CONCLUDED
    if due is not None and now > due:
        return ReviewState.OVERDUE
    return ReviewState.OPEN if owner is None else ReviewState.ASSIGNED


def is_late(*, due: str | None, concluded_at: str | None) -> bool:
    """Whether it was concluded after its due time; exactly at it is in time."""
    return due is not None and concluded_at is not None and concluded_at > due
