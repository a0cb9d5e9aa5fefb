"""What `/metrics` says. Gauges are read when asked for; counters are kept where things happen."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from consumers.web.services import Services
from ledger.errors import LedgerError

COUNTED = CollectorRegistry()
SIGNALS = Counter(
    "airledger_signals",
    "Signals and commands of sources, by what they came to.",
    ["source", "outcome"],
    registry=COUNTED,
)


class _Both(CollectorRegistry):
    """One scrape's gauges, and the counters of the process."""

    def __init__(self) -> None:
        super().__init__()
        self.register(COUNTED)


def registry_of(services: Services) -> CollectorRegistry:
    """The metrics as they are now. Blocking."""
    registry = _Both()
    _gauge(registry, "waiting", "Signals and commands that wait to be committed.").set(
        services.ledger.executor.waiting
    )
    loops = Gauge(
        "airledger_loop_running",
        "1 while a loop runs, 0 when it is degraded or stopped.",
        ["loop"],
        registry=registry,
    )
    for loop in services.every_loop:
        loops.labels(loop.name).set(loop.state == "running")
    positions = Gauge(
        "airledger_projection_next",
        "The first leaf that a projection has not folded.",
        ["projection"],
        registry=registry,
    )
    stopped = Gauge(
        "airledger_projection_stopped",
        "1 where a projection met what it cannot read.",
        ["projection"],
        registry=registry,
    )
    for each in services.ledger.projector.progress:
        positions.labels(each.name).set(each.next)
        stopped.labels(each.name).set(each.stopped is not None)
    _read_store(registry, services)
    return registry


def _read_store(registry: CollectorRegistry, services: Services) -> None:
    up = _gauge(registry, "store_up", "1 while the store answers.")
    try:
        store = services.ledger.store
        state = store.log_state()
        sealed = state.size if state else 0
        _gauge(registry, "events", "Events appended.").set(store.size())
        _gauge(registry, "log_size", "Events sealed into the log.").set(sealed)
        _gauge(registry, "quarantine_open", "Bodies in quarantine.").set(
            store.quarantine_count("open")
        )
    except LedgerError:
        up.set(0)
    else:
        up.set(1)


def _gauge(registry: CollectorRegistry, name: str, about: str) -> Gauge:
    return Gauge(f"airledger_{name}", about, registry=registry)
