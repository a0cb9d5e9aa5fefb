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
