"""Any commands on a review in any order: refused or recorded, and its promises hold."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import get_args
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from ledger.domain import review as r
from ledger.domain.catalogue import CODEC
from ledger.errors import Invalid, Refused
from projections.review_status import review_state
from projections.reviews import REVIEWS
from projections.values import time_text
from tests.golden.envelope import recorded
from tests.property.values import struct
from tests.unit.domain.story import POLICY

LAUNCHED_AT = datetime(2026, 3, 10, 8, tzinfo=UTC)
NEAR = st.datetimes(
    (LAUNCHED_AT - timedelta(days=3)).replace(tzinfo=None),
    (LAUNCHED_AT + timedelta(days=9)).replace(tzinfo=None),
    timezones=st.just(UTC),
)
DUES = st.none() | st.just(LAUNCHED_AT + timedelta(days=3))
TEXTS = st.sampled_from(["One", "Two", "Three"])
GIVEN: dict[type, dict[str, st.SearchStrategy[object]]] = {
    r.AssignReview: {"owner": st.sampled_from(["person/1", "person/2"])},
    r.ConcludeReview: {
        "findings": TEXTS,
        "actions": st.lists(TEXTS, max_size=2),
        "at": st.none() | NEAR,
    },
    r.AmendReview: {
        "findings": st.none() | TEXTS,
        "actions": st.none() | st.lists(TEXTS, max_size=2),
        "at": st.none() | NEAR,
    },
    r.NoteReview: {},
    r.MarkReviewOverdue: {"due": st.just(LAUNCHED_AT + timedelta(days=3)) | NEAR},
}
KINDS = [kind for kind in get_args(r.ReviewCommand) if kind is not r.LaunchReview]
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS).flatmap(lambda kind: struct(kind, **GIVEN[kind])), NEAR),
    max_size=20,
)


def launched(due: datetime | None) -> r.ReviewLaunched:
    return r.ReviewLaunched(
        at=LAUNCHED_AT,
        system="chat",
        month="2026-03",
        threshold=0,
        zone="UTC",
        action="Launch RCA review",
        leaf=40,
        count=1,
        incidents=(UUID(int=1),),
        due=due or UNSET,
    )


@settings(max_examples=200, deadline=None)
@given(DUES, STEPS)
def test_a_review_is_concluded_once_overdue_once_and_never_after_it_was_concluded(
    due: datetime | None, steps: list[tuple[r.ReviewCommand, datetime]]
) -> None:
    stream: list[r.ReviewEvent] = [launched(due)]
    now = LAUNCHED_AT
    for command, at in steps:
        now = max(now, at)
        state = reduce(r.evolve, stream, r.Review())
        try:
            events = r.decide(command, state, POLICY, now)
        except (Refused, Invalid):
            continue
        assert all(event.at <= now for event in events)
        stream += events
    kinds = [type(event) for event in stream]
    assert kinds.count(r.ReviewConcluded) <= 1
    assert kinds.count(r.ReviewOverdue) <= (due is not None)
    if r.ReviewConcluded in kinds:
        concluded = kinds.index(r.ReviewConcluded)
        assert not {r.ReviewOverdue, r.ReviewAssigned} & set(kinds[concluded:])
        assert r.ReviewAmended not in kinds[:concluded]
    else:
        assert r.ReviewAmended not in kinds


@settings(max_examples=200, deadline=None)
@given(DUES, STEPS)
def test_the_read_model_equals_the_state_and_every_event_is_read_back(
    due: datetime | None, steps: list[tuple[r.ReviewCommand, datetime]]
) -> None:
    state = r.evolve(r.Review(), launched(due))
    row = REVIEWS.evolve(None, recorded(launched(due)), ("a",))
    for command, now in steps:
        try:
            events = r.decide(command, state, POLICY, now)
        except (Refused, Invalid):
            continue
        for event in events:
            state = r.evolve(state, event)
            row = REVIEWS.evolve(row, recorded(event), ("a",))
            assert event == CODEC.decode(CODEC.encode(recorded(event)), 0).event
            assert r.describe(event)
            if isinstance(event, r.ReviewAmended):
                changed = (event.findings, event.actions, event.concluded_at)
                assert any(not isinstance(each, UnsetType) for each in changed)
    assert (state.owner, state.findings, list(state.actions)) == (
        row["owner"],
        row["findings"],
        row["actions"],
    )
    at = None if state.concluded_at is None else time_text(state.concluded_at)
    assert at == row["concluded_at"]
    assert state.overdue_marked == (row["overdue_recorded_at"] is not None)
    told = review_state(
        owner=row["owner"], due=row["due"], concluded_at=at, now=time_text(LAUNCHED_AT)
    )
    assert told == ("concluded" if at else "assigned" if state.owner else "open")
