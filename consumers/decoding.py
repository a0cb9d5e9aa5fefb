"""Decoders of JSON, one for each kind, built by one thread at a time.

msgspec (0.22) ends the process with a segmentation fault where two threads are the first to look
into the same nested Struct. What is built when a module is imported is out of that danger; what is
decoded by a kind that only the request names goes through here.
"""

from threading import Lock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_BUILDING = Lock()
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}


def decode(kind: type[T], data: bytes | msgspec.Raw) -> T:
    """What JSON says, as a `kind`. Raises msgspec's errors."""
    if (decoder := _DECODERS.get(kind)) is None:
        with _BUILDING:
            decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    return decoder.decode(data)  # type: ignore[no-any-return]
