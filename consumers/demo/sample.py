"""The shipped sample: who is in it, and its stories, each a few lines with a time of its own.

The sample's README says what its lines hold.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from ledger.vocabulary import Scope, SourceKind

HERE = Path(__file__).parent / "scenarios"
REGISTER_BEGINS = timedelta(days=5)
"""So long before the month the play begins with the risk register: so the month has movement."""
LAST_FIXED_DAY = 27
"""Of the month before: what is placed between the months begins with it, in February as well."""
FRESH = timedelta(hours=48)
"""So long before the moment of loading, what is placed between the months ends to begin."""
QUARTER_BEFORE = "@quarter before"
"""A text that stands for a moment of the calendar quarter before the story's beginning."""
T = TypeVar("T")

_IN_MONTH = re.compile(r"last month, day ([0-9]{2}), ([0-9]{2}):([0-9]{2})")
_AHEAD = re.compile(r"([0-9]{2}) days before last month, ([0-9]{2}):([0-9]{2})")
_BETWEEN = re.compile(r"between, (0\.[0-9]+)")
_BEFORE = re.compile(r"([0-9]{2}):([0-9]{2}) before loading")
_DAYS = re.compile(r"@([0-9]{1,3}) days")
_SPAN = re.compile(r"(-?)([0-9]{2}):([0-9]{2}):([0-9]{2}(?:\.[0-9]{3})?)")


class Source(msgspec.Struct, frozen=True, tag="source", tag_field="is"):
    """A publisher, with the kind and scope of its token, and the roles that it acts in."""

    name: str
    kind: SourceKind
    scope: Scope
    roles: tuple[str, ...] = ()


class Person(msgspec.Struct, frozen=True, tag="person", tag_field="is"):
    """Somebody who commands or reads, with the scope of their token and the roles they act in."""

    name: str
    scope: Scope
    roles: tuple[str, ...] = ()


class Story(msgspec.Struct, frozen=True, tag="story", tag_field="is"):
    """Begins a story: the lines up to the next one are its own."""

    name: str
    begins: str


class Delivery(msgspec.Struct, frozen=True, tag="signal", tag_field="is"):
    """A body of a source. `opens` names the incident that is new after it."""

    after: str
    source: str
    body: Any
    opens: str | None = None


class Command(msgspec.Struct, frozen=True, tag="command", tag_field="is"):
    """What somebody does with an incident, by the last part of the command's route."""

    after: str
    who: str
    command: str
    incident: str
    body: dict[str, Any] = {}


class _OfSystem(msgspec.Struct, frozen=True):
    after: str
    who: str
    command: str
    system: str
    body: dict[str, Any] = {}


class ReviewWork(_OfSystem, frozen=True, tag="review", tag_field="is"):
    """What somebody does with the review of a system and the month before that of loading."""


class SystemWork(_OfSystem, frozen=True, tag="system", tag_field="is"):
    """What somebody does with an AI system: registers it, or another command of it."""


class MeasureWork(msgspec.Struct, frozen=True, tag="measurement", tag_field="is"):
    """What somebody measured of an AI system. `opens` names the incident that it opens."""

    after: str
    who: str
    body: Any
    opens: str | None = None


class Filing(msgspec.Struct, frozen=True, tag="evidence", tag_field="is"):
    """Somebody files evidence about an AI system, or the organisation: Markdown, or a digest alone.

    Other lines name it by what it is `called`.
    """

    after: str
    who: str
    system: str | None = None
    body: dict[str, Any] = {}
    content: str | None = None
    called: str | None = None


class InPerson(msgspec.Struct, frozen=True, tag="in person", tag_field="is"):
    """What somebody does in a session of their own with a stream of a kind, named by `of`.

    Empty, it is a command that opens one.
    """

    after: str
    who: str
    kind: str
    of: str
    command: str
    body: dict[str, Any] = {}


class Generating(msgspec.Struct, frozen=True, tag="generated", tag_field="is"):
    """Somebody files what `airledger evidence generate` makes of the log.

    The risk report is that of the month before the line's own.
    """

    after: str
    who: str
    report: Literal["raci", "risk-report"]
    body: dict[str, Any] = {}
    called: str | None = None


class NewPolicy(msgspec.Struct, frozen=True, tag="policy", tag_field="is"):
    """Somebody adopts the policy in force, with other texts in the first place of some of its."""

    after: str
    who: str
    changes: tuple[tuple[str, str], ...]
    reason: str

    def changed(self, policy: str) -> str:
        """The text of the policy after it. Raises ValueError for a text that is not in it."""
        for before, after in self.changes:
            if before not in policy:
                raise ValueError(f"The policy has no {before!r}.")
            policy = policy.replace(before, after, 1)
        return policy


class Pause(msgspec.Struct, frozen=True, tag="pause", tag_field="is"):
    """The ledger takes nothing for a while, as if it were not running."""

    after: str
    lasts: str

    @property
    def length(self) -> timedelta:
        """For how long."""
        return _span(self.lasts)


class Dismissal(msgspec.Struct, frozen=True, tag="dismissal", tag_field="is"):
    """Somebody closes the newest entry that this source has in quarantine."""

    after: str
    who: str
    source: str
    reason: str


Line = (
    Delivery
    | Command
    | ReviewWork
    | SystemWork
    | MeasureWork
    | Filing
    | InPerson
    | Generating
    | NewPolicy
    | Pause
    | Dismissal
)


class Step(msgspec.Struct, frozen=True):
    """A line with the moment at which it is played, and its texts with times in place."""

    at: datetime
    line: Line


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Everything to play, in order of time. `begins` is before all of it."""

    begins: datetime
    sources: tuple[Source, ...]
    people: tuple[Person, ...]
    stories: int
    steps: tuple[Step, ...]


def read_sample(loaded_at: datetime) -> Sample:
    """The sample with every time in place: none is after `loaded_at`."""
    participants = list(_lines("participants.jsonl", Source | Person))
    month = _month_before(loaded_at)
    steps: list[Step] = []
    stories, begins = 0, month
    for line in _lines("scenarios.jsonl", Story | Line):
        if isinstance(line, Story):
            begins = _beginning(line.begins, loaded_at)
            stories += 1
        else:
            steps.append(_step(line, begins))
    return Sample(
        begins=month - REGISTER_BEGINS + timedelta(hours=8),
        sources=tuple(each for each in participants if isinstance(each, Source)),
        people=tuple(each for each in participants if isinstance(each, Person)),
        stories=stories,
        steps=tuple(sorted(steps, key=lambda step: step.at)),
    )


def _lines(name: str, kind: Any) -> Iterator[Any]:
    for line in (HERE / name).read_bytes().splitlines():
        yield msgspec.json.decode(line, type=kind)


def _month_before(moment: datetime) -> datetime:
    """The first instant of the calendar month before that of `moment`, in UTC."""
    first = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=1)


def _beginning(text: str, loaded_at: datetime) -> datetime:
    month = _month_before(loaded_at)
    if found := _IN_MONTH.fullmatch(text):
        day, hour, minute = map(int, found.groups())
        return month + timedelta(days=day - 1, hours=hour, minutes=minute)
    if found := _AHEAD.fullmatch(text):
        days, hours, minutes = map(int, found.groups())
        return month - timedelta(days=days) + timedelta(hours=hours, minutes=minutes)
    if found := _BETWEEN.fullmatch(text):
        first = month + timedelta(days=LAST_FIXED_DAY - 1)
        return first + float(found[1]) * (loaded_at - FRESH - first)
    if found := _BEFORE.fullmatch(text):
        return loaded_at - timedelta(hours=int(found[1]), minutes=int(found[2]))
    raise ValueError(f"The sample has no time {text!r}.")


def _step(line: Line, begins: datetime) -> Step:
    at = begins + _span(line.after)
    if isinstance(line, Delivery | Command | MeasureWork | Filing | InPerson | Generating):
        line = msgspec.structs.replace(line, body=_timed(line.body, begins))
    return Step(at=at, line=line)


def _quarter_before(moment: datetime) -> datetime:
    """A moment within the calendar quarter before that of `moment`, in UTC."""
    first = moment.replace(month=moment.month - (moment.month - 1) % 3, day=1)
    return first - timedelta(days=40)


def _span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"The sample has no span {text!r}.")
    span = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=float(found[4]))
    return -span if found[1] else span


def _timed(value: Any, begins: datetime) -> Any:
    """The value with `@<span>` or `@<n> days` made the time so long after the beginning."""
    match value:
        case dict():
            return {name: _timed(each, begins) for name, each in value.items()}
        case list():
            return [_timed(each, begins) for each in value]
        case str() if value == QUARTER_BEFORE:
            return _quarter_before(begins).isoformat()
        case str() if value.startswith("@") and _SPAN.fullmatch(value[1:]):
            return _time(begins + _span(value[1:]))
        case str() if found := _DAYS.fullmatch(value):
            return _time(begins + timedelta(days=int(found[1])))
        case _:
            return value


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
