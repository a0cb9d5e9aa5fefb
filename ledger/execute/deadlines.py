"""Checks of deadlines whose time has come: records what is due, and when to check again."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from ledger.domain.access import Access, HolderKind
from ledger.domain.alert import Alert
from ledger.domain.catalogue import KINDS
from ledger.domain.deadline_type import DeadlineType
from ledger.domain.deadlines import BY_NAME
from ledger.domain.envelope import stream_id
from ledger.domain.identity import access_id
from ledger.domain.improvement import IMPROVEMENT_CHECK
from ledger.domain.release import A_DAY, CONFORMITY, Release
from ledger.domain.release.conforming import conformity
from ledger.domain.release.facts import facts_of, related
from ledger.domain.staleness import STALENESS, mark_stale
from ledger.execute import requests as q
from ledger.execute.commands import states_required
from ledger.execute.context import Context, Outcome
from ledger.execute.effects import check_effect
from ledger.execute.signal_routes import follow_merges
from ledger.execute.unit_of_work import Work
from ledger.policy.times import after
from ledger.store.side_records import DeadlineChecked
from ledger.vocabulary import SourceKind


def check_deadline(request: q.CheckDeadline, context: Context, work: Work) -> Outcome:
    """Checks a deadline: records what is due, and writes when the clock checks it again."""
    deadline, before = request.deadline, len(work.events)
    of = BY_NAME[deadline.kind]
    check = CHECKS.get(deadline.kind)
    if check is None:
        again = _check(of, deadline.subject, context, work)
    else:
        again = check(deadline.subject, context, work)
    work.side_writes.append(
        DeadlineChecked(kind=deadline.kind, subject=deadline.subject, at=deadline.at, again=again)
    )
    return Outcome(events=len(work.events) - before)


def streams_of(request: q.CheckDeadline) -> tuple[str, ...]:
    """The stream that has the deadline."""
    return (stream_id(BY_NAME[request.deadline.kind].kind, request.deadline.subject),)


def _check(deadline: DeadlineType, subject: UUID, context: Context, work: Work) -> datetime | None:
    """Decides the deadline's commands, each by the state that those before it led to."""
    kind = KINDS[deadline.kind]
    if deadline.commands is None:
        raise ValueError(f"the deadline {deadline.name} has no check")
    stream = kind.stream(subject)
    for command in deadline.commands(work.states.loaded(stream).state):
        state = work.states.loaded(stream).state
        for event in kind.decided(command, state, work.policy(), context.at):
            work.record(stream, event, context)
    return deadline.next_at(work.states.loaded(stream).state)


def _check_staleness(alert: UUID, context: Context, work: Work) -> datetime | None:
    """Marks an open episode stale; returns when to check it again, None for never.

    The clock checks alerts when the shortest `stale_after` of the policy has passed. An alert with
    a longer one gets a deadline that is later by the difference.
    """
    state: Alert = work.states.loaded(stream_id("alert", alert)).state
    if not state.firing or state.stale or state.last_arrived_at is None:
        return None
    alerts = work.policy().alerts
    stale_after = alerts.stale_after_of(state.source, state.kind or _kind_of(state.source, work))
    if stale_after is None:
        return None
    last_seen_at = max(work.last_seen.of(alert) or state.last_arrived_at, state.last_arrived_at)
    changes = mark_stale(
        alert,
        state,
        follow_merges(state.incident, work),
        last_heard_at=last_seen_at,
        stale_after=stale_after,
        now=context.at,
    )
    work.record_all(changes, context)
    return None if changes else after(last_seen_at, stale_after - alerts.shortest_stale_after)


def _kind_of(source: str, work: Work) -> SourceKind | None:
    """The format of an episode whose events do not name it: that of the source's newest token."""
    access: Access = work.states.loaded(
        stream_id("access", access_id(HolderKind.SOURCE, source))
    ).state
    return access.source_kind


def _check_conformity(release: UUID, context: Context, work: Work) -> datetime | None:
    """Judges a release that runs, each day; returns when to judge it again, None for never."""
    stream = stream_id("release", release)
    state: Release = work.states.loaded(stream).state
    if state.deployed is None:
        return None
    states = states_required((stream,), lambda states: related(stream, states), work)
    for event in conformity(facts_of(stream, states, work.policy(), context.at)):
        work.record(stream, event, context)
    return after(context.at, A_DAY)


CHECKS: Mapping[str, Callable[[UUID, Context, Work], datetime | None]] = {
    STALENESS.name: _check_staleness,
    CONFORMITY.name: _check_conformity,
    IMPROVEMENT_CHECK.name: check_effect,
}
"""Checks that need more than their stream's state, by the deadline's name."""
