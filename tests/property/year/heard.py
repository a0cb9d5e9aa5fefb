"""What was heard: every body with its arrival, whatever the log says of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.domain import identity
from ledger.domain.alert import Signal


class Body(NamedTuple):
    """A body that arrived: its signals, in its order, and how long the log was before and after."""

    signals: tuple[Signal, ...]
    at: datetime
    before: int
    after: int


Heard = Sequence[Body]


def alert_id(signal: Signal) -> str:
    """The id of the stream of a signal's alert."""
    return str(identity.alert_id(signal.source, signal.dedup_key))


def times_of(heard: Heard, alert: str, size: int) -> Iterator[datetime]:
    """When an alert was said to fire or to be seen, in bodies taken while the log had that size."""
    for body in heard:
        if body.after <= size:
            for signal in body.signals:
                if alert_id(signal) == alert and signal.status.value != "resolved":
                    yield body.at
