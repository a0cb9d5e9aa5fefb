"""Which adapter reads which kind of source."""

from collections.abc import Mapping

from consumers.signals import alertmanager, grafana, pagerduty
from consumers.signals.adapter import Adapter
from ledger.vocabulary import SourceKind

ADAPTERS: Mapping[SourceKind, Adapter] = {
    SourceKind.ALERTMANAGER: alertmanager.understand,
    SourceKind.GRAFANA: grafana.understand,
    SourceKind.PAGERDUTY: pagerduty.understand,
}
"""The kinds of source that can be added."""
