"""Gauges of one scrape."""

from prometheus_client import CollectorRegistry, Gauge


def gauge(registry: CollectorRegistry, name: str, about: str, *labels: str) -> Gauge:
    """A gauge of this ledger's, registered."""
    return Gauge(f"airledger_{name}", about, labels, registry=registry)
