"""A year by the naive computation: each step, and what becomes of it."""

from typing import Any

from tests.property.risk_year.naive_controls import Controls

Step = tuple[Any, ...]
SILENT = ("restart", "clock", "die", "replay", "look")
"""What a process does, and what happens to it, changes nothing that people did."""


class Expected(Controls):
    """What everything comes to."""

    def take(self, step: Step, sealed: int | None = None) -> str:
        """What becomes of a step; `sealed` is how much had happened when its follower read."""
        name, *said = step
        if name == "wait":
            self.now += said[0]
            return "done"
        if name == "adopt":
            return self._adopt(said[0])
        if name == "follow":
            before = len(self.happened) if sealed is None else sealed
            self.heed(before)
            return "done"
        if name in SILENT:
            if name in ("die", "replay", "look"):
                self.heed(len(self.happened) if sealed is None else sealed)
            return "done"
        done: str = getattr(self, name)(*said)
        return done

    def heed(self, before: int) -> None:
        """Followers act on what happened before."""
        self.heed_standards(before)

    def _adopt(self, terms: Any) -> str:
        if terms == self.terms:
            return "nothing"
        self.terms = terms
        return self.add("adopt")
