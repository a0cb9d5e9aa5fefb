"""`airledger serve`: all loops in one process, the web among them; SIGTERM drains."""

import asyncio
import contextlib
import gc
import secrets
import signal
import socket
import string
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import FrameType

import structlog
import uvicorn

from consumers.loops import Loop
from consumers.runtime import Ledger, new_id, now, open_ledger
from consumers.signals.intake import Intake
from consumers.web.app import make_app
from consumers.web.holders import Holders
from consumers.web.services import Services
from ledger.errors import SettingsError
from ledger.settings import Settings

log = structlog.get_logger(__name__)

LONGEST_DRAIN_SECONDS = 20
THREADS = 48
OBJECTS_PER_COLLECTION = 20_000
Play = Callable[[Ledger, str], Awaitable[None]]


class Server(uvicorn.Server):
    """uvicorn without its own signal handling: it raises SIGTERM again once it is done."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process owns its signals."""
        yield

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.servers[0].sockets[0].getsockname()[1])


def serve(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = now,
    play: Play | None = None,
    link: bool = False,
) -> int:
    """Opens the ledger and serves it until SIGTERM or SIGINT; returns the exit status.

    `play` is called with the open ledger and the server's URL once that answers, and the loops
    begin after it: until then, settling the ledger is the play's. `clock` is the ledger's time.
    `link` prints a log-in link for a browser, as does a terminal.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(settings, clock, play, link=link or sys.stdout.isatty()))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(
    settings: Settings, clock: Callable[[], datetime], play: Play | None, *, link: bool
) -> int:
    # Commands and queries wait in threads, a commit for all of them: more than the two cores.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "blocking"))
    ledger = open_ledger(settings, clock=clock)
    projecting = Loop("projector", ledger.projector.fold_some)
    reviewing = Loop("reviews", ledger.reviews.catch_up)
    ticking = Loop("clock", ledger.clock.catch_up)

    def sealed() -> None:
        projecting.wake()
        reviewing.wake()

    sealing = Loop("sealer", _sealing(ledger), then=sealed)
    ledger.executor.on_commit(sealing.wake)
    ending = asyncio.Event()
    services = Services(
        ledger=ledger,
        intake=Intake(ledger.store, ledger.executor, clock=ledger.now, new_id=new_id),
        holders=Holders(ledger.store),
        loops=(sealing, projecting),
        acting=(reviewing, ticking),
        visitor=_token() if link else None,
        draining=ending.is_set,
    )
    server = _server(services, settings)
    _own_signals(ending)
    if play is None:
        _start_loops(services)
    try:
        return await _run(server, services, ending, play)
    finally:
        await asyncio.to_thread(_drain, services)


async def _run(server: Server, services: Services, ending: asyncio.Event, play: Play | None) -> int:
    host = services.ledger.settings.http.host
    serving = asyncio.create_task(server.serve(sockets=[_listening(services.ledger.settings)]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    if serving.done():
        await serving
        return 1
    url = f"http://{f'[{host}]' if ':' in host else host}:{server.port}"
    _collect_seldom()
    _say(f"ready {url}")
    if services.visitor is not None:
        _say(f"log in: {url}/login#token={services.visitor}")
    playing = asyncio.create_task(_play(play, services, url))
    told = asyncio.create_task(ending.wait())
    await asyncio.wait({told, serving}, return_when=asyncio.FIRST_COMPLETED)
    by_itself = not told.done()
    ending.set()
    log.info("draining", by_itself=by_itself)
    playing.cancel()
    server.should_exit = True
    await serving
    return 1 if by_itself else 0


def _collect_seldom() -> None:
    """What lives on is set apart; the rest is looked through seldom.

    A request makes a thousand objects that die with it: looking through them as often as the
    interpreter does by itself took a fifth of the door's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _play(play: Play | None, services: Services, url: str) -> None:
    if play is not None:
        await play(services.ledger, url)
        _start_loops(services)


def _start_loops(services: Services) -> None:
    for loop in services.every_loop:
        loop.start()


def _sealing(ledger: Ledger) -> Callable[[], bool]:
    sealed = -1

    def step() -> bool:
        nonlocal sealed
        size = ledger.store.size()
        if size == sealed:
            return False
        before, sealed = sealed, ledger.sealer.seal().size
        return before != sealed

    return step


def _server(services: Services, settings: Settings) -> Server:
    config = uvicorn.Config(
        make_app(services),
        host=settings.http.host,
        port=settings.http.port,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=LONGEST_DRAIN_SECONDS,
        backlog=2048,
    )
    return Server(config)


def _listening(settings: Settings) -> socket.socket:
    http = settings.http
    try:
        family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
        return socket.create_server((http.host, http.port), family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"Cannot listen on {http.host}:{http.port}: {error}.",
            remedy="Name another with --host and --port; port 0 takes a free one.",
        ) from error


def _own_signals(ending: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def end(number: int, _: FrameType | None = None) -> None:
        log.info("signal", signal=signal.Signals(number).name)
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)


def _drain(services: Services) -> None:
    """What was committed is sealed and projected before the process leaves."""
    for loop in services.acting:
        loop.stop()
    services.ledger.executor.close()
    for loop in services.loops:
        loop.stop()
    services.ledger.close()


def _token() -> str:
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(32))
