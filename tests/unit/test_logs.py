"""What a process says: one JSON object a line, and no token in it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ledger import logs

TOKEN = "0123456789abcdef0123456789ABCDEF"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    """The logging of the process as it was."""
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**before)


def said(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_object_with_time_level_and_logger() -> None:
    stream = io.StringIO()
    logs.configure(stream=stream)

    structlog.get_logger("ledger.store").info("event_appended", stream="alert/1", version=3)

    (line,) = said(stream)
    assert line.pop("timestamp").endswith("Z")
    assert {
        "event": "event_appended",
        "level": "info",
        "logger": "ledger.store",
        "stream": "alert/1",
        "version": 3,
    } == line


def test_a_library_speaks_through_the_same_handler() -> None:
    stream = io.StringIO()
    server = logging.getLogger("uvicorn.access")
    server.addHandler(logging.StreamHandler(io.StringIO()))
    server.propagate = False
    logs.configure(stream=stream)

    server.info('%s - "%s" %d', "127.0.0.1", "GET /", 200)

    (line,) = said(stream)
    assert ("uvicorn.access", '127.0.0.1 - "GET /" 200') == (line["logger"], line["event"])


def test_what_is_below_the_level_is_not_said() -> None:
    stream = io.StringIO()
    logs.configure("warning", stream)

    for logger in (structlog.get_logger(), logging.getLogger("uvicorn.error")):
        logger.info("small_talk")
        logger.warning("heard")

    assert ["heard", "heard"] == [line["event"] for line in said(stream)]


def test_configuring_again_takes_the_place_of_the_first() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.configure(stream=first)
    logs.configure(stream=second)

    logging.getLogger("anyone").info("once")

    assert (0, 1) == (len(said(first)), len(said(second)))


@pytest.mark.parametrize("stream_type", [io.StringIO, Terminal])
def test_a_token_in_a_path_is_hidden_wherever_it_turns_up(stream_type: type[io.StringIO]) -> None:
    stream = stream_type()
    logs.configure(stream=stream)
    path = f"/v1/signals/alertmanager/{TOKEN}"
    log = structlog.get_logger()

    log.info("in_a_field", path=path, nested={"url": f"http://h{path}?x=1"})
    logging.getLogger("uvicorn.access").info('"POST %s HTTP/1.1" %d', path, 202)
    try:
        raise ValueError(path)
    except ValueError:
        log.exception("in_a_traceback")

    assert TOKEN not in stream.getvalue()
    assert stream.getvalue().count("/v1/signals/alertmanager/***") >= 4


def test_a_traceback_shows_no_local_variables() -> None:
    stream = Terminal()
    logs.configure(stream=stream)
    secret = TOKEN

    try:
        raise ValueError(len(secret))
    except ValueError:
        structlog.get_logger().exception("failed")

    assert "Traceback" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"/v1/signals/grafana/{TOKEN}?a=b", "/v1/signals/grafana/***?a=b"),
        (f"//x//v1//signals//grafana//{TOKEN}", "//x//v1//signals//grafana//***"),
        (f"/v1/signals/grafana/%30{TOKEN[1:]} x", "/v1/signals/grafana/*** x"),
        ("/v1/signals/grafana", "/v1/signals/grafana"),
        (f"/v1/incidents/{TOKEN}", f"/v1/incidents/{TOKEN}"),
    ],
)
def test_hide_tokens_hides_the_last_segment_and_no_more(text: str, expected: str) -> None:
    assert expected == logs.hide_tokens(text)
