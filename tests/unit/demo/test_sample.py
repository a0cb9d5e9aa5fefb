"""The shipped sample has its times in place on whatever day it is loaded."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from consumers.demo.sample import (
    HERE,
    REGISTER_BEGINS,
    Command,
    Delivery,
    InPerson,
    Pause,
    Sample,
    read_sample,
)
from consumers.intake.formats.registry import FORMATS
from ledger.policy import parse_guards, shipped
from ledger.vocabulary import Scope, SourceKind

DAYS = [
    datetime(2027, 3, 1, tzinfo=UTC),
    datetime(2027, 3, 1, 0, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 11, 23, 4, 17, 53, 854_000, tzinfo=UTC),
    datetime(2026, 12, 31, 12, tzinfo=UTC),
    datetime(2027, 1, 1, tzinfo=UTC),
]
GO_NO_TIME = "0001-01-01T00:00:00Z"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture(params=DAYS, ids=str)
def loaded_at(request: pytest.FixtureRequest) -> datetime:
    moment: datetime = request.param
    return moment


@pytest.fixture
def sample(loaded_at: datetime) -> Sample:
    return read_sample(loaded_at)


def texts(value: Any) -> list[str]:
    match value:
        case dict():
            return [text for each in value.values() for text in texts(each)]
        case list():
            return [text for each in value for text in texts(each)]
        case str():
            return [value]
        case _:
            return []


def month_before(moment: datetime) -> str:
    return (moment.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def test_it_is_played_in_order_and_ends_before_it_is_loaded(
    sample: Sample, loaded_at: datetime
) -> None:
    moments = [sample.begins, *(step.at for step in sample.steps), loaded_at]
    assert moments == sorted(moments)
    month = datetime.fromisoformat(f"{month_before(loaded_at)}-01T08:00:00+00:00")
    assert month - REGISTER_BEGINS == sample.begins


def test_nothing_speaks_of_its_future(sample: Sample) -> None:
    for step in sample.steps:
        if isinstance(step.line, Delivery | Command):
            said = [text for text in texts(step.line.body) if text != GO_NO_TIME]
            assert [] == [text for text in said if text.startswith("@") and ":" in text]
            for text in said:
                if TIME.fullmatch(text):
                    assert datetime.fromisoformat(text) <= step.at + timedelta(milliseconds=1)


def test_the_support_assistant_is_over_the_threshold_in_the_month_before(
    sample: Sample, loaded_at: datetime
) -> None:
    opened = [
        step.at.strftime("%Y-%m")
        for step in sample.steps
        if isinstance(step.line, Delivery)
        and step.line.opens
        in {
            *("harmful advice", "support outage", "full name in an answer"),
            *("harmful once more", "wrong refund rules"),
        }
    ]
    assert [month_before(loaded_at)] * 5 == opened


def test_every_kind_of_source_of_alerts_and_every_person_is_in_it() -> None:
    sample = read_sample(DAYS[0])
    alerting = {kind for kind in SourceKind if FORMATS[kind].webhook is None}
    assert alerting == {source.kind for source in sample.sources}
    sending = {step.line.source for step in sample.steps if isinstance(step.line, Delivery)}
    assert {source.name for source in sample.sources} == sending
    commanding = {
        step.line.who for step in sample.steps if not isinstance(step.line, Delivery | Pause)
    }
    assert {person.name for person in sample.people} == commanding
    in_person = {step.line.who for step in sample.steps if isinstance(step.line, InPerson)}
    only_read = {person.name for person in sample.people if person.scope is Scope.READ}
    assert only_read < in_person


def test_every_person_has_a_role_and_every_role_of_the_policy_somebody() -> None:
    people = read_sample(DAYS[0]).people
    assert [] == [person.name for person in people if not person.roles]
    held = {role for person in people for role in person.roles}
    assert set(parse_guards(shipped()).role_labels) == held


def test_times_are_spread_so_that_nothing_meets_by_accident() -> None:
    sample = read_sample(DAYS[3])
    apart = [after.at - before.at for before, after in pairwise(sample.steps)]
    assert timedelta(days=7) > max(apart)
    assert timedelta(0) <= min(apart)


def test_it_stays_small() -> None:
    files = [HERE / name for name in ("participants.jsonl", "scenarios.jsonl")]
    assert 300_000 > sum(Path(file).stat().st_size for file in files)
