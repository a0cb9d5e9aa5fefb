"""Policies that a year may adopt: the shipped one with other objectives and triggers."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.harness.texts import INLINE

ZONES = ("UTC", "Asia/Kolkata", "America/New_York")


@dataclass(frozen=True)
class Terms:
    """What differs from the shipped policy.

    `latency` is in seconds, `own` that of the system chat alone; `burns` are hours and rates.
    `backdate_limit` and `grace` are in hours; without a limit the policy has none.
    """

    latency: str = "2"
    own: str | None = None
    in_ms: bool = False
    in_a_row: int = 2
    least: int = 20
    latency_judged: bool = True
    availability: str = "99.5"
    in_ratio: bool = False
    burns: tuple[tuple[int, str], ...] = ((1, "14.4"), (6, "6"))
    quality: str = "0.82"
    window: int = 30
    fresh: int = 24
    drift: str = "0.2"
    drift_judged: bool = True
    drift_segments: tuple[str, ...] = ()
    drop: str = "10"
    drop_judged: bool = True
    zone: str = "UTC"
    grace: int = 336
    backdate_limit: int | None = 6

    def text(self) -> str:
        """The policy that says so."""
        text = INLINE  # a naive computation has nothing but the log
        text = _between(text, "[slos.latency]", "# Metrics: the unit", "\n".join(self._slos()))
        text = _between(text, "[triggers.data_drift]", "# The monthly", "\n".join(self._triggers()))
        limit = self.backdate_limit
        old = 'backdate_limit = "PT6H"\n'
        if text.count(old) != 1:
            raise ValueError(f"the shipped policy has not one {old!r}")
        return text.replace(old, "" if limit is None else f'backdate_limit = "PT{limit}H"\n')

    def _slos(self) -> Iterator[str]:
        latency = self._seconds(self.latency)
        row = [f"in_a_row = {self.in_a_row}", f"min_n = {self.least}"]
        if self.latency_judged:
            row.append('judge = "in_a_row"')
        own = [] if self.own is None else ["[slos.latency.systems.chat]", self._own(self.own)]
        yield from self._slo("latency", "p95", "<", latency, "ms" if self.in_ms else "s", *row)
        yield from own
        one = ['judge = "in_a_row"', "in_a_row = 1"]
        yield from self._slo("latency_once", "latency p95", "<=", "2.5", "s", *one)
        listed = ", ".join(f'{{ over = "PT{over}H", rate = {rate} }}' for over, rate in self.burns)
        burn = ['judge = "burn_rate"', f"burn = [{listed}]"]
        up = f"{float(self.availability) / 100:.6g}" if self.in_ratio else self.availability
        unit = "1" if self.in_ratio else "%"
        yield from self._slo("availability", "availability", ">=", up, unit, *burn)
        yield from self._slo("harmful_output", "harmful output rate", "<=", "0.5", "%", *burn)
        in_a_row = [
            'judge = "in_a_row"',
            f"in_a_row = {self.in_a_row}",
            f"min_n = {self.least}",
            "goal = 90",
        ]
        yield from self._slo("quality", "pass@5", ">=", self.quality, "1", *in_a_row)

    def _seconds(self, text: str) -> str:
        return f"{float(text) * 1000:.6g}" if self.in_ms else text

    def _own(self, text: str) -> str:
        return f"target = {self._seconds(text)}"

    def _slo(
        self, name: str, metric: str, comparison: str, target: str, unit: str, *more: str
    ) -> Iterator[str]:
        yield f"[slos.{name}]"
        yield f'metric = "{metric}"'
        yield f'comparison = "{comparison}"'
        yield f"target = {target}"
        yield f'unit = "{unit}"'
        yield f'window = "P{self.window}D"'
        yield f'fresh_for = "PT{self.fresh}H"'
        yield from more

    def _triggers(self) -> Iterator[str]:
        segments = ", ".join(f'"{each}"' for each in self.drift_segments)
        yield "[triggers.data_drift]"
        yield 'metric = "population stability index (PSI)"'
        yield f"more_than = {self.drift}"
        yield 'unit = "1"'
        yield 'action = "Retrain model"'
        yield f"judged = {str(self.drift_judged).lower()}"
        yield f"segments = [{segments}]"
        yield f"min_n = {self.least}"
        yield "[triggers.quality_drop]"
        yield 'metric = "quality drop, quarter over quarter"'
        yield f"more_than = {self.drop}"
        yield 'unit = "%"'
        yield 'action = "Review dataset and features"'
        yield f"judged = {str(self.drop_judged).lower()}"
        yield 'of = ["pass@5"]'
        yield f"min_n = {self.least}"
        yield f'zone = "{self.zone}"'
        yield f'grace = "PT{self.grace}H"'


def _between(text: str, begin: str, end: str, new: str) -> str:
    """The text with another part from `begin` on, up to `end`."""
    before, found, rest = text.partition(begin)
    _, also_found, after = rest.partition(end)
    if not found or not also_found:
        raise ValueError(f"the shipped policy has no {begin!r} before {end!r}")
    return f"{before}{new}\n\n{end}{after}"
