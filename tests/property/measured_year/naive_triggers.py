"""Whether an event fired or cleared a trigger: a naive computation."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from ledger.domain.identity import improvement_id
from tests.property.measured_year.findings import Finding, Standing
from tests.property.measured_year.naive import Happened, Seen, span


def _is_of(trigger: Mapping[str, Any], happened: Happened) -> bool:
    policy, (_, metric, segment) = happened.policy, happened.seen.series
    names = [policy.metric(each) for each in trigger.get("of") or [trigger["metric"]]]
    text = ", ".join(f"{name}={value}" for name, value in segment)
    listed = trigger.get("segments") or [text]
    return bool(trigger.get("judged")) and metric in names and text in listed


def of_drift(happened: Happened, standing: Standing) -> Iterator[Finding]:
    """What an event found of the drift of its series."""
    trigger, seen = happened.policy.table["triggers"]["data_drift"], happened.seen
    if not _is_of(trigger, happened) or (seen.late and not happened.retracts):
        return
    holds = [each for each in happened.series if not (each.late or each.retracted)]
    last = holds[-1] if holds else None
    above: bool | None = None
    if last and last.is_known and last.lower and last.n >= trigger.get("min_n", 1):
        more_than = happened.policy.convert(
            Fraction(trigger["more_than"]), trigger["unit"], last.unit or ""
        )
        above = None if more_than is None else last.value > more_than
    firing = standing.drifts.get(seen.series)
    if above and last and firing is None:
        fired = _fired("data_drift", trigger, happened, last.value, happened.leaf)
        standing.drifts[seen.series] = {**fired, "by": last.id}
        yield fired
    elif firing is not None and not above:
        shown = happened.retracts and firing["by"] == seen.id
        if above is False or shown:
            del standing.drifts[seen.series]
            value = None if above is None or last is None else last.value
            yield _cleared("data_drift", None, happened, value)


def of_drop(happened: Happened, standing: Standing) -> Iterator[Finding]:
    """What an event found of its quarter, and of the one after it."""
    trigger, seen = happened.policy.table["triggers"]["quality_drop"], happened.seen
    if not _is_of(trigger, happened):
        return
    zone = ZoneInfo(trigger.get("zone", "UTC"))
    grace = span(trigger.get("grace", "P14D"))
    local = seen.until.astimezone(zone)
    own = local.year * 4 + (local.month - 1) // 3
    for number in (own, own + 1):
        begin, end = _begin(number, zone), _begin(number + 1, zone)
        if begin > happened.recorded_at or happened.recorded_at > end + grace:
            continue
        quarter = f"{number // 4:04d}-Q{number % 4 + 1}"
        now = _means(trigger, [e for e in happened.series if begin <= e.until < end])
        last = _begin(number - 1, zone)
        then = _means(trigger, [e for e in happened.series if last <= e.until < begin])
        drops = [
            (_percent(then[key], now[key], lower=key[3]), now[key], then[key])
            for key in now
            if then.get(key)
        ]
        worst = max(drops, default=None, key=lambda each: each[0])
        yield from _quarter(trigger, happened, standing, quarter, worst)


def _percent(before: Fraction, now: Fraction, *, lower: bool) -> Fraction:
    """How much worse it is than before, in percent of that."""
    worse = now - before if lower else before - now
    return 100 * worse / abs(before)


def _begin(number: int, zone: ZoneInfo) -> datetime:
    """When a quarter begins by the clocks of a zone; they are counted from the year 0."""
    return datetime(number // 4, number % 4 * 3 + 1, 1, tzinfo=zone).astimezone(UTC)


_Key = tuple[str | None, str | None, str | None, bool]


def _means(trigger: Mapping[str, Any], within: Iterable[Seen]) -> dict[_Key, Fraction]:
    """The mean of each data set and judge that has enough samples, each value by its samples."""
    same: defaultdict[_Key, list[Seen]] = defaultdict(list)
    for each in within:
        if each.is_known and each.dataset:
            same[each.dataset, each.judge, each.unit, bool(each.lower)].append(each)
    return {
        key: sum((each.value * each.n for each in of), Fraction(0)) / sum(each.n for each in of)
        for key, of in same.items()
        if sum(each.n for each in of) >= trigger.get("min_n", 1)
    }


def _quarter(
    trigger: Mapping[str, Any],
    happened: Happened,
    standing: Standing,
    quarter: str,
    worst: tuple[Fraction, Fraction, Fraction] | None,
) -> Iterator[Finding]:
    key = (happened.seen.series, quarter)
    fires = standing.drops.get(key)
    if worst is not None and worst[0] > trigger["more_than"]:
        if fires is None:
            standing.drops[key] = True
            fired = _fired("quality_drop", trigger, happened, worst[0], quarter)
            yield {**fired, "quarter": quarter, "mean": worst[1], "baseline": worst[2]}
    elif fires and (worst is not None or happened.retracts):
        standing.drops[key] = False
        yield _cleared("quality_drop", quarter, happened, worst and worst[0])


def _fired(
    name: str, trigger: Mapping[str, Any], happened: Happened, value: Fraction, of: str | int
) -> Finding:
    event = happened.event
    proposed = improvement_id(name, event.system, event.metric, event.segment.items(), of)
    return {
        "what": "fired",
        "trigger": name,
        "series": happened.seen.series,
        "value": value,
        "threshold": Fraction(trigger["more_than"]),
        "action": trigger["action"],
        "improvement": str(proposed),
        "leaf": happened.leaf,
        "at": happened.at,
    }


def _cleared(name: str, quarter: str | None, happened: Happened, value: Fraction | None) -> Finding:
    return {
        "what": "cleared",
        "trigger": name,
        "quarter": quarter,
        "series": happened.seen.series,
        "basis": "retracted" if happened.retracts else "met",
        "value": value,
        "leaf": happened.leaf,
        "at": happened.at,
    }
