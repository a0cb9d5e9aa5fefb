"""Loads what a batch may read in few queries, before its requests are decided."""

from collections.abc import Sequence

from ledger.domain.alert import Signal
from ledger.domain.envelope import stream_id
from ledger.domain.system.names import NAMES_STREAM
from ledger.errors import LedgerError, Unavailable
from ledger.execute import requests as q
from ledger.execute.context import Context
from ledger.execute.handlers import handler_of
from ledger.execute.signal_routes import SignalRoutes
from ledger.execute.signals import signal_id
from ledger.execute.unit_of_work import POLICY_STREAM, Work


def prefetch(asked: Sequence[tuple[q.Request, Context]], work: Work) -> None:
    """Loads states, positions, consumed ids and last-seen times. Raises Unavailable, nothing else.

    Any other error is raised again when the request that it belongs to is decided.
    """
    handled = [(handler_of(request), request) for request, _ in asked]
    try:
        work.states.catch_up()
        work.positions.look_up([context.moved.follower for _, context in asked if context.moved])
        streams = (stream for of, request in handled for stream in of.streams(request))
        work.states.prefetch((POLICY_STREAM, NAMES_STREAM, *streams))
        signals = [
            signal
            for of, request in handled
            for body in of.bodies(request)
            for signal in body.signals
        ]
        if signals:
            _prefetch_signals(signals, work)
    except Unavailable:
        raise
    except LedgerError:
        return


def _prefetch_signals(signals: Sequence[Signal], work: Work) -> None:
    of_batch = work.part(SignalRoutes)
    routes = [of_batch.of(signal) for signal in signals]
    work.states.prefetch(
        stream for each in routes for stream in (each.alert_stream, each.group_stream)
    )
    incidents = {work.states.loaded(each.alert_stream).state.incident for each in routes}
    incidents |= {work.states.loaded(each.group_stream).state.newest for each in routes}
    work.states.prefetch(stream_id("incident", incident) for incident in incidents if incident)
    # An alert without events was never seen.
    known = (each for each in routes if work.states.loaded(each.alert_stream).version)
    work.last_seen.look_up(each.place.alert for each in known)
    work.claims.look_up([signal_id(s) for s in signals if s.own_id is not None])
