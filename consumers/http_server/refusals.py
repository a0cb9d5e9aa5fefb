"""Refusals of the HTTP protocol: their responses, and rate-limited log lines."""

import time
from collections import Counter
from http import HTTPStatus

import msgspec
import structlog

log = structlog.get_logger(__name__)

LOG_EVERY_SECONDS = 10.0

_DETAILS = {
    400: ("The request is not valid HTTP/1.1.", "Send well-formed requests, one after the other."),
    408: ("The request did not arrive in time.", "Send it again without pauses."),
    414: ("The request's target is longer than 8 KiB.", "Send long values in the body."),
    431: (
        "The request has more than 100 header lines or trailers, or more than 64 KiB of them.",
        "Send fewer.",
    ),
    503: ("The server cannot answer this connection now.", "Send the request again in a moment."),
}


def problem_response(status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
    """A complete response that closes the connection: an RFC 9457 problem."""
    phrase = HTTPStatus(status).phrase
    detail, remedy = _DETAILS[status]
    body = msgspec.json.encode(
        {
            "type": "about:blank",
            "title": phrase,
            "status": status,
            "detail": detail,
            "remedy": remedy,
        }
    )
    lines = [
        f"HTTP/1.1 {status} {phrase}".encode(),
        *(b"%b: %b" % header for header in headers),
        b"content-type: application/problem+json",
        b"content-length: %d" % (len(body) + 1),
        b"connection: close",
        *([b"retry-after: 2"] if status == 503 else []),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body + b"\n"


class Refusals:
    """Counts refusals by reason and logs the counts, so that peers cannot fill the log."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._next = 0.0

    def count(self, reason: str) -> None:
        """Counts a refusal; the first after a pause is logged at once."""
        self._counts[reason] += 1
        self.log_counts()

    def log_counts(self, *, at_once: bool = False) -> None:
        """Logs the counts since the last line, at most every ten seconds."""
        if not self._counts or (not at_once and time.monotonic() < self._next):
            return
        log.warning("connections_refused", **self._counts)
        self._counts.clear()
        self._next = time.monotonic() + LOG_EVERY_SECONDS
