"""Grafana's webhook (Grafana 9 to 12): one body a notification, one signal an alert.

It is Alertmanager's body with more in it. Identity is the organisation's id and the alert's
fingerprint: one Grafana may hold several organisations, whose alerts may have equal labels. What
Grafana says of an alert beside its annotations becomes annotations of those names, unless the
rule has one of that name. The group's own `title`, `state` and `message` only say again what its
alerts say. When a query fails or finds nothing, Grafana sends an alert named DatasourceError or
DatasourceNoData in the rule's place: an alert of its own, which names the rule in `rulename`.
Source: Grafana's documentation, "Configure webhook notifications".
"""

from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

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

IN_THE_RULES_PLACE = frozenset({"DatasourceError", "DatasourceNoData"})


class GrafanaAlert(GroupAlert, frozen=True, kw_only=True):
    """One alert of a notification. `values` holds the queries' last values by their letter."""

    dashboard_url: str = msgspec.field(default="", name="dashboardURL")
    panel_url: str = msgspec.field(default="", name="panelURL")
    silence_url: str = msgspec.field(default="", name="silenceURL")
    image_url: str = msgspec.field(default="", name="imageURL")
    value_string: str = ""
    values: Any = None


class GrafanaWebhook(GroupWebhook, frozen=True, kw_only=True):
    """A notification: the alerts of one group, of one organisation."""

    version: Literal["1"]
    org_id: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


_webhook = msgspec.json.Decoder(GrafanaWebhook)


def _parse_alert(webhook: GrafanaWebhook, raw: msgspec.Raw, source: str, by: Sender) -> Signal:
    alert, unread = decode_leniently(GrafanaAlert, raw)
    return truncate(
        Signal(
            source=source,
            dedup_key=f"{webhook.org_id}:{alert.fingerprint}",
            status=SignalStatus(alert.status),
            title=title_of(alert, _failed_rule(alert)),
            labels=alert.labels,
            annotations=_grafana_annotations(alert) | alert.annotations,
            starts_at=none_if_zero_time(alert.starts_at),
            ends_at=none_if_zero_time(alert.ends_at),
            sender=by,
            generator_url=alert.generator_url,
            kind=SourceKind.GRAFANA,
            unread=unread,
        )
    )


def _failed_rule(alert: GrafanaAlert) -> str | None:
    name, rule = alert.labels.get("alertname", ""), alert.labels.get("rulename", "")
    return f"{name}: {rule}" if name in IN_THE_RULES_PLACE and rule.strip() else None


def _grafana_annotations(alert: GrafanaAlert) -> dict[str, str]:
    texts = {
        "dashboardURL": alert.dashboard_url,
        "panelURL": alert.panel_url,
        "silenceURL": alert.silence_url,
        "imageURL": alert.image_url,
        "valueString": alert.value_string,
        "values": msgspec.json.encode(alert.values).decode() if alert.values else "",
    }
    return {name: text for name, text in texts.items() if text}


parse = partial(
    parse_group,
    decoder=_webhook,
    format_name="Grafana webhook of version 1",
    parse_alert=_parse_alert,
)
"""Parses a webhook's body; an alert that cannot be parsed is refused alone."""

GRAFANA = Format(
    kind=SourceKind.GRAFANA,
    parse=parse,
    summary="a Grafana webhook",
    description="Records the alerts of a notification as signals. Where the source has an HMAC "
    "secret, the decoded body is signed.",
    setup="""\
For a contact point of Grafana's, integration Webhook:

    URL:                               {url}{path}
    HTTP Method:                       POST
    Authorization Header Scheme:       Bearer
    Authorization Header Credentials:  {token}
    Max Alerts:                        0""",
    limit=GROUP_BODY_BYTES,
    can_sign=True,
)
