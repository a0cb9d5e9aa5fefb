"""uvicorn's HTTP/1.1 protocol with limits on size and time.

uvicorn and httptools limit neither header lines nor trailers nor the time of a peer. The parser is
httptools; bytes are counted as they are fed to it, and in its callbacks.
"""

import asyncio
from enum import Enum, auto
from typing import Any

import httptools
from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, ASGISendEvent
from uvicorn._types import Scope as AsgiScope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from consumers.http_server import limits
from consumers.http_server.connections import Connections, TimedConnection
from consumers.http_server.refusals import problem_response

_CLOSE = (b"connection", b"close")
UPLOADS = "uploads"
"""The key, in a request's state, of a body that is stored as it arrives: it may take longer."""


class _Excess(Exception):
    """Stops the parser from one of its callbacks."""


class Stage(Enum):
    """The state of a connection."""

    NOTHING = auto()
    """Nothing was received since the last request or the connection's start."""
    HEAD = auto()
    BODY = auto()
    LINGER = auto()
    """The response is final; further input is discarded."""
    REFUSED = auto()


class BoundedProtocol(HttpToolsProtocol, TimedConnection):
    """A connection. See `consumers.http_server.limits`."""

    def __init__(
        self,
        config: Config,
        server_state: Connections,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._all = server_state
        self._address = ""
        self._stage = Stage.NOTHING
        self._since = self._checked = self.loop.time()
        self._raw = self._content = self._header_bytes = self._dropped = 0
        self._body_at = 0.0
        self._excess = 400
        self._upgraded = self._final = self._asked = False
        self._unsent, self._sent_at = 0, self._since
        self._answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accepts the peer, or answers 503 if there are too many connections."""
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._all.admit(self._address):
            self.transport, self._stage = transport, Stage.REFUSED
            self._all.refusals.count("too_many_connections")
            transport.write(problem_response(503, self._all.default_headers))
            transport.close()
            return
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=limits.WRITE_BUFFER_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Releases the connection, and ends the request that is being answered.

        uvicorn ends the newest request, which is another one if the peer pipelines: the current one
        would write to a closed transport, for which uvloop raises RuntimeError.
        """
        if self._stage is not Stage.REFUSED:
            self._all.leave(self._address)
        super().connection_lost(exc)
        if self._answering is not None and not self._answering.response_complete:
            _disconnect(self._answering)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, unless the peer exceeded a limit."""
        if self._stage is Stage.REFUSED or self._upgraded:
            return
        if self._stage is Stage.LINGER:
            self._drop(len(data))
            return
        self._unset_keepalive_if_required()
        if self._stage is Stage.NOTHING:
            self._expect_head()
        self._raw += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgraded = True  # answered like any request; nothing more is read
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self._refuse(self._excess)
        else:
            self._require_little()

    def _expect_head(self) -> None:
        self._stage, self._since = Stage.HEAD, self.loop.time()
        self._raw = self._header_bytes = 0

    def _require_little(self) -> None:
        """Refuses incomplete input above a limit: the parser buffers it without a callback."""
        if self._stage is Stage.HEAD and self._raw > limits.HEADER_BYTES:
            self._refuse(431)
        elif self._stage is Stage.BODY:
            framing = self._raw - self._content
            most = limits.HEADER_BYTES + limits.FRAMING_BYTES_PER_BODY_BYTE * self._content
            if framing > most:
                self._refuse(400)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        """A part of the target. Stops the parser if it is too long: 414."""
        super().on_url(url)
        if len(self.url) > limits.REQUEST_LINE_BYTES:
            self._stop(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which is counted and discarded. Stops the parser: 431."""
        self._header_bytes += len(name) + len(value) + 4
        if self._header_bytes > limits.HEADER_BYTES:
            self._stop(431)
        if self._stage is not Stage.HEAD:
            return
        super().on_header(name, value)
        if len(self.headers) > limits.HEADERS:
            self._stop(431)

    def on_headers_complete(self) -> None:
        """Passes the request to the application."""
        if len(self.pipeline) >= limits.PIPELINED:
            self._stop(400)
        super().on_headers_complete()
        self._asked = True
        self._stage = Stage.BODY
        self._since = self._body_at = self.loop.time()
        self._raw = self._content = self._header_bytes = 0

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._content += len(body)
        self._body_at = self.loop.time()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        super().on_message_complete()
        self._stage = Stage.NOTHING

    def _stop(self, status: int) -> None:
        self._excess = status
        raise _Excess

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        async def closing(
            scope: AsgiScope, receive: ASGIReceiveCallable, send: ASGISendCallable
        ) -> None:
            async def send_on(message: ASGISendEvent) -> None:
                if message["type"] != "http.response.start" or not cycle.more_body:
                    await send(message)
                    return
                message["headers"] = [*message.get("headers", ()), _CLOSE]
                await send(message)
                cycle.keep_alive, self._final = True, True  # `_linger` closes the connection

            await app(scope, receive, send_on)

        self._answering = cycle
        super()._start_asgi_task(cycle, closing)

    def on_response_complete(self) -> None:
        """Continues with the next request, or closes if the body was not read completely."""
        if self._final and self.cycle.response_complete:
            self._all.total_requests += 1
            self.flow.resume_reading()
            self._linger()
        else:
            super().on_response_complete()

    def _linger(self) -> None:
        """Ends the response and discards input: an immediate close could reset it."""
        self._stage, self._since, self._dropped = Stage.LINGER, self.loop.time(), 0
        if not self.transport.is_closing():
            self.transport.write_eof()

    def _drop(self, count: int) -> None:
        self._dropped += count
        known = self._asked and "caller" in self.scope["state"]
        if self._dropped > (limits.LINGER_BYTES_KNOWN if known else limits.LINGER_BYTES):
            self.transport.abort()

    def _refuse(self, status: int) -> None:
        """Answers instead of the application if it sent nothing, and closes."""
        self._all.refusals.count(f"status_{status}")
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and cycle.response_complete:
            cycle = None
        if cycle is not None and (cycle.response_started or self.pipeline):
            self.transport.close()
            return
        if not self.transport.is_closing():
            self.transport.write(problem_response(status, self._all.default_headers))
        if cycle is not None:
            _disconnect(cycle)
        self.flow.resume_reading()
        self._linger()

    def check(self, now: float) -> None:
        """Closes the connection if the peer took too long."""
        passed, self._checked = now - self._checked, now
        if self._stalled(now):
            self._all.refusals.count("reader_stalled")
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._stage is Stage.LINGER and now - self._since > limits.LINGER_SECONDS:
            self.transport.abort()
        elif self._stage is Stage.NOTHING and not self._asked:
            if now - self._since > limits.HEAD_SECONDS:
                self.transport.close()  # not a refusal: browsers connect in advance
        elif self._stage in {Stage.HEAD, Stage.BODY}:
            if self._waits_for_us():
                self._since += passed
                self._body_at += passed
            elif (status := self._late(now)) is not None:
                self._refuse(status)

    def _waits_for_us(self) -> bool:
        if self.flow.read_paused:
            return True
        return self._stage is Stage.BODY and (
            self.cycle.waiting_for_100_continue or bool(self.pipeline)
        )

    def _late(self, now: float) -> int | None:
        """The status for a request that took too long; None if it did not."""
        taken = now - self._since
        if self._stage is Stage.HEAD:
            return 408 if taken > limits.HEAD_SECONDS else None
        if (draining := self._all.draining_since) is not None:
            silent = now - max(draining, self._body_at)
            return 503 if silent > limits.DRAIN_SILENCE_SECONDS else None
        most = limits.BODY_GRACE_SECONDS + self._content / limits.BODY_BYTES_PER_SECOND
        uploads = UPLOADS in self.scope["state"]
        in_all = limits.UPLOAD_SECONDS if uploads else limits.BODY_SECONDS
        return 408 if taken > min(most, in_all) else None

    def _stalled(self, now: float) -> bool:
        """Whether the peer has not read the response for too long."""
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = unsent
        if not unsent or unsent < before:
            self._sent_at = now
        most = limits.STALLED_WRITE_SECONDS
        if (draining := self._all.draining_since) is not None:
            most = limits.DRAIN_SILENCE_SECONDS
            return bool(unsent) and now - max(draining, self._sent_at) > most
        return now - self._sent_at > most


def _disconnect(cycle: RequestResponseCycle) -> None:
    """Signals the application that the peer is gone: its output is discarded."""
    cycle.disconnected = True
    cycle.message_event.set()
