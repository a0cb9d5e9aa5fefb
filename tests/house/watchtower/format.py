"""Alerts of a monitoring product: a JSON list, one signal each. A format for tests alone."""

from typing import Literal

import msgspec

from consumers.intake.format import Format
from consumers.intake.parsed import Incoming, ParsedBody, Refusals, rejected
from consumers.intake.parsing.strict_json import UNREADABLE, error_text
from consumers.intake.parsing.truncation import TooLarge, truncate
from ledger.domain.alert import Signal, SignalStatus
from ledger.vocabulary import SourceKind

FIRING, RESOLVED = SignalStatus.FIRING, SignalStatus.RESOLVED
STATUSES = {
    "Triggered": FIRING,
    "Recovered": RESOLVED,
}


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of a body."""

    alert_id: str
    alert_transition: str
    title: str
    priority: Literal["critical", "warning"] = "critical"


_alerts = msgspec.json.Decoder(list[Alert])


def parse(incoming: Incoming) -> ParsedBody:
    """Parses a list of alerts; one of an unknown transition is refused alone."""
    try:
        alerts = _alerts.decode(incoming.body)
    except UNREADABLE as error:
        return rejected(f"The body is no list of alerts: {error_text(error)}.")
    signals, refused = [], Refusals()
    for index, alert in incoming.selected_parts(alerts):
        status = STATUSES.get(alert.alert_transition)
        if status is None:
            refused.add(index, f"alerts[{index}] is {alert.alert_transition}, which is unknown.")
            continue
        try:
            signals.append(truncate(_signal(alert, status, incoming.source)))
        except TooLarge as error:
            refused.add(index, f"alerts[{index}] is too large: {error}.")
    return ParsedBody(signals=tuple(signals), refused=refused.listed, omitted=refused.omitted)


def _signal(alert: Alert, status: SignalStatus, source: str) -> Signal:
    return Signal(
        source=source,
        dedup_key=alert.alert_id,
        status=status,
        title=alert.title,
        labels={"severity": alert.priority, "alertname": alert.title, "system": "chat"},
        annotations={},
        starts_at=None,
        kind=SourceKind.WATCHTOWER,  # type: ignore[attr-defined]
    )


WATCHTOWER = Format(
    kind=SourceKind.WATCHTOWER,  # type: ignore[attr-defined]
    parse=parse,
    summary="alerts of watchtower",
    description="Records each alert as a signal.",
    setup="Let a webhook send to:\n\n    {url}{path}/{token}",
    limit=2_048,
    content={"application/json": list[Alert]},
)
