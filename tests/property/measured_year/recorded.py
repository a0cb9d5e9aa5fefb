"""What judging recorded, as the naive computation says it, and whether the two are the same."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from msgspec import UNSET

from ledger.domain.objective import ObjectiveBreached, ObjectiveRecovered
from ledger.domain.trigger import TriggerCleared, TriggerFired
from tests.property.measured_year.findings import Finding
from tests.property.measured_year.naive import Log, Series, folded

CLOSE = 1e-9


def found_in(log: Log) -> list[Finding]:
    """What judging recorded, as findings."""
    names: dict[str, Finding] = {}
    found = []
    for each in log:
        event = each.event
        if isinstance(event, ObjectiveBreached):
            names[each.stream] = {"objective": event.objective, "series": _series(event)}
            found.append(
                {
                    **names[each.stream],
                    "what": "breached",
                    "rule": event.rule,
                    "value": event.value,
                    "limit": event.limit,
                    "target": event.target,
                    "since": event.since,
                    "measurements": list(event.measurements),
                    "leaf": event.leaf,
                    "at": event.at,
                }
            )
        elif isinstance(event, TriggerFired):
            known = {"trigger": event.trigger, "series": _series(event)}
            names[each.stream] = {**known, "quarter": event.quarter or None}
            quarter = {"quarter": event.quarter} if event.quarter else {}
            means = {"mean": event.mean, "baseline": event.baseline} if event.quarter else {}
            found.append(
                {
                    **known,
                    **quarter,
                    **means,
                    "what": "fired",
                    "value": event.value,
                    "threshold": event.threshold,
                    "action": event.action,
                    "improvement": event.improvement,
                    "leaf": event.leaf,
                    "at": event.at,
                }
            )
        elif isinstance(event, ObjectiveRecovered | TriggerCleared):
            what = "recovered" if isinstance(event, ObjectiveRecovered) else "cleared"
            found.append(
                {
                    **names[each.stream],
                    "what": what,
                    "basis": event.basis,
                    "value": None if event.value is UNSET else event.value,
                    "leaf": event.leaf,
                    "at": event.at,
                }
            )
    return found


def _series(event: ObjectiveBreached | TriggerFired) -> Series:
    return folded(event.system), event.metric, tuple(sorted(event.segment.items()))


def assert_same(expected: Sequence[Finding], found: Sequence[Finding]) -> None:
    """Asserts that findings are the same, but for what floats cannot say."""
    for one, other in zip(expected, found, strict=False):
        assert _rounded(one, other) == other, (one, other)
    missing, more = expected[len(found) :], found[len(expected) :]
    assert ([], []) == (missing, more)


def _rounded(one: Finding, other: Finding) -> Finding:
    """The one, with a number of the other where they are as good as the same."""
    return {
        key: other[key] if is_close(value, other.get(key)) else value for key, value in one.items()
    }


def is_close(value: Any, other: Any) -> bool:
    if not isinstance(value, Fraction) or not isinstance(other, float | int):
        return False
    return math.isclose(value, other, rel_tol=CLOSE, abs_tol=CLOSE)
