"""The settings of channels: where notifications are sent, and the secrets that this takes.

The policy says who is told what, and names channels; what a name leads to is no part of the log.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ledger.settings.trackers import GitHubSettings, JiraSettings
from ledger.settings.types import BaseUrl, Group, Text
from ledger.settings.webhook_body import WebhookBody

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN = re.compile(r"webhook-.*|idempotency-key|host|connection|content-length|transfer-encoding")
_VALUE = re.compile(r"[\x20-\x7e]*")


def _header(name: str) -> str:
    if _HEADER.fullmatch(name) is None:
        raise ValueError("must be the name of an HTTP header (RFC 9110)")
    if _OWN.fullmatch(name.lower()):
        raise ValueError("must be no header that airledger sets itself; remove it")
    return name.lower()


def _value(value: str) -> str:
    if _VALUE.fullmatch(value) is None:
        raise ValueError("must be one line of ASCII characters")
    return value


class ChannelSettings(Group):
    """A channel: a webhook at `url`. `secret` signs what it gets (Standard Webhooks).

    `body` is sent in place of a CloudEvent, `headers` as well as those of every webhook.
    """

    kind: Literal["webhook"]
    url: BaseUrl
    secret: Text
    body: WebhookBody | None = None
    headers: dict[
        Annotated[str, AfterValidator(_header)], Annotated[str, AfterValidator(_value)]
    ] = Field(default={})


AnyChannel = ChannelSettings | GitHubSettings | JiraSettings
Channel = Annotated[AnyChannel, Field(discriminator="kind")]
"""A channel of any kind: `kind` says which settings it has."""


class NotifySettings(Group):
    """The channels that this process sends to, by the names that the policy has for them."""

    channels: dict[Text, Channel] = Field(default={})
