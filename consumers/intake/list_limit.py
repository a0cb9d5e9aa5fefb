"""Limits the members of a body's list: each costs memory and time before it is parsed.

An alert of Alertmanager takes some 80 bytes at the least, so that 16 MiB hold about 200,000 of
them. A body of `[0,0,0,...]` would have eight million members, none of which is one.
"""

import json
import re
from collections.abc import Iterator

import msgspec

MOST_MEMBERS = 250_000
"""A body with more alerts, signals or events in one list is refused as a whole."""
_json = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\r\n]*")


class TooMany(ValueError):
    """A list of too many members; continues "The body "."""

    def __init__(self) -> None:
        super().__init__(
            f"has more than {MOST_MEMBERS} members in one list; at most so many are read"
        )


class _Alerts(msgspec.Struct):
    alerts: msgspec.Raw


_alerts = msgspec.json.Decoder(_Alerts)


def require_few(body: bytes) -> None:
    """Raises TooMany for a JSON list that is too long; other texts pass."""
    if body.count(b",") < MOST_MEMBERS:
        return
    for number, _ in enumerate(_members(body.decode(errors="replace")), start=1):
        if number > MOST_MEMBERS:
            raise TooMany


def require_few_alerts(body: bytes) -> None:
    """The same for the list `alerts` of a JSON object."""
    if body.count(b",") < MOST_MEMBERS:
        return
    try:
        alerts = bytes(_alerts.decode(body).alerts)
    except (msgspec.MsgspecError, RecursionError):
        return
    require_few(alerts)


def _members(text: str) -> Iterator[None]:
    """Yields once for each member, and keeps none; ends where the text is no list any more."""
    at = _past_space(text, 0)
    mark = "["
    while text.startswith(mark, at):
        try:
            _, at = _json.raw_decode(text, _past_space(text, at + 1))
        except (ValueError, RecursionError):
            return
        yield
        at, mark = _past_space(text, at), ","


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()
