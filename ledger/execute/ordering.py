"""The order in which a body's signals are decided: what it does must not depend on the order in it.

Alerts that fire already come first, then ends, then new firings, each by its start and key. So an
incident's impact goes on before somebody asks whether another alert belongs to it. A body that
names a key twice reports a sequence, and keeps its order.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from ledger.domain.alert import Signal, SignalStatus
from ledger.domain.catalogue import CODEC, KINDS
from ledger.domain.envelope import stream_id
from ledger.domain.identity import alert_id
from ledger.execute.state_cache import Loaded, StateCache
from ledger.store.mapper import EnvelopeMapper
from ledger.store.port import Store

STREAMS_PER_QUERY = 500


def in_order(
    signals: tuple[Signal, ...], at: datetime, is_firing: Callable[[Signal], bool]
) -> tuple[Signal, ...]:
    """A body's signals that arrived `at`; `is_firing` tells whether an alert fires already."""
    if len(signals) < 2 or len({signal.dedup_key for signal in signals}) < len(signals):
        return signals

    def place(signal: Signal) -> tuple[int, datetime, str]:
        ends = signal.status is SignalStatus.RESOLVED
        rank = 1 if ends else 0 if is_firing(signal) else 2
        return rank, signal.starts_at or at, signal.dedup_key

    return tuple(sorted(signals, key=place))


def in_order_of_store(
    store: Store, signals: tuple[Signal, ...], at: datetime
) -> tuple[Signal, ...]:
    """The same by the states that a store has now, for a body that is appended in chunks.

    Blocking; so many streams at a time are read and let go of again. Raises Unavailable,
    UnknownEvent.
    """
    firing: set[str] = set()
    streams = [
        stream_id("alert", alert_id(signal.source, signal.dedup_key))
        for signal in signals
        if signal.status is not SignalStatus.RESOLVED
    ]
    cache = StateCache(EnvelopeMapper(CODEC), 0)
    for first in range(0, len(streams), STREAMS_PER_QUERY):
        wanted = dict.fromkeys(streams[first : first + STREAMS_PER_QUERY], 0)
        firing |= {
            stream
            for stream, entries in store.load(wanted).items()
            if entries
            and cache.folded(stream, Loaded(KINDS["alert"].initial), entries).state.firing
        }

    def is_firing(signal: Signal) -> bool:
        return stream_id("alert", alert_id(signal.source, signal.dedup_key)) in firing

    return in_order(signals, at, is_firing)


def slices(signals: Sequence[Signal], size: int) -> list[tuple[Signal, ...]]:
    """Runs of at most `size` signals; one that is empty where there are none."""
    starts = range(0, max(1, len(signals)), size)
    return [tuple(signals[start : start + size]) for start in starts]
