"""The metrics of `/metrics`. Gauges are read on each scrape; counters are updated in place."""

from prometheus_client import CollectorRegistry

from consumers.container.guarded_clock import state_of
from consumers.container.ledger import Ledger
from consumers.container.roles import WRITER_ROLES, Role
from consumers.metrics.clock import read_clock
from consumers.metrics.counters import COUNTED, PROCESS
from consumers.metrics.gauges import gauge
from consumers.metrics.relay import read_relay
from consumers.metrics.views import read_views
from consumers.reactor import FOLLOWERS
from consumers.web.services import WebServices
from ledger.domain.catalogue import CODEC
from ledger.domain.identity import source_id
from ledger.errors import LedgerError
from ledger.execute.listening import sources_in_use
from ledger.store.port import Store


class _Scrape(CollectorRegistry):
    """The gauges of one scrape, and the process's counters."""

    def __init__(self, *before: CollectorRegistry) -> None:
        super().__init__()
        for each in before:
            self.register(each)


def build_registry(services: WebServices, *, up: bool) -> CollectorRegistry:
    """The metrics of this process now; `up` is the result of the store's probe. Blocking."""
    appends = not WRITER_ROLES.isdisjoint(services.roles)
    registry = _Scrape(PROCESS, COUNTED) if appends else _Scrape(PROCESS)
    if appends:
        waiting = services.ledger.executor.waiting
        gauge(registry, "waiting", "Signals and commands that wait to be committed.").set(waiting)
    running = gauge(
        registry, "loop_running", "1 while a loop runs, 0 when it is degraded or stopped.", "loop"
    )
    for loop in services.working:
        running.labels(loop.name).set(loop.state == "running")
    if Role.PROJECTOR in services.roles:
        _read_projector(registry, services)
    read_clock(registry, state_of(services.ledger.now))
    read_relay(registry, services.relay)
    _read_store(registry, services, up=up)
    return registry


def _read_projector(registry: CollectorRegistry, services: WebServices) -> None:
    stopped = gauge(
        registry,
        "projection_stopped",
        "1 where a projection met what it cannot read.",
        "projection",
    )
    for each in services.ledger.progress:
        stopped.labels(each.name).set(each.stopped is not None)


def _read_store(registry: CollectorRegistry, services: WebServices, *, up: bool) -> None:
    shown = gauge(
        registry,
        "store_up",
        "1 while the store answers and, where this process appends, takes a durable write.",
    )
    store, roles = services.ledger.store, services.roles
    try:
        state = store.log_state()
        sealed = state.size if state else 0
        gauge(registry, "events", "Events appended.").set(store.size())
        gauge(registry, "log_size", "Events sealed into the log.").set(sealed)
        gauge(
            registry,
            "unsealed_age_seconds",
            "How long the oldest unsealed event waits, or 0.",
        ).set(_age(services, sealed))
        if roles & {Role.PROJECTOR, Role.WEB}:
            read_views(registry, services.ledger, roles, sealed)
        if not WRITER_ROLES.isdisjoint(roles):
            _read_notes(registry, store)
            _read_sources(registry, services.ledger)
    except LedgerError:
        shown.set(0)
    else:
        shown.set(up)


def _age(services: WebServices, leaf: int) -> float:
    """The age of the event at a leaf in seconds; 0 without one."""
    ledger = services.ledger
    for entry in ledger.store.read(leaf, 1, sealed=False):
        recorded = CODEC.decode(entry.stored, entry.leaf)
        return max(0.0, (ledger.now() - recorded.recorded_at).total_seconds())
    return 0.0


def _read_notes(registry: CollectorRegistry, store: Store) -> None:
    """Metrics that only a process with write access may read."""
    quarantined = store.quarantine.count("open")
    gauge(registry, "quarantine_open", "Bodies in quarantine.").set(quarantined)
    read = gauge(
        registry, "follower_next", "The first leaf that a follower has not kept.", "follower"
    )
    for follower in FOLLOWERS:
        read.labels(follower.name).set(store.followers.position(follower.name))


def _read_sources(registry: CollectorRegistry, ledger: Ledger) -> None:
    """How long ago each source was heard; of one that never was, how long ago it was added."""
    age = gauge(
        registry,
        "source_heard_age_seconds",
        "How long ago a source sent something, or was added if it never did; exact to 15 s.",
        "source",
    )
    now = ledger.now()
    rows = sources_in_use(ledger.store, now)
    heard = ledger.store.last_seen.times([source_id(name) for name in rows])
    for name, row in rows.items():
        at = max(heard.get(source_id(name), row.granted_at), row.granted_at)
        age.labels(name).set(max(0.0, (now - at).total_seconds()))
