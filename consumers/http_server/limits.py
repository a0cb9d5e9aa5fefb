"""What one connection may cost before its token is known, and how long each step of it may take.

The figures are constants: a sender that needs more than one of them is no alerting system, and a
proxy in front of the server (nginx, HAProxy) has its own, which are no larger by default.
"""

import resource
from typing import NamedTuple

REQUEST_LINE_BYTES = 8 * 1024
"""Method, target and version; nginx allows as much. A longer target is 414."""
HEADER_BYTES = 64 * 1024
"""All header lines of a request, or all trailers of a body; room for a proxy's cookies. 431."""
HEADERS = 100
"""Header lines of a request; Apache allows as many. 431."""
FRAMING_BYTES_PER_BODY_BYTE = 8
"""Chunks of one byte take five bytes of framing each; more is no body. 400."""
PIPELINED = 16
"""Requests that wait for the answer to the one before on a connection. 400."""
WRITE_BUFFER_BYTES = 64 * 1024
"""Above this an answer waits for its reader."""
LINGER_BYTES = 1024 * 1024
"""How much of a refused request is read and dropped, so that its sender sees the answer."""
LINGER_BYTES_KNOWN = 20 * 1024 * 1024
"""The same after a token was accepted: more than the largest body that any route takes."""

HEAD_SECONDS = 10.0
"""From a connection's start, or a request's first byte, to the end of its headers. 408."""
BODY_GRACE_SECONDS = 10.0
BODY_BYTES_PER_SECOND = 1024
"""A body may take the grace and a second for each so many bytes that arrived. 408."""
BODY_SECONDS = 120.0
"""What any body may take in all. 408."""
UPLOAD_SECONDS = 3600
"""The same for a body that is stored as it arrives. 408."""
STALLED_WRITE_SECONDS = 30.0
"""How long a reader may take nothing of its answer, before the connection is cut."""
LINGER_SECONDS = 2.0
DRAIN_SILENCE_SECONDS = 3.0
"""The same for bodies and readers once the process is about to end."""

FILES_KEPT_BACK = 256
"""Open files that are not connections': the stores' (three a connection to SQLite), Kafka's."""
FEWEST_CONNECTIONS = 16


class Capacity(NamedTuple):
    """How many connections are held at a time, and how many of them from one address."""

    connections: int
    of_one_address: int


def capacity() -> Capacity:
    """As many as the process may open files, less those that it needs itself.

    One address has half of them, so that others are served beside it; a trusted proxy has all.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        files = 65_536
    most = max(FEWEST_CONNECTIONS, files - min(FILES_KEPT_BACK, files // 2))
    return Capacity(most, max(1, most // 2))
