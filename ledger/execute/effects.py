"""Whether an improvement keeps something from happening again, as the clock finds it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ledger.domain.alert_group import GroupOpenedIncident
from ledger.domain.envelope import stream_id
from ledger.domain.identity import source_id
from ledger.domain.improvement import IMPROVEMENT_CHECK, Improvement, checking
from ledger.domain.improvement.recurrence import Watched
from ledger.domain.incident.events import IncidentDetected
from ledger.domain.source import silent_for
from ledger.execute.context import Context
from ledger.execute.unit_of_work import Work
from ledger.store.decoding import events_in

_SOURCE = "source/"


def check_effect(improvement: UUID, context: Context, work: Work) -> datetime | None:
    """Whether something recurred, of one that is to keep it from that: by what its group opened."""
    stream = stream_id("improvement", improvement)
    state: Improvement = work.states.loaded(stream).state
    if state.done_at is not None and state.check_by is not None:
        watched, opened = Watched(state.done_at, state.check_by), _opened(state, work)
        incidents = tuple(each.incident for each in opened if watched.has(each.at))
        silent = _silent(watched, opened, work)
        for event in checking.by_clock(state, incidents, silent, context.at):
            work.record(stream, event, context)
    after_it: Improvement = work.states.loaded(stream).state
    return IMPROVEMENT_CHECK.next_at(after_it)


def _opened(state: Improvement, work: Work) -> tuple[GroupOpenedIncident, ...]:
    """Every incident that the group of an improvement opened."""
    group = state.criterion.group if state.criterion else None
    events = _events_of(stream_id("alert_group", group), work) if group else ()
    return tuple(each for each in events if isinstance(each, GroupOpenedIncident))


def _silent(watched: Watched, opened: Sequence[GroupOpenedIncident], work: Work) -> timedelta:
    """For how long of that time the source of the group's alerts was not heard."""
    if not opened:
        return timedelta()
    detected = _events_of(stream_id("incident", opened[0].incident), work)
    named = next((each.source for each in detected if isinstance(each, IncidentDetected)), "")
    if not named.startswith(_SOURCE):
        return timedelta()
    events = _events_of(stream_id("source", source_id(named.removeprefix(_SOURCE))), work)
    return silent_for(events, *watched)


def _events_of(stream: str, work: Work) -> tuple[Any, ...]:
    """The events of a stream, which holds as they were read."""
    work.require_unchanged((stream,))
    work.states.loaded(stream)  # before its events: one that is appended in between is a conflict
    return tuple(events_in(work.store.load({stream: 0})[stream]))
