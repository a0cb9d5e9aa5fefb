"""The process: takes the webhook's events, and answers what waits until it is told to end."""

import asyncio
import signal
import sys
import time
from contextlib import suppress
from typing import Any

import structlog
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State

from consumers.github.answering import Answering
from consumers.github.settings import Rule
from consumers.github.waiting import WaitingList
from consumers.github.webhook import (
    BODY_BYTES,
    EVENT,
    RULE_EVENT,
    NotSigned,
    parse_request,
    require_signed,
)
from consumers.runtime.server import Server, server_of
from ledger.errors import Invalid
from ledger.settings import HttpSettings

log = structlog.get_logger(__name__)
PATH = "/github"


def serve(
    rule: Rule, waiting: WaitingList, answering: Answering, http: HttpSettings, every: float
) -> int:
    """Serves until SIGTERM or SIGINT, and asks again every so many seconds; the exit status.

    Prints "ready http://HOST:PORT" when it is.
    """
    return asyncio.run(_serve(rule, waiting, answering, http, every))


@post(PATH, status_code=202, media_type="text/plain", include_in_schema=False)
async def receive(request: Request[Any, Any, Any], state: State) -> Response[str]:
    """An event of the webhook: kept before it is answered, so that none is lost."""
    body = await request.body()
    rule: Rule = state["rule"]
    try:
        require_signed(rule, request.headers, body)
    except NotSigned as error:
        log.warning("webhook_not_signed")
        return Response(str(error), status_code=401, media_type="text/plain")
    event = request.headers.get(EVENT, "")
    if event != RULE_EVENT:
        return Response(f"{event[:100]} is not waited for.", status_code=202)
    try:
        asked = parse_request(rule, body, time.time())
    except Invalid as error:
        log.warning("webhook_refused", error=error.message)
        return Response(str(error), status_code=422, media_type="text/plain")
    await asyncio.to_thread(state["waiting"].add, asked)
    state["arrived"].set()
    return Response("It waits.", status_code=202)


@get("/health/live", media_type="text/plain", include_in_schema=False)
async def live() -> str:
    """That the process answers."""
    return "live"


async def _serve(
    rule: Rule, waiting: WaitingList, answering: Answering, http: HttpSettings, every: float
) -> int:
    ending, arrived = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    app = Litestar(
        route_handlers=[receive, live],
        state=State({"rule": rule, "waiting": waiting, "arrived": arrived}),
        request_max_body_size=BODY_BYTES,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    server = server_of(app, http)
    serving = asyncio.create_task(server.serve_bound())
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event
        await asyncio.sleep(0.01)
    sys.stdout.write(f"ready {server.url}\n")
    sys.stdout.flush()
    answers = asyncio.create_task(_answer(answering, arrived, every))
    ended = asyncio.create_task(ending.wait())
    await asyncio.wait({ended, serving, answers}, return_when=asyncio.FIRST_COMPLETED)
    by_itself = not ended.done()
    return await _drained(server, serving, answers, by_itself=by_itself)


async def _answer(answering: Answering, arrived: asyncio.Event, every: float) -> None:
    while True:
        arrived.clear()
        await asyncio.to_thread(answering.answer_all)
        with suppress(TimeoutError):
            await asyncio.wait_for(arrived.wait(), every)


async def _drained(
    server: Server, serving: asyncio.Task[None], answers: asyncio.Task[None], *, by_itself: bool
) -> int:
    """Ends the server, then the answers; raises what ended them."""
    server.should_exit = True
    await serving
    if answers.done():
        answers.result()
    answers.cancel()
    with suppress(asyncio.CancelledError):
        await answers
    return 1 if by_itself else 0
