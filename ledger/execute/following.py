"""What the followers of the log ask: reviews that the log crossed into, and what the clock finds.

Positions, what a follower keeps and the events that it causes are one transaction, so that any
number of followers of a kind have one effect, and each may die anywhere.
"""

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from ledger.domain import review as review_domain
from ledger.domain.access import Access, HolderKind
from ledger.domain.alert import Alert
from ledger.domain.envelope import stream_id
from ledger.domain.identity import access_of, review_of
from ledger.domain.incident import decide, next_mark
from ledger.domain.incident.commands import MarkRcaAtRisk, MarkRcaOverdue
from ledger.domain.staleness import mark_stale
from ledger.errors import StaleVersion
from ledger.execute import requests as q
from ledger.execute.context import Context, Outcome
from ledger.execute.work import Work
from ledger.policy.times import after
from ledger.store.records import Looked, Moved, Watched
from ledger.vocabulary import SourceKind


def follow_log(request: q.FollowLog, context: Context, work: Work) -> Outcome:
    """Moves a follower on, with all that it read. Raises StaleVersion where another was first."""
    require_at(request.moved, work)
    before = len(work.events)
    for launch in request.launches:
        _launch(launch, context, work)
    work.notes.extend((request.moved, *request.kept))
    return Outcome(events=len(work.events) - before)


def require_at(moved: Moved, work: Work) -> None:
    """Raises StaleVersion where another moved the position first, or does in this very batch."""
    at = work.position(moved.follower)
    if at == moved.old and work.claim("moved", moved.follower):
        return
    raise StaleVersion(
        f"The follower {moved.follower} is at {at}, not {moved.old}, or somebody moves it now.",
        remedy="Read on from where it is.",
    )


def _launch(launch: q.Launch, context: Context, work: Work) -> None:
    command = launch.command
    stream = stream_id("review", review_of(command.system, command.month))
    for event in review_domain.decide(command, work.loaded(stream).state):
        work.record(
            stream,
            event,
            replace(context, correlation=launch.correlation),
            launch.causation,
            launch.policy_digest,
        )


def look_at(watched: Watched, context: Context, work: Work) -> Outcome:
    """Records what is due of something watched, and keeps when to look again."""
    before = len(work.events)
    match watched.kind:
        case "rca":
            again = _look_at_rca(watched.subject, context, work)
        case "alert":
            again = _look_at_alert(watched.subject, context, work)
    work.notes.append(
        Looked(kind=watched.kind, subject=watched.subject, at=watched.at, again=again)
    )
    return Outcome(events=len(work.events) - before)


def _look_at_rca(incident: UUID, context: Context, work: Work) -> datetime | None:
    stream = stream_id("incident", incident)
    due = work.incident(incident).rca_due
    if due is None:
        return None
    for mark in (MarkRcaAtRisk(due=due), MarkRcaOverdue(due=due)):
        for event in decide(mark, work.incident(incident), work.policy(), context.at):
            work.record(stream, event, context)
    return next_mark(work.incident(incident))


def _look_at_alert(alert: UUID, context: Context, work: Work) -> datetime | None:
    """An open episode is looked at again when it would be stale, if nobody heard of it by then.

    The clock looks at what is watched when the shortest `stale_after` of all is over; so one that
    has more time is watched as if it had been heard of that much later.
    """
    state: Alert = work.loaded(stream_id("alert", alert)).state
    if not state.firing or state.stale or state.last_arrived_at is None:
        return None
    alerts = work.policy().alerts
    stale_after = alerts.stale_after_of(state.source, state.kind or _kind_of(state.source, work))
    if stale_after is None:
        return None
    last_heard_at = max(work.last_heard(alert) or state.last_arrived_at, state.last_arrived_at)
    changes = mark_stale(
        alert,
        state,
        work.following_merges(state.incident),
        last_heard_at=last_heard_at,
        stale_after=stale_after,
        now=context.at,
    )
    work.record_all(changes, context)
    return None if changes else after(last_heard_at, stale_after - alerts.shortest_stale_after)


def _kind_of(source: str, work: Work) -> SourceKind | None:
    """The format of an episode of before events told it: that of the source's newest token."""
    access: Access = work.loaded(stream_id("access", access_of(HolderKind.SOURCE, source))).state
    return access.source_kind
