"""Alertmanager's webhook, version 4: one body a notification, one signal an alert.

Identity is the alert's fingerprint; the groupKey only distinguishes senders. Source: Alertmanager's
documentation, `<webhook_config>`.
"""

from functools import partial
from typing import Literal

import msgspec

from consumers.intake.format import GROUP_BODY_BYTES, Format
from consumers.intake.parsing.alert_group_webhook import (
    GroupAlert,
    GroupWebhook,
    parse_group,
    title_of,
)
from consumers.intake.parsing.truncation import none_if_zero_time, truncate
from consumers.json_decoders import decode_leniently
from ledger.domain.alert import Sender, Signal, SignalStatus
from ledger.vocabulary import SourceKind


class AlertmanagerWebhook(GroupWebhook, frozen=True, kw_only=True):
    """A notification: the alerts of one group."""

    version: Literal["4"]


_webhook = msgspec.json.Decoder(AlertmanagerWebhook)


def _parse_alert(_: AlertmanagerWebhook, raw: msgspec.Raw, source: str, by: Sender) -> Signal:
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


parse = partial(
    parse_group,
    decoder=_webhook,
    format_name="Alertmanager webhook of version 4",
    parse_alert=_parse_alert,
)
"""Parses a webhook's body; an alert that cannot be parsed is refused alone."""

ALERTMANAGER = Format(
    kind=SourceKind.ALERTMANAGER,
    parse=parse,
    summary="an Alertmanager webhook (version 4)",
    description="Records the alerts of a notification as signals.",
    setup="""\
For alertmanager.yml, beside a route to it (infra/alertmanager shows a whole one):

receivers:
  - name: airledger
    webhook_configs:
      - url: {url}{path}
        send_resolved: true
        max_alerts: 0
        http_config:
          authorization:
            type: Bearer
            credentials: {token}""",
    limit=GROUP_BODY_BYTES,
)
