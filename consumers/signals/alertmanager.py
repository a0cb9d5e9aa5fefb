"""Alertmanager's webhook, version 4: one body a notification, one signal an alert.

Identity is the alert's fingerprint; the groupKey only tells senders apart. Go writes the year 1
for a time that is not set. Source: Alertmanager's documentation, `<webhook_config>`.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from consumers.signals.adapter import Incoming, Understood, not_understood
from consumers.signals.fitting import TooLarge, fitted, sender
from consumers.signals.strictness import NotStrict, require_strict, told
from ledger.domain.alert import Sender, Signal, SignalStatus
from ledger.execute import Truncation
from ledger.store.records import QuarantinePart

TITLE_CHARACTERS = 500
Time = Annotated[datetime, Meta(tz=True)]


class AlertmanagerAlert(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One alert of a notification."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: Time
    ends_at: Time | None = None
    generator_url: str = msgspec.field(default="", name="generatorURL")
    fingerprint: Annotated[str, Meta(min_length=1, max_length=200)]


class AlertmanagerWebhook(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A notification: the alerts of one group."""

    version: Literal["4"]
    group_key: str
    receiver: str
    status: Literal["firing", "resolved"]
    alerts: list[msgspec.Raw]
    external_url: str = msgspec.field(default="", name="externalURL")
    truncated_alerts: Annotated[int, Meta(ge=0, le=10**9)] = 0


_webhook = msgspec.json.Decoder(AlertmanagerWebhook)
_alert = msgspec.json.Decoder(AlertmanagerAlert)


def understand(incoming: Incoming) -> Understood:
    """The signals of a webhook body; alerts that are not understood are refused one by one."""
    try:
        require_strict(incoming.body)
        webhook = _webhook.decode(incoming.body)
    except NotStrict as error:
        return not_understood(f"The body {error}.")
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        return not_understood(f"The body is no Alertmanager webhook of version 4: {told(error)}.")
    by = sender(webhook.external_url, webhook.receiver, webhook.group_key)
    signals, refused = [], []
    for index, raw in enumerate(webhook.alerts):
        if incoming.only is not None and index not in incoming.only:
            continue
        try:
            signals.append(_signal(_alert.decode(raw), incoming.source, by))
        except TooLarge as error:
            reason = f"alerts[{index}] is too large: {error}."
            refused.append(QuarantinePart(index=index, reason=reason))
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            reason = f"alerts[{index}] is no alert: {told(error)}."
            refused.append(QuarantinePart(index=index, reason=reason))
    cut = webhook.truncated_alerts if incoming.only is None else 0
    return Understood(
        signals=tuple(signals),
        refused=tuple(refused),
        truncation=Truncation(id=incoming.digest, sender=by, missing=cut) if cut else None,
    )


def _signal(alert: AlertmanagerAlert, source: str, by: Sender) -> Signal:
    return fitted(
        Signal(
            source=source,
            dedup_key=alert.fingerprint,
            status=SignalStatus(alert.status),
            title=_title(alert),
            labels=alert.labels,
            annotations=alert.annotations,
            starts_at=_given(alert.starts_at),
            ends_at=_given(alert.ends_at),
            sender=by,
            generator_url=alert.generator_url,
        )
    )


def _given(time: datetime | None) -> datetime | None:
    return None if time is None or time.year == 1 else time


def _title(alert: AlertmanagerAlert) -> str:
    for text in (alert.annotations.get("summary"), alert.labels.get("alertname")):
        if text and text.strip():
            return text.strip()[:TITLE_CHARACTERS]
    return f"Alert {alert.fingerprint}"
