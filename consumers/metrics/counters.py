"""What is counted where it happens, and what the operating system says of this process."""

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

PROCESS = CollectorRegistry()
"""Of every process."""
ProcessCollector(registry=PROCESS)
PlatformCollector(registry=PROCESS)
CONNECTIONS = Gauge(
    "airledger_http_connections",
    "Connections that the HTTP server holds.",
    registry=PROCESS,
)

COUNTED = CollectorRegistry()
"""Of those that append."""

SIGNALS = Counter(
    "airledger_signals",
    "Signals and commands of sources, by what they came to.",
    ["source", "outcome"],
    registry=COUNTED,
)
CONTENT_CHANGED = Counter(
    "airledger_evidence_content_changed",
    "Reads of the content of evidence that found another content than was filed.",
    registry=COUNTED,
)
READER_ASKED = Counter(
    "airledger_reader_asked",
    "Intervals that a reader was asked for, by what that came to: taken, no_data, unreachable.",
    ["reader", "outcome"],
    registry=COUNTED,
)
_COMMIT_SECONDS = Histogram(
    "airledger_commit_seconds",
    "From the start of deciding a batch until its events were durable.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=COUNTED,
)
_COMMIT_EVENTS = Histogram(
    "airledger_commit_events",
    "How many events a batch had that was committed together.",
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500),
    registry=COUNTED,
)
_LAG = Gauge(
    "airledger_kafka_lag",
    "Records of a partition in hand that were not taken yet.",
    ["topic", "partition"],
    registry=COUNTED,
)


class Lags:
    """What one intake says of the partitions that it has in hand, and of no others."""

    def __init__(self) -> None:
        self._shown: set[tuple[str, str]] = set()

    def show(self, lags: Mapping[tuple[str, str], int]) -> None:
        """The lag of each, by topic and partition. Those that were taken away are forgotten."""
        for gone in self._shown - lags.keys():
            _LAG.remove(*gone)
        for labels, lag in lags.items():
            _LAG.labels(*labels).set(lag)
        self._shown = set(lags)


def observe_commit(events: int, seconds: float) -> None:
    """Counts a commit, and how long it took."""
    _COMMIT_SECONDS.observe(seconds)
    _COMMIT_EVENTS.observe(events)
