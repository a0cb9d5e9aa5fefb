"""uvicorn without its signal handlers, on a socket that is bound before."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from litestar import Litestar

from consumers.http_server.connections import Connections
from consumers.http_server.limits import capacity
from consumers.http_server.protocol import BoundedProtocol
from consumers.web.edge import Edge
from ledger.errors import SettingsError
from ledger.settings import HttpSettings

LONGEST_DRAIN_SECONDS = 20
CUT_BEFORE_SECONDS = 2
"""So long before the longest drain's end, connections are cut: then no request is cancelled."""
BACKLOG = 2048


class Server(uvicorn.Server):
    """Serves on one socket until `should_exit` is set."""

    def __init__(
        self, config: uvicorn.Config, bound: socket.socket, connections: Connections
    ) -> None:
        super().__init__(config)
        self.server_state = self._all = connections
        self._bound = bound

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process owns its signals: uvicorn raises SIGTERM again once it is done."""
        yield

    async def serve_bound(self) -> None:
        """Serves until it is told to end."""
        watching = asyncio.create_task(
            self._all.watch(longest_drain=LONGEST_DRAIN_SECONDS - CUT_BEFORE_SECONDS)
        )
        try:
            await self.serve(sockets=[self._bound])
        finally:
            watching.cancel()
            self._all.refusals.log_counts(at_once=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Lets requests under way end; peers that are silent are not waited for."""
        self._all.draining_since = asyncio.get_running_loop().time()
        await super().shutdown(sockets)

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self.config.host, self._bound.getsockname()[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def server_of(app: Litestar, http: HttpSettings) -> Server:
    """A server of the application. Raises SettingsError where it cannot listen."""
    config = uvicorn.Config(
        Edge(app, http),
        http=BoundedProtocol,
        ws="none",
        proxy_headers=bool(http.trusted_proxies),
        forwarded_allow_ips=list(http.trusted_proxies),
        timeout_keep_alive=http.keep_alive,
        host=http.host,
        port=http.port,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=LONGEST_DRAIN_SECONDS,
        backlog=BACKLOG,
    )
    return Server(config, _listening(http), Connections(capacity(), http.trusted_proxies))


def _listening(http: HttpSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
        return socket.create_server((http.host, http.port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"Cannot listen on {http.host}:{http.port}: {error}.",
            remedy="Name another with --host and --port; port 0 takes a free one.",
        ) from error
