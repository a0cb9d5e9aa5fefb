"""What a batch may touch is loaded together, in few queries, before its requests are decided."""

from collections.abc import Iterable, Iterator, Sequence

from ledger.domain.alert import Signal
from ledger.domain.envelope import stream_id
from ledger.domain.identity import access_of, review_of
from ledger.errors import LedgerError, Unavailable
from ledger.execute import requests as q
from ledger.execute.context import Context
from ledger.execute.work import POLICY_STREAM, Work


def prefetch(asked: Sequence[tuple[q.Request, Context]], work: Work) -> None:
    """Loads states, positions, ids taken and last-heard times. Raises Unavailable, nothing else.

    What else is wrong is told to the request that it belongs to, in its own turn.
    """
    requests = [request for request, _ in asked]
    try:
        work.follow()
        work.look_up_positions([context.moved.follower for _, context in asked if context.moved])
        work.prefetch([POLICY_STREAM, *_streams(requests)])
        signals = [
            signal
            for request in requests
            for body in q.bodies_in(request)
            for signal in body.signals
        ]
        if signals:
            _prefetch_signals(signals, work)
    except Unavailable:
        raise
    except LedgerError:
        return


def _streams(requests: Iterable[q.Request]) -> Iterator[str]:
    for request in requests:
        match request:
            case q.ReportIncident() | q.CommandIncident():
                yield stream_id("incident", request.incident)
            case q.MergeIncidents():
                yield stream_id("incident", request.incident)
                yield stream_id("incident", request.into)
            case q.GrantAccess(grant=of) | q.RevokeAccess(revoke=of):
                yield stream_id("access", access_of(of.holder_kind, of.holder_name))
            case q.FollowLog(launches=launches):
                for launch in launches:
                    review = review_of(launch.command.system, launch.command.month)
                    yield stream_id("review", review)
            case q.LookAt(watched=watched):
                yield stream_id("incident" if watched.kind == "rca" else "alert", watched.subject)
            case _:
                pass


def _prefetch_signals(signals: Sequence[Signal], work: Work) -> None:
    named = [work.named(signal) for signal in signals]
    work.prefetch(stream for each in named for stream in (each.alert_stream, each.group_stream))
    incidents = {work.loaded(each.alert_stream).state.incident for each in named}
    incidents |= {work.loaded(each.group_stream).state.newest for each in named}
    work.prefetch(stream_id("incident", incident) for incident in incidents if incident)
    # One that has no event was never heard of.
    known = (each for each in named if work.loaded(each.alert_stream).version)
    work.look_up_heard(each.place.alert for each in known)
    work.look_up_ids([signal_id(s) for s in signals if s.own_id is not None])


def signal_id(signal: Signal) -> tuple[str, str]:
    """The scope and name under which a signal's own id is taken."""
    return f"signal/{signal.source}", signal.own_id or ""
