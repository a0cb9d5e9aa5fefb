"""How risks moved between two days: new, closed, worse, better, assessed or not. Blocking.

A day is one of the policy's zone. What a risk came to at a time is its newest current assessment
before it, with the band and score that were recorded then, so that another policy alone moves no
risk. Which of two bands is worse is said by the policy in force at the end of the last day.

Source: runbook section 3 (the Risk Manager maintains the risk register).
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from consumers.commands.policy_history import policy_before, policy_in_force
from consumers.container.ledger import Ledger
from consumers.read_service.items import cut
from consumers.read_service.risk_map import Pairs, RiskName, risk_names, standings
from ledger.domain.risk.words import RiskLevel, RiskStatus
from ledger.errors import Invalid
from ledger.policy.risks import Risks
from ledger.policy.times import LAST, in_utc
from ledger.vocabulary import Labelled
from projections.engine.projection import Row
from projections.queries.risks import assessments_until, risks_until, statuses_until
from projections.values import time_text


class RiskChange(Labelled):
    """What became of a risk between two times. The order is that of the view."""

    WORSE = "worse", "Worse"
    NEW = "new", "New"
    NOT_ASSESSED = "not_assessed", "Not assessed"
    NOT_COMPARED = "not_compared", "Not compared"
    ASSESSED = "assessed", "Assessed for the first time"
    BETTER = "better", "Better"
    CLOSED = "closed", "Closed"
    SAME = "same", "The same"


UNCHANGED = frozenset({RiskChange.SAME, RiskChange.NOT_ASSESSED})
"""What is no change: what was not assessed at the end was not at the beginning either."""


class RiskThen(msgspec.Struct, frozen=True, kw_only=True):
    """What a risk was assessed as at a time; `label` and `tolerated` are of the band.

    `in_force` is the band of the same labels by the policy in force; None where its matrix has them
    no more.
    """

    likelihood: str
    impact: str
    score: int
    band: str
    label: str
    tolerated: bool
    assessed_at: str
    in_force: str | None


class MovedRisk(msgspec.Struct, frozen=True, kw_only=True):
    """A risk and what became of it: `before` and `after` are None where it was not assessed.

    `reopened`: it is new because it had been closed.
    """

    risk: RiskName
    change: RiskChange
    reopened: bool
    before: RiskThen | None
    after: RiskThen | None


class ChangeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many risks changed so."""

    change: RiskChange
    count: int


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """The movement from the beginning of the day `since` to the end of the day `until`, in `zone`.

    `begins` and `ends` are these times in UTC; a day that is not over ends `at`. `risks` are those
    that were open at one of the two, or in between; what changed most comes first. `counts` are of
    all of them, `next` is the cursor of the next page.
    """

    since: str
    until: str
    zone: str
    begins: str
    ends: str
    at: str
    system: str | None
    counts: tuple[ChangeCount, ...]
    risks: tuple[MovedRisk, ...]
    next: str | None


def movement(
    ledger: Ledger,
    *,
    since: str | None = None,
    until: str | None = None,
    system: str | None = None,
    only_changed: bool = False,
    cursor: str | None = None,
    limit: int | None = None,
) -> Movement:
    """The movement between two days; since the first of last month, and until now, without them.

    At most `limit` risks, after those of the page before. With `only_changed` those that are the
    same, or not assessed at both, are counted alone. Raises Invalid for days that are none, where
    the first is after the second, and for a cursor that is none.
    """
    policy, now = policy_in_force(ledger.store), ledger.now()
    zone = ZoneInfo(policy.zone)
    today = now.astimezone(zone).date()
    last = _day("until", until) if until else today
    first = _day("since", since) if since else _first_of_last_month(min(today, last))
    if first > last:
        raise Invalid(
            f"{first} is after {last}.", errors=[("since", f"expected a day up to {last}")]
        )
    begins, ends = time_text(_begins(first, zone)), time_text(_ends(last, zone))
    rows = risks_until(ledger.views, ends, system=system)
    changes = moved(
        policy_before(ledger.store, _ends(last, zone)).risks,
        [row["risk_id"] for row in rows],
        statuses_until(ledger.views, ends),
        assessments_until(ledger.views, RiskLevel.CURRENT, ends),
        begins,
    )
    counts = Counter(each.change for each in changes.values())
    left_out = UNCHANGED if only_changed else frozenset[RiskChange]()
    order = {each: place for place, each in enumerate(RiskChange)}
    page, following = cut(
        sorted(
            (of for of, each in changes.items() if each.change not in left_out),
            key=lambda of: order[changes[of].change],
        ),
        str,
        cursor=cursor,
        limit=limit,
        remedy="Begin again without a cursor.",
    )
    named = {each.id: each for each in risk_names(ledger, rows, page)}
    pairs = standings(policy.risks)
    return Movement(
        since=first.isoformat(),
        until=last.isoformat(),
        zone=policy.zone,
        begins=begins,
        ends=ends,
        at=time_text(now),
        system=system,
        counts=tuple(ChangeCount(change=each, count=counts[each]) for each in RiskChange),
        risks=tuple(_view(policy.risks, pairs, named[of], changes[of]) for of in page),
        next=following,
    )


class Moved(NamedTuple):
    """What became of a risk, and the rows of its assessments at both times."""

    change: RiskChange
    reopened: bool
    before: Row | None
    after: Row | None


def moved(
    risks: Risks,
    ids: Iterable[str],
    statuses: Iterable[Row],
    assessments: Iterable[Row],
    begins: str,
) -> dict[str, Moved]:
    """What became of each of these risks, by its id; without those that were closed all along.

    The rows are in the order of the log and end with the time that is compared.
    """
    open_before, open_after, was_open = dict[str, bool](), dict[str, bool](), set[str]()
    for row in statuses:
        of, is_open = row["risk_id"], row["status"] == RiskStatus.OPEN.value
        open_after[of] = is_open
        if row["at"] < begins:
            open_before[of] = is_open
        elif is_open:
            was_open.add(of)
    before, after = dict[str, Row](), dict[str, Row]()
    for row in assessments:
        after[row["risk_id"]] = row
        if row["assessed_at"] < begins:
            before[row["risk_id"]] = row
    found = dict[str, Moved]()
    for of in ids:
        opened = open_before.get(of, False)
        if not (opened or of in was_open):
            continue
        old, new = before.get(of), after.get(of)
        if not open_after.get(of, False):
            change = RiskChange.CLOSED
        elif not opened:
            change = RiskChange.NEW
        else:
            change = compared(risks, _judged(old), _judged(new))
        reopened = change is RiskChange.NEW and of in open_before
        found[of] = Moved(change, reopened, old, new)
    return found


class Judged(NamedTuple):
    """What an assessment came to when it was made, by the matrix of that digest."""

    band: str
    score: int
    matrix: str


def compared(risks: Risks, old: Judged | None, new: Judged | None) -> RiskChange:
    """The change of a risk that is open at both times, by what was recorded.

    `risks` gives the order of the bands. Scores of two matrices are of two scales: within a band
    they are compared where the matrix is the same one.
    """
    if new is None:
        return RiskChange.NOT_ASSESSED
    if old is None:
        return RiskChange.ASSESSED
    if old.band == new.band:
        then, now = (old.score, new.score) if old.matrix == new.matrix else (0, 0)
    else:
        ranks = risks.rank_of(old.band), risks.rank_of(new.band)
        if ranks[0] is None or ranks[1] is None:
            return RiskChange.NOT_COMPARED
        then, now = ranks[0], ranks[1]
    if then == now:
        return RiskChange.SAME
    return RiskChange.WORSE if then < now else RiskChange.BETTER


def _judged(row: Row | None) -> Judged | None:
    return None if row is None else Judged(row["band"], row["score"], row["matrix"])


def _view(risks: Risks, pairs: Pairs, risk: RiskName, of: Moved) -> MovedRisk:
    return MovedRisk(
        risk=risk,
        change=of.change,
        reopened=of.reopened,
        before=_then(risks, pairs, of.before),
        after=_then(risks, pairs, of.after),
    )


def _then(risks: Risks, pairs: Pairs, row: Row | None) -> RiskThen | None:
    if row is None:
        return None
    found = pairs.get((row["likelihood"], row["impact"]))
    band = risks.bands.get(row["band"])
    return RiskThen(
        likelihood=row["likelihood"],
        impact=row["impact"],
        score=row["score"],
        band=row["band"],
        label=row["band"] if band is None else band.label,
        tolerated=row["tolerated"],
        assessed_at=row["assessed_at"],
        in_force=None if found is None else found.band,
    )


def _day(name: str, text: str) -> date:
    """A day. Raises Invalid."""
    try:
        if len(text) == len("2026-11-30"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Invalid(f"{text[:100]!r} is no day.", errors=[(name, "expected YYYY-MM-DD")])


def _first_of_last_month(today: date) -> date:
    first = today.replace(day=1)
    return first if first == date.min else (first - timedelta(days=1)).replace(day=1)


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return in_utc(datetime.combine(day, time.min, tzinfo=zone))


def _ends(day: date, zone: ZoneInfo) -> datetime:
    """When the next day begins."""
    if day == date.max:
        return LAST
    return _begins(day + timedelta(days=1), zone)
