"""Decoders of JSON, one for each kind, built by one thread at a time.

msgspec (0.22) ends the process with a segmentation fault where two threads are the first to look
into the same nested Struct. What is built when a module is imported is out of that danger; what is
decoded by a kind that only the request names goes through here.
"""

from functools import cache
from threading import Lock
from typing import TypeVar

import msgspec

T = TypeVar("T")
_BUILDING = Lock()


def decode(kind: type[T], data: bytes | msgspec.Raw) -> T:
    """What JSON says, as a `kind`. Raises msgspec's errors."""
    return _decoder(kind).decode(data)


@cache
def _decoder(kind: type[T]) -> msgspec.json.Decoder[T]:
    with _BUILDING:
        return msgspec.json.Decoder(kind)
