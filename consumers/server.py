"""uvicorn as this project runs it: no signals of its own, on a socket that is bound before."""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from litestar import Litestar

from ledger.errors import SettingsError
from ledger.settings import HttpSettings

LONGEST_DRAIN_SECONDS = 20
BACKLOG = 2048


class Server(uvicorn.Server):
    """Serves on one socket until `should_exit` is set."""

    def __init__(self, config: uvicorn.Config, bound: socket.socket) -> None:
        super().__init__(config)
        self._bound = bound

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process owns its signals: uvicorn raises SIGTERM again once it is done."""
        yield

    async def serve_bound(self) -> None:
        """Serves until it is told to end."""
        await self.serve(sockets=[self._bound])

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self.config.host, self._bound.getsockname()[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def server_of(app: Litestar, http: HttpSettings) -> Server:
    """A server of the application. Raises SettingsError where it cannot listen."""
    config = uvicorn.Config(
        app,
        host=http.host,
        port=http.port,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=LONGEST_DRAIN_SECONDS,
        backlog=BACKLOG,
    )
    return Server(config, _listening(http))


def _listening(http: HttpSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
        return socket.create_server((http.host, http.port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"Cannot listen on {http.host}:{http.port}: {error}.",
            remedy="Name another with --host and --port; port 0 takes a free one.",
        ) from error
