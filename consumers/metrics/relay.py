"""How far the relay to Kafka is."""

from typing import Protocol

from prometheus_client import CollectorRegistry

from consumers.metrics.gauges import gauge


class Sent(Protocol):
    """Leaves below `size` are in Kafka."""

    @property
    def size(self) -> int:
        """The first leaf that is not."""


class Relaying(Protocol):
    """A relay. Of several one works, which leads."""

    @property
    def leads(self) -> bool:
        """Whether it is the one that works."""

    @property
    def sent(self) -> Sent:
        """How far it is, while it leads."""


def read_relay(registry: CollectorRegistry, relay: Relaying | None) -> None:
    """Nothing of a process that has no relay."""
    if relay is None:
        return
    leads = relay.leads
    about = "1 where this process's relay is the one that works."
    gauge(registry, "relay_leads", about).set(leads)
    if leads:
        about = "The first leaf that is not in Kafka, said by the relay that works."
        gauge(registry, "relay_next", about).set(relay.sent.size)
