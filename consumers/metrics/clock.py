"""Whether the machine's clock is believed."""

from prometheus_client import CollectorRegistry

from consumers.container.guarded_clock import ClockState
from consumers.metrics.gauges import gauge


def read_clock(registry: CollectorRegistry, state: ClockState | None) -> None:
    """Nothing of a ledger whose time is not the machine's."""
    if state is None:
        return
    about = "1 while the machine's clock jumped and is not believed."
    gauge(registry, "clock_held", about).set(state.held)
    about = "How far the clock jumped that is not believed, backward below 0; 0 while none did."
    gauge(registry, "clock_jump_seconds", about).set(state.jump_seconds)
