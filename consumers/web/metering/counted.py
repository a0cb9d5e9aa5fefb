"""What is counted where it happens, and what the operating system says of this process."""

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

COUNTED = CollectorRegistry()
"""Of those that append."""

SIGNALS = Counter(
    "airledger_signals",
    "Signals and commands of sources, by what they came to.",
    ["source", "outcome"],
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
LAG = Gauge(
    "airledger_kafka_lag",
    "Records of a partition in hand that were not taken yet.",
    ["topic", "partition"],
    registry=COUNTED,
)


def observe_commit(events: int, seconds: float) -> None:
    """Counts a commit, and how long it took."""
    _COMMIT_SECONDS.observe(seconds)
    _COMMIT_EVENTS.observe(events)
