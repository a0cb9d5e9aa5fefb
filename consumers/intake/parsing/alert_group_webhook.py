"""A notification of a group of alerts: what Alertmanager's and Grafana's webhooks share.

Grafana's alerting grew out of Alertmanager. Both send the alerts of one group in one body, say how
many they left out, and write the year 1 for a time that is not set. An alert needs its `startsAt`;
an `endsAt` that cannot be read is as if absent, and its text is in `unread`.
"""

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from consumers.intake.list_limit import TooMany, require_few_alerts
from consumers.intake.parsed import Incoming, ParsedBody, Refusals, rejected
from consumers.intake.parsing.strict_json import UNREADABLE, NotStrict, error_text, require_strict
from consumers.intake.parsing.truncation import TooLarge, sender
from consumers.json_decoders import Time
from ledger.domain.alert import Sender, Signal
from ledger.domain.signal_state import TITLE_CHARACTERS
from ledger.execute import Truncation


class GroupAlert(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One alert of a notification."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: Time
    ends_at: Time | None = None
    generator_url: str = msgspec.field(default="", name="generatorURL")
    fingerprint: Annotated[str, Meta(min_length=1, max_length=200)]


class GroupWebhook(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A notification: the alerts of one group."""

    group_key: str
    receiver: str
    status: Literal["firing", "resolved"]
    alerts: list[msgspec.Raw]
    external_url: str = msgspec.field(default="", name="externalURL")
    truncated_alerts: Annotated[int, Meta(ge=0, le=10**9)] = 0


Webhook = TypeVar("Webhook", bound=GroupWebhook)
ParseAlert = Callable[[Webhook, msgspec.Raw, str, Sender], Signal]
"""Parses one alert of a webhook, given the source's name and the sender.

Raises TooLarge, or one of UNREADABLE."""


def parse_group(
    incoming: Incoming,
    *,
    decoder: msgspec.json.Decoder[Webhook],
    format_name: str,
    parse_alert: ParseAlert[Webhook],
) -> ParsedBody:
    """Parses a webhook's body; an alert that cannot be parsed is refused alone."""
    try:
        require_few_alerts(incoming.body)
        require_strict(incoming.body)
        webhook = decoder.decode(incoming.body)
    except (NotStrict, TooMany) as error:
        return rejected(f"The body {error}.")
    except UNREADABLE as error:
        return rejected(f"The body is no {format_name}: {error_text(error)}.")
    by = sender(webhook.external_url, webhook.receiver, webhook.group_key)
    signals, refused = [], Refusals()
    for index, raw in incoming.selected_parts(webhook.alerts):
        try:
            signals.append(parse_alert(webhook, raw, incoming.source, by))
        except TooLarge as error:
            refused.add(index, f"alerts[{index}] is too large: {error}.")
        except UNREADABLE as error:
            refused.add(index, f"alerts[{index}] is no alert: {error_text(error)}.")
    whole = incoming.part_indexes is None
    cut = Truncation(id=incoming.digest, sender=by, missing=webhook.truncated_alerts)
    return ParsedBody(
        signals=tuple(signals),
        refused=refused.listed,
        omitted=refused.omitted,
        truncation=cut if whole else None,
    )


def title_of(alert: GroupAlert, name: str | None = None) -> str:
    """The alert's summary, else `name` or the label alertname, else its fingerprint."""
    for text in (alert.annotations.get("summary"), name, alert.labels.get("alertname")):
        if text and text.strip():
            return text.strip()[:TITLE_CHARACTERS]
    return f"Alert {alert.fingerprint}"
