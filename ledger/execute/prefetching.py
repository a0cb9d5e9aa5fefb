"""What a batch may touch is loaded together, in few queries, before its requests are decided."""

from collections.abc import Iterable, Iterator, Sequence

from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.envelope import stream_id
from ledger.domain.identity import access_of, alert_of
from ledger.domain.signals import group_for
from ledger.errors import LedgerError, Unavailable
from ledger.execute import requests as q
from ledger.execute.work import POLICY_STREAM, Work


def prefetch(requests: Sequence[q.Request], work: Work) -> None:
    """Loads states, ids taken and last-heard times. Raises Unavailable, and nothing else.

    What else is wrong is told to the request that it belongs to, in its own turn.
    """
    try:
        work.prefetch([POLICY_STREAM, *_streams(requests)])
        signals = [
            signal
            for request in requests
            if isinstance(request, q.TakeSignals)
            for signal in request.signals
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
            case _:
                pass


def _prefetch_signals(signals: Sequence[Signal], work: Work) -> None:
    policy = work.policy()
    firing = [s.status is SignalStatus.FIRING for s in signals]
    alerts = [alert_of(signal.source, signal.dedup_key) for signal in signals]
    groups = [stream_id("alert_group", group_for(signal, policy)) for signal in signals]
    streams = [stream_id("alert", alert) for alert in alerts]
    work.prefetch([*streams, *groups])
    incidents = {work.loaded(stream).state.incident for stream in streams}
    incidents |= {work.loaded(stream).state.newest for stream in groups}
    work.prefetch(stream_id("incident", incident) for incident in incidents if incident)
    work.look_up_heard(alert for alert, fires in zip(alerts, firing, strict=True) if fires)
    work.look_up_ids([signal_id(s) for s in signals if s.own_id is not None])


def signal_id(signal: Signal) -> tuple[str, str]:
    """The scope and name under which a signal's own id is taken."""
    return f"signal/{signal.source}", signal.own_id or ""
