"""Content codings: bodies that come compressed, decoded within a limit.

gzip is what OpenTelemetry's collector, Vector, Fluent Bit and rsyslog send by default or by choice;
deflate is their zlib, which some send without its header. Alertmanager, Grafana and PagerDuty's
clients compress nothing. zstd and snappy are not in Python's library, and are refused with what is
read. What is kept of a body, its digest and a signature are of the decoded bytes: the same body is
the same, however it was carried. Source: RFC 9110, 8.4.1 and 15.5.16.
"""

import zlib
from collections.abc import Mapping

CONTENT_ENCODING = "content-encoding"
ACCEPTED = "gzip, deflate"
"""What is read, as Accept-Encoding says it."""
MOST_MEMBERS = 16
"""So many gzip members one body may be of; each costs a copy of the rest."""
_NAMES = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_WINDOWS = {"gzip": (zlib.MAX_WBITS | 16,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}


class NotSupported(ValueError):
    """A content coding that is not supported."""


class NotDecoded(ValueError):
    """The reason why a body cannot be decoded; continues "The body "."""


class Oversized(ValueError):
    """A body that exceeds its limit once it is decoded."""


def coding_of(headers: Mapping[str, str]) -> str:
    """The coding that Content-Encoding names; empty for none. Raises NotSupported."""
    given = headers.get(CONTENT_ENCODING, "")
    if not given:
        return ""
    named = [name for each in given.split(",") if (name := each.strip().lower()) != "identity"]
    named = [name for name in named if name]
    if not named:
        return ""
    if len(named) > 1 or named[0] not in _NAMES:
        raise NotSupported(
            f"The Content-Encoding {given[:100]!r} is not supported; one of {ACCEPTED} is. Send "
            "the body in one of them, or as it is."
        )
    return _NAMES[named[0]]


def decoded(body: bytes, coding: str, most: int) -> bytes:
    """The body without its coding, of at most so many bytes. Raises NotDecoded or Oversized.

    It costs no more memory than `most` and the body, whatever the body would become.
    """
    why = ""
    for window in _WINDOWS[coding]:
        try:
            return _inflated(body, window, most)
        except zlib.error as error:
            why = why or str(error)
    raise NotDecoded(f"is not {coding}, which its Content-Encoding says: {why}")


def _inflated(body: bytes, window: int, most: int) -> bytes:
    found, rest = bytearray(), body
    for _ in range(MOST_MEMBERS):
        if not rest:
            break
        decoder = zlib.decompressobj(window)
        found += decoder.decompress(rest, most + 1 - len(found))
        if len(found) > most:
            raise Oversized(f"The body has more than {most} bytes once it is decoded.")
        if not decoder.eof:
            raise zlib.error("it ends before its end")
        rest = decoder.unused_data
    if rest:
        raise zlib.error(f"it has more than {MOST_MEMBERS} members")
    return bytes(found)
