"""The month of a report, and the times by which its parts are judged."""

from datetime import datetime
from typing import NamedTuple

from ledger.domain.envelope import Recorded
from ledger.policy import Policy
from projections.values import time_text


class Period(NamedTuple):
    """The month from `begins` to `ends`; what stands is as it was at `until`.

    `known_at` is when the leaf was recorded; `policy` is the one in force at `until`, `digest` its.
    """

    month: str
    begins: datetime
    ends: datetime
    known_at: datetime
    policy: Policy
    digest: str

    @property
    def until(self) -> datetime:
        """The end of the month, or `known_at` where that is earlier."""
        return min(self.ends, self.known_at)

    @property
    def until_text(self) -> str:
        """`until` as rows have times."""
        return time_text(self.until)

    def has(self, at: datetime) -> bool:
        """Whether a time lies in the month."""
        return self.begins <= at < self.ends

    def has_text(self, at: str | None) -> bool:
        """Whether a time as rows have it lies in the month; None does not."""
        return at is not None and time_text(self.begins) <= at < time_text(self.ends)

    def in_month(self, recorded: Recorded) -> bool:
        """Whether an event happened in the month."""
        return self.has(recorded.event.at)
