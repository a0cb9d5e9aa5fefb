"""The sources of a year, and the signals that their bodies come to."""

from datetime import datetime

from ledger.domain.alert import Sender, Signal, SignalStatus
from ledger.vocabulary import SourceKind
from tests.property.year.steps import Hear
from tests.property.year.times import claimed

SOURCES = {
    "am": SourceKind.ALERTMANAGER,
    "graf": SourceKind.GRAFANA,
    "pd": SourceKind.PAGERDUTY,
    "app": SourceKind.NATIVE,
}
LABELS = {
    "a": {"alertname": "Down", "system": "chat", "severity": "critical"},
    "b": {"alertname": "Down", "system": "chat", "severity": "page"},
    "c": {"alertname": "Slow", "system": "search", "severity": "error"},
    "d": {"alertname": "Down", "system": "chat", "severity": "warning"},
    "e": {"alertname": "Odd", "system": "rank"},
    "f": {"alertname": "Down", "system": "search", "severity": "critical"},
}


def signals_of(step: Hear, now: datetime) -> tuple[Signal, ...]:
    """The signals of a body, in its order."""
    return tuple(
        Signal(
            source=step.source,
            dedup_key=said.key,
            status=SignalStatus(said.status),
            title=f"{said.key} is not well",
            labels=LABELS[said.key]
            | ({} if said.severity is None else {"severity": said.severity})
            | ({} if said.pod is None else {"pod": said.pod}),
            annotations={},
            starts_at=claimed(said.starts, now),
            ends_at=claimed(said.ends, now),
            sender=Sender(external_url=f"http://peer-{step.peer}", receiver="ledger"),
            kind=SOURCES[step.source],
        )
        for said in step.said
    )
