"""How quality compares with the quarter before, for each series: dropped, held or undecided.

What cannot be compared is undecided, and says why: no data is never a pass. Blocking.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from ledger.domain.judging.points import Point
from ledger.domain.judging.triggers import Quarter, drop, quarter_of
from ledger.policy import Trigger
from ledger.vocabulary import QuarterStatus
from projections.queries.quarters import Series, points_since
from projections.values import time_text


class QuarterView(msgspec.Struct, frozen=True, kw_only=True):
    """A series in a quarter ("2026-Q4"), against the one before.

    `mean` and `before` are means, each measurement by its samples; `drop` is how much worse the
    quarter is, in percent of the mean before. `reason` says why it is undecided.
    """

    system: str
    metric: str
    segment: str
    quarter: str
    status: QuarterStatus
    drop: float | None = None
    mean: float | None = None
    before: float | None = None
    threshold: float
    reason: str = ""


def quarters(ledger: Ledger) -> list[QuarterView]:
    """Every series of the trigger's metrics that was measured in this quarter or the last one.

    The worst first. Raises Unavailable.
    """
    policy = policy_in_force(ledger.store)
    trigger, measuring = policy.triggers.quality_drop, policy.measuring
    if not trigger.judged:
        return []
    metrics = {measuring.name_of(name) for name in trigger.of or (trigger.metric,)}
    now = quarter_of(ledger.now(), trigger.zone)
    since = now.before.begin(trigger.zone)
    begin = time_text(now.begin(trigger.zone))
    found = points_since(ledger.views, metrics, time_text(since), begin)
    views = _compared(trigger, now, found.items())
    order = list(QuarterStatus)
    return sorted(views, key=lambda each: (order.index(each.status), each.system, each.metric))


def _compared(
    trigger: Trigger, now: Quarter, found: Iterable[tuple[Series, Sequence[Point]]]
) -> Iterator[QuarterView]:
    begin = now.begin(trigger.zone)
    for series, points in found:
        if trigger.segments and series.segment not in trigger.segments:
            continue
        current = [each for each in points if each.until >= begin]
        former = [each for each in points if each.until < begin]
        result = drop(trigger, current, former)
        undecided = QuarterView(
            system=series.system,
            metric=series.metric,
            segment=series.segment,
            quarter=str(now),
            status=QuarterStatus.UNDECIDED,
            threshold=trigger.more_than,
        )
        if result is None:
            yield replace(undecided, reason=_reason(trigger, current, former))
            continue
        dropped = trigger.fires_at(result.percent)
        yield replace(
            undecided,
            status=QuarterStatus.DROPPED if dropped else QuarterStatus.HELD,
            drop=result.percent,
            mean=result.mean,
            before=result.before,
        )


def _reason(trigger: Trigger, current: Sequence[Point], former: Sequence[Point]) -> str:
    if not former:
        return "The quarter before has no measurement."
    if not current:
        return "This quarter has no measurement yet."
    sets = [{point.dataset for point in points if point.judgeable} for points in (former, current)]
    if not any(sets[0]) or not any(sets[1]):
        return "Which data set was measured is not known in both quarters."
    if sets[0].isdisjoint(sets[1]):
        return "The data set changed: no quarter can be compared with another one."
    judges = [{point.judge for point in points if point.judgeable} for points in (former, current)]
    if judges[0].isdisjoint(judges[1]):
        return "The judge changed: no quarter can be compared with another one."
    return f"Fewer than {trigger.min_n} samples of one data set and judge in one of the quarters."
