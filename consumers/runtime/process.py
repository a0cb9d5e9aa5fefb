"""A serving process: opens the ledger for its roles, runs loops and HTTP; SIGTERM drains it."""

import asyncio
import signal
import stat
import sys
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from types import FrameType

import structlog

from consumers.access.tokens import random_token
from consumers.commands.policy_history import log_absent_keys
from consumers.container.guarded_clock import poll_clock
from consumers.container.ledger import Ledger, now, open_ledger
from consumers.container.roles import EVERY_ROLE, WRITER_ROLES, Role
from consumers.container.waiting import event_within
from consumers.metrics.counters import observe_commit
from consumers.reactor import FOLLOWERS
from consumers.read_service.untold import log_untold
from consumers.runtime.garbage_collection import collect_seldom
from consumers.runtime.server import Server, server_of
from consumers.runtime.workers import PROJECTOR, SEALER, SENDER, SIGNS, loops_of, relay_of, tasks_of
from consumers.web.app import make_app
from consumers.web.services import WebServices
from consumers.web.sessions import LoginLink
from ledger.errors import Unavailable
from ledger.settings import Settings

log = structlog.get_logger(__name__)

THREADS = 48
AGAIN_AFTER_SECONDS = 1.0
Play = Callable[[Ledger, str, str], Awaitable[None]]


def serve(
    settings: Settings,
    *,
    roles: Collection[Role] = EVERY_ROLE,
    clock: Callable[[], datetime] = now,
    play: Play | None = None,
    link: bool = False,
) -> int:
    """Opens the ledger and does these roles until SIGTERM or SIGINT; returns the exit status.

    `play` is called with the open ledger, the server's URL and the log-in link (empty where there
    is none) once that answers, and the loops begin after it: until then, settling the ledger is the
    play's. `clock` is the ledger's time. `link` prints a log-in link for a browser, as does a
    terminal.
    """
    link = Role.WEB in roles and (link or sys.stdout.isatty())
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_serve(settings, frozenset(roles), clock, play, link=link))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(
    settings: Settings,
    roles: frozenset[Role],
    clock: Callable[[], datetime],
    play: Play | None,
    *,
    link: bool,
) -> int:
    # Commands and queries wait in threads, a commit for all of them: more than the two cores.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "blocking"))
    ending = asyncio.Event()
    _own_signals(ending)
    ledger = await _open_when_available(settings, roles, clock, ending)
    if ledger is None:
        return 0
    _warn_of_keys(settings)
    relay = relay_of(ledger, roles)
    services = WebServices(
        ledger=ledger,
        roles=roles,
        loops=loops_of(ledger, roles),
        tasks=tasks_of(ledger, roles, relay),
        relay=relay,
        link=LoginLink(random_token()) if link else None,
        draining=ending.is_set,
    )
    if not WRITER_ROLES.isdisjoint(roles):
        ledger.executor.measure(observe_commit)
        await asyncio.to_thread(log_absent_keys, ledger.store)
    if Role.REACTOR in roles:
        await asyncio.to_thread(log_untold, ledger)
    try:
        server = server_of(make_app(services), settings.http)
        if play is None:
            _start_loops(services)
        return await _run(server, services, ending, play)
    finally:
        await asyncio.gather(*(task.stop() for task in services.tasks))
        await asyncio.to_thread(_drain, services)


async def _open_when_available(
    settings: Settings,
    roles: frozenset[Role],
    clock: Callable[[], datetime],
    ending: asyncio.Event,
) -> Ledger | None:
    """The ledger, as soon as its database answers; None where the process ends before.

    An embedded ledger's file that cannot be opened raises at once.
    """
    if settings.embedded or Role.SEALER in roles:
        await _recover_checkpoint(settings)
    reported = ""
    while not ending.is_set():
        try:
            return await asyncio.to_thread(open_ledger, settings, clock=clock, roles=roles)
        except Unavailable as error:
            if settings.embedded:
                raise
            if reported != error.message:
                reported = error.message
                log.warning("waiting_for_the_store", reason=reported, remedy=error.remedy)
            await event_within(ending, AGAIN_AFTER_SECONDS)
    return None


def _warn_of_keys(settings: Settings) -> None:
    """Says so where others may read a key that signs: whoever has it can sign in its place."""
    for path in (settings.key_path, settings.release_key_path):
        with suppress(OSError):
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & 0o077:
                log.warning(
                    "signing_key_is_readable",
                    path=str(path),
                    mode=f"{mode:04o}",
                    remedy=f"Take the rights of others: chmod 600 {path}.",
                )


async def _recover_checkpoint(settings: Settings) -> None:
    if settings.kafka.bootstrap_servers:
        from consumers.kafka.checkpoint_recovery import (
            recover_checkpoint,
        )  # costs a quarter of a second

        await recover_checkpoint(settings)


async def _run(
    server: Server, services: WebServices, ending: asyncio.Event, play: Play | None
) -> int:
    serving = asyncio.create_task(server.serve_bound())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    if serving.done():
        await serving
        return 1
    collect_seldom()
    _print(f"ready {server.url}")
    link = ""
    if services.link is not None:
        link = f"{_base(services, server)}/login#token={services.link.token}"
        _print(f"log in: {link}")
    playing = asyncio.create_task(_play(play, services, server.url, link))
    polling = asyncio.create_task(poll_clock(services.ledger.now))
    ended = asyncio.create_task(ending.wait())
    await asyncio.wait({ended, serving}, return_when=asyncio.FIRST_COMPLETED)
    by_itself = not ended.done()
    ending.set()
    log.info("draining", by_itself=by_itself)
    playing.cancel()
    polling.cancel()
    server.should_exit = True
    await serving
    return 1 if by_itself else 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _base(services: WebServices, server: Server) -> str:
    http = services.ledger.settings.http
    return http.public_url or f"{server.url}{http.prefix}"


async def _play(play: Play | None, services: WebServices, url: str, link: str) -> None:
    if play is not None:
        await play(services.ledger, url, link)
        _start_loops(services)


def _start_loops(services: WebServices) -> None:
    for loop in services.working:
        loop.start()


def _own_signals(ending: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def end(number: int, _: FrameType | None = None) -> None:
        log.info("signal", signal=signal.Signals(number).name)
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)


def _drain(services: WebServices) -> None:
    """What was committed is sealed and projected before the process leaves.

    First those end that append, then those that follow them. No further notification is tried: what
    is due is sent by the next process.
    """
    if SENDER in services.loops:
        services.ledger.sender.tries.finish()
    for name in (SIGNS, SENDER, *(of.name for of in FOLLOWERS), None, SEALER, PROJECTOR):
        if name is None:
            services.ledger.finish()
        elif (loop := services.loops.get(name)) is not None:
            loop.stop()
    services.ledger.close()
