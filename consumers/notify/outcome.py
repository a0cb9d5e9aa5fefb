"""What a try to send came to, whatever the channel."""

from datetime import datetime
from typing import NamedTuple


class Failed(Exception):
    """A try failed; `reason` names no address and no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sending(NamedTuple):
    """Who sends: the CloudEvent's `source`, and when (UTC)."""

    source: str
    at: datetime


class Sent(NamedTuple):
    """What a receiver answered; `ticket` is the address of the ticket where it is told in one."""

    receipt: str
    ticket: str | None = None
