"""What readers are to be asked by the policy, and when: pure.

Intervals are aligned: they end at whole multiples of their length since 1970, in UTC.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ledger.policy import Policy

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_PLACEHOLDER = re.compile(r"\$(interval|system)\b")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
SETTLED_AFTER = timedelta(seconds=15)
"""An interval is asked for so long after its end: the last scrape in it has arrived by then."""


class Question(NamedTuple):
    """An objective's value for a system, asked of a reader for each interval of so many `seconds`.

    `query` and `n_query` have values in place of `$interval` and `$system`.
    """

    reader: str
    objective: str
    system: str
    metric: str
    unit: str
    query: str
    n_query: str | None
    seconds: int

    @property
    def position(self) -> str:
        """The name of the position that says until when it was asked, in seconds since 1970."""
        return f"reader/{self.objective}/{self.system}"


class Due(NamedTuple):
    """The ends of intervals to ask for, oldest first, and the time before that is skipped.

    Ends are in seconds since 1970. `skipped` is None where nothing is.
    """

    ends: range
    skipped: tuple[int, int] | None = None


def questions_of(policy: Policy) -> Iterator[Question]:
    """Every question of a policy, in its order."""
    for name, objective in policy.slos.items():
        asked = objective.prometheus
        if asked is None:
            continue
        seconds = int(asked.interval.total_seconds())
        measured = policy.measuring.metrics.get(policy.measuring.name_of(objective.metric))
        for system in asked.systems:
            yield Question(
                reader=asked.reader,
                objective=name,
                system=system,
                metric=objective.metric,
                unit=objective.unit if measured is None else measured.unit,
                query=_filled(asked.query, seconds, system),
                n_query=None if asked.n_query is None else _filled(asked.n_query, seconds, system),
                seconds=seconds,
            )


def _filled(query: str, seconds: int, system: str) -> str:
    """`$system` stands between double quotes in PromQL, so it is escaped for them."""
    values = {"interval": f"{seconds}s", "system": system.translate(_ESCAPES)}
    return _PLACEHOLDER.sub(lambda found: values[found[1]], query)


def due(question: Question, position: int, now: datetime, catch_up: timedelta) -> Due:
    """What is to be asked now, if the question was asked until `position`.

    One that never was begins with the interval that ended last. Intervals that ended longer than
    `catch_up` ago are skipped.
    """
    length = question.seconds
    last = last_end(question, now - SETTLED_AFTER)
    if position == 0:
        return Due(range(last, last + 1))
    first = (position // length + 1) * length
    earliest = -(-seconds_of(now - catch_up) // length) * length
    earliest = min(earliest, last)  # the interval that ended last is always asked for
    if first >= earliest:
        return Due(range(first, last + 1, length))
    return Due(range(earliest, last + 1, length), (position, earliest - length))


def last_end(question: Question, at: datetime) -> int:
    """The end of the last interval that is over at a time."""
    return seconds_of(at) // question.seconds * question.seconds


def seconds_of(at: datetime) -> int:
    """A time in seconds since 1970, rounded down."""
    return (at - _FIRST) // timedelta(seconds=1)


def time_of(seconds: int) -> datetime:
    """The time of so many seconds since 1970."""
    return _FIRST + timedelta(seconds=seconds)
