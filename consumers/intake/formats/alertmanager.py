"""Alertmanager's webhook, version 4: one body a notification, one signal an alert.

Identity is the alert's fingerprint; the groupKey only tells senders apart. Source: Alertmanager's
documentation, `<webhook_config>`.
"""

from typing import Literal

import msgspec

from consumers.intake.parsed import Incoming, ParsedBody
from consumers.intake.parsing.alert_group_webhook import (
    GroupAlert,
    GroupWebhook,
    title_of,
    understand_group,
)
from consumers.intake.parsing.truncation import none_if_zero_time, truncate
from consumers.json_decoders import decode_leniently
from ledger.domain.alert import Sender, Signal, SignalStatus
from ledger.vocabulary import SourceKind


class AlertmanagerWebhook(GroupWebhook, frozen=True, kw_only=True):
    """A notification: the alerts of one group."""

    version: Literal["4"]


_webhook = msgspec.json.Decoder(AlertmanagerWebhook)


def understand(incoming: Incoming) -> ParsedBody:
    """The signals of a webhook body; alerts that are not understood are refused one by one."""
    return understand_group(incoming, _webhook, "Alertmanager webhook of version 4", _signal)


def _signal(_: AlertmanagerWebhook, raw: msgspec.Raw, source: str, by: Sender) -> Signal:
    alert, unread = decode_leniently(GroupAlert, raw)
    return truncate(
        Signal(
            source=source,
            dedup_key=alert.fingerprint,
            status=SignalStatus(alert.status),
            title=title_of(alert),
            labels=alert.labels,
            annotations=alert.annotations,
            starts_at=none_if_zero_time(alert.starts_at),
            ends_at=none_if_zero_time(alert.ends_at),
            sender=by,
            generator_url=alert.generator_url,
            kind=SourceKind.ALERTMANAGER,
            unread=unread,
        )
    )
