"""Public views of the trends: times, counts and shares of a range of months.

Source: runbook section 8, "Incident register & RCA summaries".
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from consumers.access.people import display_names
from consumers.commands.policy_history import policy_in_force
from consumers.container.ledger import Ledger
from ledger.errors import Invalid
from ledger.policy.times import month_plus
from ledger.vocabulary import MONTH, Measure, Status
from projections.measures import MEASURES
from projections.queries.trends import (
    Durations,
    Group,
    Late,
    TrendFilters,
    TrendRows,
    trend_rows,
)
from projections.values import time_text

T = TypeVar("T")

MOST_MONTHS = 120
USUAL_MONTHS = 6
"""Without a range, the trends are of so many months, up to the one that it is now."""
MOST_SYSTEMS = 20
MOST_OWNERS = 50


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """A time from the detection of each incident: how many have one, and what it is, in seconds.

    `median_seconds` and `p90_seconds` are of those that are recorded, by nearest rank (the smallest
    recorded time that at least half, or nine tenths, do not exceed); None where none is.
    """

    recorded: int
    pending: int
    not_applicable: int
    invalid: int
    median_seconds: float | None
    p90_seconds: float | None


class MonthTrend(msgspec.Struct, frozen=True, kw_only=True):
    """A month: its incidents, and how many more were near misses, dismissed or merged."""

    month: str
    incidents: int
    near_misses: int
    dismissed: int
    merged: int
    contain: Times
    resolve: Times
    rca: Times


class SystemTrend(msgspec.Struct, frozen=True, kw_only=True):
    """A system: its incidents, its overdue RCAs and its times."""

    system: str
    incidents: int
    near_misses: int
    dismissed: int
    merged: int
    rca_overdue: int
    contain: Times
    resolve: Times
    rca: Times


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The number of incidents of a category or severity; None is none yet."""

    value: str | None
    incidents: int


class LateOwner(msgspec.Struct, frozen=True, kw_only=True):
    """An owner with overdue RCAs; None is nobody. `oldest_due` is when the first was due."""

    owner: str | None
    overdue: int
    oldest_due: str


class Trends(msgspec.Struct, frozen=True, kw_only=True):
    """The trends of the months from `first` to `last`, at `at`.

    `incidents` leaves out `near_misses`, and `dismissed` and `merged` ones, whose shares are of all
    four together; None where there is none. Times are of `incidents`. `systems` are the 20 with
    most incidents of `systems_in_all`, `late` the 50 owners with most overdue RCAs.
    """

    first: str
    last: str
    system: str | None
    at: str
    incidents: int
    near_misses: int
    dismissed: int
    merged: int
    dismissed_share: float | None
    merged_share: float | None
    contain: Times
    resolve: Times
    rca: Times
    months: list[MonthTrend]
    systems: list[SystemTrend]
    systems_in_all: int
    categories: list[Tally]
    severities: list[Tally]
    rca_overdue: int
    late: list[LateOwner]


def trends(
    ledger: Ledger,
    *,
    month: str | None = None,
    first: str | None = None,
    last: str | None = None,
    system: str | None = None,
) -> Trends:
    """The trends of one `month`, or of those from `first` to `last`; else of the last six.

    Raises Invalid for a range that is none.
    """
    at = ledger.now()
    today = policy_in_force(ledger.store).month_of(at)
    filters = TrendFilters(*_range(month, first, last, today), system or None)
    rows = trend_rows(ledger.views, filters, now=time_text(at))
    return _trends(filters, rows, time_text(at), display_names(ledger.store))


def _range(month: str | None, first: str | None, last: str | None, now: str) -> tuple[str, str]:
    for name, value in (("month", month), ("from", first), ("to", last)):
        if value and MONTH.fullmatch(value) is None:
            raise Invalid(f"{value!r} is no month.", errors=[(name, "expected YYYY-MM")])
    if month and (first or last):
        raise Invalid(
            "The trends are of one month or of a range of months.",
            errors=[("month", "give either month, or from and to")],
        )
    if month:
        return month, month
    last = last or max(now, first or now)
    first = first or month_plus(last, 1 - USUAL_MONTHS)
    if not 0 < len(_months(first, last)) <= MOST_MONTHS:
        raise Invalid(
            f"From {first} to {last} are not 1 to {MOST_MONTHS} months.",
            errors=[("from", f"expected at most {last}, and at most {MOST_MONTHS} months")],
        )
    return first, last


def _months(first: str, last: str) -> Sequence[str]:
    """The months of a range; so many of them that there are too many, where there are."""
    count = (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:]) + 1
    return [month_plus(first, each) for each in range(min(count, MOST_MONTHS + 1))]


def _trends(filters: TrendFilters, rows: TrendRows, at: str, names: Mapping[str, str]) -> Trends:
    total = _Part(rows.groups, rows.durations)
    in_all = total.incidents + total.near_misses + total.dismissed + total.merged
    by_month = _Parts(rows, "month")
    by_system = _Parts(rows, "system")
    overdue = _summed((each.system, each.overdue) for each in rows.late)
    worst = sorted(
        by_system.names, key=lambda name: (-by_system.of(name).incidents, -overdue[name], name)
    )
    counted = [each for each in rows.groups if each.stands]
    return Trends(
        first=filters.first,
        last=filters.last,
        system=filters.system,
        at=at,
        **total.numbers(),
        dismissed_share=total.dismissed / in_all if in_all else None,
        merged_share=total.merged / in_all if in_all else None,
        months=[
            MonthTrend(month=month, **by_month.of(month).numbers())
            for month in _months(filters.first, filters.last)
        ],
        systems=[
            SystemTrend(system=name, rca_overdue=overdue[name], **by_system.of(name).numbers())
            for name in worst[:MOST_SYSTEMS]
        ],
        systems_in_all=len(worst),
        categories=_tallies((each.category, each.incidents) for each in counted),
        severities=_tallies((each.severity, each.incidents) for each in counted),
        rca_overdue=sum(each.overdue for each in rows.late),
        late=_late(rows.late, names),
    )


class _Parts:
    """The rows by the value of one of their columns."""

    def __init__(self, rows: TrendRows, column: str) -> None:
        self._groups: dict[str, list[Group]] = {}
        self._durations: dict[str, list[Durations]] = {}
        for group in rows.groups:
            self._groups.setdefault(getattr(group, column), []).append(group)
        for durations in rows.durations:
            self._durations.setdefault(getattr(durations, column), []).append(durations)
        self._made: dict[str, _Part] = {}

    @property
    def names(self) -> Collection[str]:
        """The values that there are."""
        return self._groups.keys()

    def of(self, name: str) -> "_Part":
        """The part with a value."""
        if name not in self._made:
            groups, durations = self._groups.get(name, []), self._durations.get(name, [])
            self._made[name] = _Part(groups, durations)
        return self._made[name]


class _Part:
    """Some of the incidents: how many, and their times."""

    def __init__(self, groups: Sequence[Group], durations: Sequence[Durations]) -> None:
        statuses = _summed((each.status, each.incidents) for each in groups)
        self.dismissed, self.merged = statuses[Status.DISMISSED], statuses[Status.MERGED]
        self._groups = [each for each in groups if each.stands]
        self.incidents = sum(each.incidents for each in self._groups)
        self.near_misses = statuses.total() - self.incidents - self.dismissed - self.merged
        self._durations = durations

    def numbers(self) -> dict[str, Any]:
        """The fields that totals, months and systems share."""
        return {
            "incidents": self.incidents,
            "near_misses": self.near_misses,
            "dismissed": self.dismissed,
            "merged": self.merged,
            **{name: self._times(place) for place, name in enumerate(MEASURES)},
        }

    def _times(self, place: int) -> Times:
        states = _summed((each.measures[place], each.incidents) for each in self._groups)
        spans = sorted(span for each in self._durations if (span := each.spans[place]) is not None)
        return Times(
            recorded=states[Measure.RECORDED],
            pending=states[Measure.PENDING],
            not_applicable=states[Measure.NOT_APPLICABLE],
            invalid=states[Measure.INVALID],
            median_seconds=nearest_rank(spans, 50),
            p90_seconds=nearest_rank(spans, 90),
        )


def nearest_rank(ordered: Sequence[int], percent: int) -> float | None:
    """A percentile of times in microseconds, in seconds; None of none."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return ordered[rank - 1] / 1_000_000


def _summed(pairs: Iterable[tuple[T, int]]) -> Counter[T]:
    found: Counter[T] = Counter()
    for name, count in pairs:
        found[name] += count
    return found


def _tallies(pairs: Iterable[tuple[str | None, int]]) -> list[Tally]:
    ordered = sorted(_summed(pairs).items(), key=lambda each: (-each[1], each[0] or ""))
    return [Tally(value=value, incidents=count) for value, count in ordered]


def _late(late: Sequence[Late], names: Mapping[str, str]) -> list[LateOwner]:
    counts = _summed((each.owner, each.overdue) for each in late)
    oldest: dict[str | None, str] = {}
    for each in late:
        oldest[each.owner] = min(oldest.get(each.owner, each.due), each.due)
    ordered = sorted(counts, key=lambda owner: (-counts[owner], oldest[owner], owner or ""))
    return [
        LateOwner(
            owner=None if owner is None else names.get(owner, owner),
            overdue=counts[owner],
            oldest_due=oldest[owner],
        )
        for owner in ordered[:MOST_OWNERS]
    ]
