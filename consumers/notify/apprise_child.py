"""Sends one message by Apprise, in a process of its own, and says what came of it.

It reads a `Task` as JSON from standard input and writes an `Answer` as JSON to standard output. It
imports nothing of ours, so that it starts fast. What it asks over HTTP follows no redirection and
reads no more of an answer than `answer_bytes`, and the whole ends after `seconds`, whatever a
service does: the system ends the process.
"""

import json
import os
import signal
import sys
from typing import Any, TypedDict

NOT_KNOWN, NOT_TAKEN, TAKEN = "not known", "not taken", "taken"
"""What came of it: Apprise knows no such address, the service did not take it, or took it."""


class Task(TypedDict):
    """What to send where. `url` is a secret."""

    url: str
    title: str
    body: str
    seconds: int
    answer_bytes: int


class Answer(TypedDict):
    """What came of it.

    `came` is one of the three words above, `service` Apprise's own name of the service, `status`
    that of the last answer over HTTP (0 for none), `causes` the names of the classes of the last
    error, the deepest first.
    """

    came: str
    service: str
    status: int
    causes: list[str]


def causes_of(error: BaseException) -> list[BaseException]:
    """An error and what it was raised from, the deepest first."""
    found: dict[int, BaseException] = {}
    left = [error]
    while left:
        each = left.pop()
        if id(each) not in found:
            found[id(each)] = each
            within = (*each.args, *getattr(each, "exceptions", ()), getattr(each, "reason", None))
            causes = (*within, each.__context__, each.__cause__)  # urllib3 wraps by arguments
            left.extend(cause for cause in causes if isinstance(cause, BaseException))
    return [*reversed(found.values())]


def names_of(error: BaseException) -> list[str]:
    """The names of its classes and of those of its causes, the deepest first."""
    names = (kind.__name__ for each in causes_of(error) for kind in type(each).__mro__)
    return [*dict.fromkeys(names)]


class RedirectedError(Exception):
    """A service leads elsewhere, which is not followed."""


class TooLongError(Exception):
    """What a service answers is too long."""


def _bound(most: int, answer: Answer) -> None:
    """Bounds each request of `requests`, which all services over HTTP use."""
    import requests
    from requests.adapters import HTTPAdapter

    plain = HTTPAdapter.send

    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            got = plain(self, request, *args, **kwargs)
            answer["status"], answer["causes"] = got.status_code, []
            _read(got, most)
        except requests.RequestException as error:
            answer["causes"] = names_of(error)
            raise
        return got

    HTTPAdapter.send = send  # type: ignore[method-assign]


def _read(got: Any, most: int) -> None:
    """Reads an answer whole. Raises RequestException where it redirects, or is too long."""
    from requests import RequestException

    if got.is_redirect:
        got.close()
        raise RequestException from RedirectedError()
    read = b""
    for part in got.iter_content(16 * 1024):
        read += part
        if len(read) > most:
            got.close()
            raise RequestException from TooLongError()
    got._content = read


def _sent(task: Task) -> Answer:
    import apprise

    answer = Answer(came=NOT_KNOWN, service="", status=0, causes=[])
    _bound(task["answer_bytes"], answer)
    service = apprise.Apprise()
    if service.add(task["url"]):
        answer["service"] = f"{service[0].service_name}"
        taken = service.notify(title=task["title"], body=task["body"])
        answer["came"] = TAKEN if taken else NOT_TAKEN
    return answer


def main() -> None:
    """The program."""
    task: Task = json.load(sys.stdin)
    signal.alarm(task["seconds"])  # which ends it also where nobody waits for it any more
    said = os.fdopen(os.dup(1), "w")
    for stream in (1, 2):  # what a service prints may hold its address
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    with said:
        json.dump(_sent(task), said)


if __name__ == "__main__":
    main()
