"""Who sends, and what a try comes to."""

from datetime import datetime
from typing import NamedTuple, Self

from consumers.text_safety import printable_line

RECEIPT_CHARACTERS = 200


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

    @classmethod
    def of(cls, said: str) -> Self:
        """What was answered as one short line, in which nothing steers a terminal."""
        return cls(printable_line(said)[:RECEIPT_CHARACTERS])
