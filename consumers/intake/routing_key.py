"""PagerDuty's routing key: found in a body, and masked before the body is kept or parsed.

The key is the source's token, so it must not be kept. Wherever it stands in a body, and whatever
stands as a `routing_key`, is replaced by asterisks first; digest, quarantine and events know only
that body. Who wants to compare a kept digest with a body of theirs does the same to it.
"""

import re

import msgspec

from consumers.intake.parsing.strict_json import UNREADABLE

MASK = "*" * 32
_MEMBER = re.compile(rb'("routing_key"\s*:\s*)"(?:[^"\\]|\\.)*"', re.DOTALL)
_IN_BROKEN = re.compile(rb'"routing_key"\s*:\s*"([A-Za-z0-9]{32})"')


class _Keyed(msgspec.Struct):
    routing_key: str


_keyed = msgspec.json.Decoder(_Keyed)


def key_in(body: bytes) -> str | None:
    """The routing key of a body; looked for in what is no JSON as well, for that is to be kept."""
    try:
        return _keyed.decode(body).routing_key
    except UNREADABLE:
        found = _IN_BROKEN.search(body)
        return found[1].decode() if found else None


def masked(body: bytes, key: str) -> bytes:
    """The body without the key, in either spelling of JSON.

    A token is of letters and digits; what else stands as a routing_key is replaced there alone.
    """
    if key.isascii() and key.isalnum():
        spelt = (rb"(?:%b|\\u00(?i:%02x))" % (each, each[0]) for each in map(_byte, key))
        body = re.sub(b"".join(spelt), MASK.encode(), body)
    return _MEMBER.sub(rb'\1"%b"' % MASK.encode(), body)


def mask(body: bytes) -> bytes | None:
    """The body without the routing key that it carries; None where it carries none."""
    key = key_in(body)
    return None if key is None else masked(body, key)


def _byte(character: str) -> bytes:
    return character.encode("ascii")
