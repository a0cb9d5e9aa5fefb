"""Whether an incident still does harm, as a naive reader of its events follows it."""

from dataclasses import dataclass, field
from datetime import datetime

Stale = tuple[datetime, datetime]
"""When an alert was last heard of, and when that was found."""


@dataclass
class Impact:
    """The linked alerts that have not ended, and the ends of the rest.

    `ended` is the latest end of an alert, or the one that was reported; None is none, so that
    without alerts the impact goes on. `resolved` is what a person stated since the last link.
    """

    firing: set[str] = field(default_factory=set)
    stale: dict[str, Stale] = field(default_factory=dict)
    ended: datetime | None = None
    resolved: datetime | None = None

    @property
    def state(self) -> str:
        """Ongoing while an alert fires, unknown while the rest is stale, else ended."""
        if self.resolved is not None:
            return "ended"
        if self.firing or not (self.stale or self.ended):
            return "ongoing"
        return "unknown" if self.stale else "ended"

    @property
    def end(self) -> datetime | None:
        """When it ended, if it did."""
        return (self.resolved or self.ended) if self.state == "ended" else None

    @property
    def unknown_since(self) -> datetime | None:
        """The last that is known of it, where it is unknown."""
        if self.state != "unknown":
            return None
        heard = [last for last, _ in self.stale.values()]
        return max([*heard, self.ended] if self.ended else heard)

    @property
    def over_since(self) -> datetime | None:
        """Since when it attracts no more, but for the quiet time; None while it goes on.

        What is not heard of any more is over from when that was found.
        """
        if self.state != "unknown":
            return self.end
        marks = [mark for _, mark in self.stale.values()]
        return max([*marks, self.ended] if self.ended else marks)

    def link(self, alert: str) -> None:
        """An alert's episode belongs here and fires."""
        self.firing.add(alert)
        self.stale.pop(alert, None)
        self.resolved = None

    def end_alert(self, alert: str, at: datetime) -> None:
        """An alert's part has ended."""
        self.firing.discard(alert)
        self.stale.pop(alert, None)
        self.ended = max(self.ended or at, at)

    def lose(self, alert: str, last_heard: datetime, found: datetime) -> None:
        """An alert is not heard of any more."""
        self.firing.discard(alert)
        self.stale[alert] = last_heard, found

    def amend(self, end: datetime | None) -> None:
        """A person corrects the end, also the one that a person stated."""
        self.ended = end
        self.resolved = None if self.resolved is None else end

    def absorb(self, other: "Impact") -> None:
        """Another's goes on here: all its alerts; over is the whole where both are."""
        both_over = self.state == other.state == "ended"
        stated_or_told = (self.resolved or self.ended, other.resolved or other.ended)
        ends = [end for end in stated_or_told if end]
        goes_on = self._stated_ongoing or other._stated_ongoing
        stated = self.resolved or other.resolved
        if both_over and self.end and other.end:
            self.resolved = max(self.end, other.end) if stated else None
        else:
            self.resolved = None
        self.firing |= other.firing
        self.stale |= other.stale
        self.ended = None if goes_on else max(ends, default=None)

    @property
    def _stated_ongoing(self) -> bool:
        return self.state == "ongoing" and not self.firing
