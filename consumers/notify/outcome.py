"""Who sends, and what a try comes to."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECRET_PART = re.compile(r"[A-Za-z0-9._-]{4,}")


class Failed(Exception):
    """A try failed; `reason` names no address and no secret, and quotes nothing from outside."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Sending(NamedTuple):
    """Who sends: the CloudEvent's `source`, and when (UTC)."""

    source: str
    at: datetime


class Sent(NamedTuple):
    """What came of it in words of ours; `ticket` is the address of the ticket that it is told in.

    Events keep both for ever, so that neither quotes what a receiver said: it may repeat secrets,
    and texts that may have to be erased.
    """

    receipt: str
    ticket: str | None = None


def receipt_id(said: str, known: Iterable[str]) -> str:
    """An id by which the receiver finds what it was sent, as ", id X"; "" where it named none.

    `known` are the texts that the receiver was sent. An id that is part of one of them, or that
    contains a word of one, is left out: it may repeat a secret.
    """
    if _ID.fullmatch(said) is None:
        return ""
    low = said.lower()
    for text in map(str.lower, known):
        if low in text or any(part in low for part in _SECRET_PART.findall(text)):
            return ""
    return f", id {said}"
