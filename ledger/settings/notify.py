"""The settings of channels: where notifications are sent, and the secrets that this takes.

The policy says who is told what, and names channels; what a name leads to is no part of the log.
"""

import re
from typing import Annotated, Literal, get_args

import msgspec
from pydantic import AfterValidator, Field

from ledger.policy.parts import Slug
from ledger.settings.trackers import GitHubChannel, JiraChannel
from ledger.settings.types import Group, Text, matching
from ledger.settings.webhook_body import WebhookBody

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN = re.compile(r"webhook-.*|idempotency-key|host|connection|content-length|transfer-encoding")
_VALUE = re.compile(r"[\x20-\x7e]*")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}")
_WEBHOOK = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%"
    r"[0-9A-Fa-f]{2})*)?(\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)
_APPRISE = re.compile(r"[a-z0-9]+://\S+")


def _header(name: str) -> str:
    if _HEADER.fullmatch(name) is None:
        raise ValueError("must be the name of an HTTP header (RFC 9110)")
    if _OWN.fullmatch(name.lower()):
        raise ValueError("must be no header that airledger sets itself; remove it")
    return name.lower()


def _named_by_a_policy(name: str) -> str:
    try:
        return msgspec.convert(name, Slug)
    except msgspec.ValidationError:
        raise ValueError(
            "must have a name as policies have it: 1 to 63 lower-case letters, digits, - and _, "
            "the first of them neither - nor _"
        ) from None


ChannelName = Annotated[str, AfterValidator(_named_by_a_policy)]
HeaderName = Annotated[str, AfterValidator(_header)]
HeaderValue = Annotated[str, matching(_VALUE, "must be one line of ASCII characters")]
Address = Annotated[
    str, matching(_ADDRESS, "must be an address such as risk@company.example, without a name")
]
WebhookUrl = Annotated[
    str,
    matching(
        _WEBHOOK,
        "must be an address such as https://hooks.example/risk?key=1, without a user, a password "
        "and a fragment",
    ),
]
AppriseUrl = Annotated[
    str, matching(_APPRISE, "must be an address as Apprise has it, such as slack://...")
]


class WebhookChannel(Group):
    """A webhook at `url`, which may have a query. `secret` signs what it gets (Standard Webhooks).

    `body` is sent in place of a CloudEvent, `headers` as well as those of every webhook.
    """

    kind: Literal["webhook"]
    url: WebhookUrl
    secret: Text
    body: WebhookBody | None = None
    headers: dict[HeaderName, HeaderValue] = Field(default={})


class MailChannel(Group):
    """Mail by an SMTP server. Without `user` nobody logs in; `secret` is the password."""

    kind: Literal["mail"]
    server: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Text | None = None
    secret: Text | None = None
    sender: Address
    receivers: Annotated[tuple[Address, ...], Field(min_length=1, max_length=50)]


class AppriseChannel(Group):
    """A service that Apprise knows: Slack, Teams, Telegram, Matrix ... `url` holds its secret."""

    kind: Literal["apprise"]
    url: AppriseUrl


ChannelSettings = Annotated[
    WebhookChannel | MailChannel | AppriseChannel | GitHubChannel | JiraChannel,
    Field(discriminator="kind"),
]
"""A channel of any kind: `kind` says which settings it has."""
KINDS: tuple[str, ...] = tuple(
    get_args(of.model_fields["kind"].annotation)[0] for of in get_args(get_args(ChannelSettings)[0])
)
"""The kinds that there are."""


class NotifySettings(Group):
    """The channels that this process sends to, by the names that the policy has for them."""

    channels: dict[ChannelName, ChannelSettings] = Field(default={})
