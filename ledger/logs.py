"""What a process says while it runs: JSON lines on stderr, coloured text where that is a terminal.

Our own loggers (`structlog.get_logger()`) and those of libraries come out of one handler. Give
uvicorn `log_config=None` and Litestar `logging_config=None`, or they add handlers of their own.
"""

import logging
import os
import re
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# A sender that cannot set headers puts its token into the path (`/v1/signals/<kind>/<token>`);
# whatever stands in that place is hidden, so that a mistyped or encoded token is, too.
_TOKEN_IN_PATH = re.compile(r"(/v1/+signals/+[^/\s]+/+)[^/\s?#\"'\\\x1b]+", re.IGNORECASE)
# They bring handlers of their own.
_SERVERS = ("uvicorn", "uvicorn.access", "uvicorn.error")
# They say at level info what only a debugger wants to know.
_TALKATIVE = ("aiokafka", "httpcore", "httpx")


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send all logging from `level` on to `stream` (default: stderr). Safe to call again."""
    stream = stream or sys.stderr
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        cache_logger_on_first_use=True,
    )
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_common(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(stream),
                _hide_tokens,
            ],
        )
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(threshold)
    for name in _SERVERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def hide_tokens(text: str) -> str:
    """The text, with `***` for every token in a path."""
    return _TOKEN_IN_PATH.sub(r"\1***", text)


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, told apart from those that others put beside it."""


def _common() -> tuple[Processor, ...]:
    return (
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )


def _renderers(stream: TextIO) -> tuple[Processor, ...]:
    """Tracebacks are plain in both: richer ones print local variables, and so secrets."""
    if stream.isatty():
        return (
            structlog.dev.ConsoleRenderer(
                colors="NO_COLOR" not in os.environ,
                exception_formatter=structlog.dev.plain_traceback,
            ),
        )
    return (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())


def _hide_tokens(_logger: WrappedLogger, _method: str, line: str | EventDict) -> str:
    """Works on the finished line: message, fields and traceback alike."""
    return hide_tokens(str(line))
