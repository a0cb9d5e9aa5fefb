"""The settings of channels: where notifications are sent, and the secrets that this takes.

The policy says who is told what, and names channels; what a name leads to is no part of the log.
"""

from typing import Literal

from pydantic import Field

from ledger.settings.types import BaseUrl, Group, Text


class ChannelSettings(Group):
    """A channel: a webhook at `url`. `secret` signs what it gets (Standard Webhooks)."""

    kind: Literal["webhook"]
    url: BaseUrl
    secret: Text


class NotifySettings(Group):
    """The channels that this process sends to, by the names that the policy has for them."""

    channels: dict[Text, ChannelSettings] = Field(default={})
