"""Which adapter reads which kind of source."""

from collections.abc import Mapping

from consumers.signals import alertmanager, cloudevents, grafana, native, pagerduty
from consumers.signals.adapter import Adapter
from ledger.vocabulary import SourceKind

ADAPTERS: Mapping[SourceKind, Adapter] = {
    SourceKind.ALERTMANAGER: alertmanager.understand,
    SourceKind.GRAFANA: grafana.understand,
    SourceKind.CLOUDEVENTS: cloudevents.understand,
    SourceKind.PAGERDUTY: pagerduty.understand,
    SourceKind.NATIVE: native.understand,
}
"""The kinds of source that can be added."""

BODY_BYTES = 1024 * 1024
GROUP_BODY_BYTES = 16 * BODY_BYTES
"""Alertmanager and Grafana never split a group: 3,000 modest alerts are 1.6 MB."""


def most_bytes(kind: SourceKind) -> int:
    """The largest body that a route takes; above it, 413."""
    grouped = kind in {SourceKind.ALERTMANAGER, SourceKind.GRAFANA}
    return GROUP_BODY_BYTES if grouped else BODY_BYTES
