"""A year by the naive computation: each step, and what becomes of it."""

from typing import Any

from tests.property.risk_year.naive_improvements import Improvements

Step = tuple[Any, ...]
BOTH = ("follow", "clock")
RUNS: dict[str, tuple[str, ...]] = {
    "restart": (),
    "follow": ("follow",),
    "clock": ("clock",),
    "die": BOTH,
    "replay": BOTH,
    "look": BOTH,
}
"""What processes do is nothing that people did."""


class Expected(Improvements):
    """What everything comes to."""

    def take(self, step: Step, sealed: int | None = None) -> str:
        """What becomes of a step; `sealed` is how much had happened when its follower read."""
        name, *said = step
        if name == "wait":
            self.now += said[0]
        elif name == "adopt":
            return self._adopt(said[0])
        elif name in RUNS:
            before = len(self.happened) if sealed is None else sealed
            for run in RUNS[name]:
                self._run(run, before)
        else:
            done: str = getattr(self, name)(*said)
            return done
        return "done"

    def _run(self, run: str, before: int) -> None:
        """Followers act on what happened before, or the clock looks."""
        if run == "follow":
            self.heed_standards(before)
            self.heed_findings(before)
        else:
            self.tick()

    def _adopt(self, terms: Any) -> str:
        if terms == self.terms:
            return "nothing"
        self.terms = terms
        return self.add("adopt")
