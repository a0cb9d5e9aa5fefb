"""How a figure is taken: the best of several runs, as units a second, beside its limit."""

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

RUNS = 5


class Figure(NamedTuple):
    """A figure and its limit, both in units a second; `extra` is what else was measured."""

    name: str
    per_second: float
    limit_name: str
    limit_per_second: float
    extra: Mapping[str, Any] = MappingProxyType({})

    @property
    def ratio(self) -> float:
        """How much of the limit is reached."""
        return self.per_second / self.limit_per_second

    def record(self) -> dict[str, Any]:
        """How it is written down."""
        return {
            "name": self.name,
            "per_second": self.per_second,
            "limit_name": self.limit_name,
            "limit_per_second": self.limit_per_second,
            "ratio": self.ratio,
            **self.extra,
        }


def rate(units: int, run: Callable[[], object], *, runs: int = RUNS) -> float:
    """Units a second in the best of `runs`; the best is what disturbs least."""
    best = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return units / best
