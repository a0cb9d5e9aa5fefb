"""What a log says of measurements: whole lists, fractions, and the policy's text."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from ledger.domain import metric as m
from ledger.domain.envelope import Recorded, uuid_of
from ledger.domain.policy import PolicyAdopted
from ledger.vocabulary import Purpose

Log = Sequence[Recorded]
Segment = tuple[tuple[str, str], ...]
Series = tuple[str, str, Segment]
"""A system without case, a metric and a segment."""


@dataclass(frozen=True)
class Seen:
    """A measurement in a series, with what was known of it when it came."""

    id: str
    leaf: int
    series: Series
    until: datetime
    since: datetime
    value: Fraction
    unit: str | None
    lower: bool | None
    n: int
    dataset: str | None
    judge: str | None
    late: bool
    old: bool
    retracted: bool = False

    @property
    def is_known(self) -> bool:
        """Whether unit, direction and samples are known, and it holds."""
        return not self.retracted and None not in (self.unit, self.lower) and self.n > 0


@dataclass(frozen=True)
class Happened:
    """An event about a measurement, and all that its series then had, in order of time."""

    leaf: int
    recorded_at: datetime
    at: datetime
    event: m.Measured
    series: tuple[Seen, ...]
    seen: Seen
    retracts: bool
    policy: "Text"


class Text:
    """The text of an adopted policy, as a table."""

    def __init__(self, text: str) -> None:
        self.table = tomllib.loads(text, parse_float=Fraction)

    def metric(self, name: str) -> str:
        """The policy's name of a metric."""
        for known, of in self.table["metrics"].items():
            if folded(name) in [folded(each) for each in (known, *of.get("aliases", ()))]:
                return str(known)
        return " ".join(name.split())

    def unit(self, metric: str, unit: str) -> str:
        """The unit in which values of a metric are compared."""
        named = self.table["metrics"].get(metric)
        return str(named["unit"]) if named else self.base(unit)[0]

    def base(self, unit: str) -> tuple[str, Fraction]:
        """The unit that a unit is of, and how many of them it is."""
        of = self.table["units"].get(unit)
        return (of["of"], Fraction(of["times"])) if of else (unit, Fraction(1))

    def convert(self, value: Fraction, unit: str, to: str) -> Fraction | None:
        """A value in another unit; None where they are of two kinds."""
        (base, times), (other, by) = self.base(unit), self.base(to)
        return value * times / by if base == other else None

    def slos(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The objectives that measurements are judged by."""
        for name, slo in self.table["slos"].items():
            if slo.get("judge") in ("in_a_row", "burn_rate"):
                yield name, slo

    def target(self, slo: Mapping[str, Any], system: str, unit: str) -> Fraction | None:
        """An objective's target for a system, in a unit."""
        own = {folded(name): of["target"] for name, of in slo.get("systems", {}).items()}
        return self.convert(Fraction(own.get(folded(system), slo["target"])), slo["unit"], unit)

    @property
    def backdate_limit(self) -> timedelta | None:
        """How long ago a measurement may have ended that is judged."""
        limit = self.table["alerts"].get("backdate_limit")
        return None if limit is None else span(limit)


def folded(name: str) -> str:
    """A name without case, and with single spaces."""
    return " ".join(name.split()).casefold()


def exact(value: float) -> Fraction:
    """A number as it was written."""
    return Fraction(repr(value))


def span(text: str) -> timedelta:
    """P30D, PT6H: one number and one unit."""
    number = int(text.strip("PTDHM"))
    unit = {"D": "days", "H": "hours", "M": "minutes"}[text[-1]]
    return timedelta(**{unit: number})


@cache
def text_of(policy: str) -> Text:
    """A policy's text, read once."""
    return Text(policy)


def policies(log: Log) -> list[tuple[int, Text]]:
    """Every policy that was adopted, with its leaf."""
    return [
        (each.leaf, text_of(each.event.text))
        for each in log
        if isinstance(each.event, PolicyAdopted)
    ]


def happenings(log: Log) -> Iterator[Happened]:
    """Every event that a series changed by, in log order."""
    values: dict[str, m.Measured] = {}
    seen: dict[str, Seen] = {}
    policy = policies(log)[0][1]
    for each in log:
        event, of = each.event, str(uuid_of(each.stream)) if "/" in each.stream else ""
        if isinstance(event, PolicyAdopted):
            policy = text_of(event.text)
        elif isinstance(event, m.Measured):
            values[of] = event
            if event.purpose is not Purpose.MONITORING:
                continue
            before = seen.pop(of, None)
            del before  # a corrected mapping read it anew: what it was counts no more
            point = _seen(each, of, event, policy, seen)
            seen[of] = point
            yield _happened(each, event, seen, point, policy, retracts=False)
        elif isinstance(event, m.Retracted):
            point_before = seen.get(of)
            is_of_series = values[of].purpose is Purpose.MONITORING
            if point_before is None or point_before.retracted or not is_of_series:
                continue
            seen[of] = replace(point_before, retracted=True)
            yield _happened(each, values[of], seen, seen[of], policy, retracts=True)


def _happened(
    recorded: Recorded,
    event: m.Measured,
    seen: Mapping[str, Seen],
    of: Seen,
    policy: Text,
    *,
    retracts: bool,
) -> Happened:
    return Happened(
        leaf=recorded.leaf,
        recorded_at=recorded.recorded_at,
        at=recorded.event.at,
        event=event,
        series=tuple(series(seen, of.series)),
        seen=of,
        retracts=retracts,
        policy=policy,
    )


def series(seen: Mapping[str, Seen], of: Series) -> list[Seen]:
    """The measurements of a series: by their ends, then as they were recorded."""
    mine = [each for each in seen.values() if each.series == of]
    return sorted(mine, key=lambda each: (each.until, each.leaf))


def standing(log: Log) -> list[Seen]:
    """Every measurement of operation that holds, at the end of a log."""
    found: dict[str, Seen] = {}
    for each in happenings(log):
        found[each.seen.id] = each.seen
    evaluated: set[str] = set()
    for recorded in log:
        if isinstance(recorded.event, m.Measured):
            of = str(uuid_of(recorded.stream))
            monitored = recorded.event.purpose is Purpose.MONITORING
            (evaluated.discard if monitored else evaluated.add)(of)
    return [each for each in found.values() if not each.retracted and each.id not in evaluated]


def _seen(
    recorded: Recorded, of: str, event: m.Measured, policy: Text, seen: Mapping[str, Seen]
) -> Seen:
    metric = policy.metric(event.metric)
    where = (folded(event.system), metric, tuple(sorted(event.segment.items())))
    unit = policy.unit(metric, event.unit) if event.unit else None
    value = exact(event.value)
    if event.unit and unit:
        converted = policy.convert(value, event.unit, unit)
        if converted is None or event.standard_unit != unit:
            raise AssertionError(f"{event} is in another unit than {unit}")
        value = converted
    limit = policy.backdate_limit
    return Seen(
        id=of,
        leaf=recorded.leaf,
        series=where,
        until=event.at.astimezone(UTC),
        since=(event.since or event.at).astimezone(UTC),
        value=value,
        unit=unit,
        lower=event.direction.value == "lower" if event.direction else None,
        n=event.n or 0,
        dataset=event.dataset_digest or None,
        judge=event.judge or None,
        late=any(each.until > event.at for each in series(seen, where)),
        old=limit is not None and recorded.recorded_at - event.at > limit,
    )
