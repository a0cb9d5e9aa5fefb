"""Runs what may hang, for so long: what does not end in time is left behind.

A timeout of a library bounds each read, of which a slow receiver causes any number, and none bounds
the look-up of a name.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Generic, TypeVar

from consumers.notify.outcome import Failed
from consumers.notify.reasons import NO_ANSWER

T = TypeVar("T")
ENDED = "this process ended before there was an answer"


class Bounded(Generic[T]):
    """Runs in threads that a process does not wait for at its end. Any thread may use it."""

    def __init__(self) -> None:
        self._under_way: set[Future[T]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, work: Callable[[], T], seconds: float) -> T:
        """What the work returns or raises. Raises Failed after so long, and at the end. Blocking.

        Work that is left behind has to end by itself.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._ended:
                raise Failed(ENDED)
            self._under_way.add(future)
        try:
            threading.Thread(target=_into, args=(future, work), daemon=True).start()
            return future.result(seconds)
        except TimeoutError as error:
            raise Failed(NO_ANSWER) from error
        finally:
            with self._lock:
                self._under_way.discard(future)

    def end(self) -> None:
        """Leaves all behind that is under way, and runs nothing more."""
        with self._lock:
            self._ended = True
            for future in self._under_way:
                with suppress(InvalidStateError):
                    future.set_exception(Failed(ENDED))


def _into(future: Future[T], work: Callable[[], T]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
        with suppress(InvalidStateError):
            future.set_exception(error)
    else:
        with suppress(InvalidStateError):
            future.set_result(result)
