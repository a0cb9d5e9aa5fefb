"""The command line and servers that cannot be reached, fail, or are no servers of airledger."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from consumers.read_service.events import EVENTS_PER_READ
from tests.e2e.away import Both, both_in
from tests.e2e.server import client
from tests.harness.tampering import tamper

pytestmark = pytest.mark.only_on("sqlite", "it is over HTTP that they are alike")

MORE_THAN_AN_ANSWER_BEGINS_WITH = EVENTS_PER_READ
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server that answers every request in this way; its URL."""

    class Handler(BaseHTTPRequestHandler):
        do_GET = do_POST = answer  # noqa: N815 - as http.server names them

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def answer_with(
    to: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]
) -> None:
    to.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        to.send_header(name, value)
    to.end_headers()
    to.wfile.write(body)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with both_in(tmp_path_factory.mktemp("remote")) as both:
        yield both


def test_a_server_that_cannot_be_reached_is_named_with_what_to_do(both: Both) -> None:
    ended = both.away.run("incidents", env={"AIRLEDGER_URL": "http://127.0.0.1:1"})

    assert (1, "") == (ended.status, ended.text)
    assert "http://127.0.0.1:1 cannot be reached: " in ended.err
    assert "Check the URL (AIRLEDGER_URL, or airledger login)" in ended.err


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (200, b"<html>", {"Content-Type": "text/html"}, "as a server of airledger does"),
        (200, b'{"items": [{}]}', {"Content-Type": "application/json"}, "missing required field"),
        (404, b"nothing", {}, "it answers with status 404"),
        (302, b"", {"Location": "https://ledger.example/"}, "redirects to https://ledger.example/"),
    ],
)
def test_what_is_no_server_of_airledger_is_told_apart(
    both: Both, status: int, body: bytes, headers: dict[str, str], said: str
) -> None:
    with answering(lambda to: answer_with(to, status, body, headers)) as url:
        ended = both.away.run("incidents", env={"AIRLEDGER_URL": url})

    assert (2, "") == (ended.status, ended.text)
    assert said in ended.err


def test_a_page_in_place_of_a_file_is_no_list(both: Both) -> None:
    page = {"Content-Type": "text/html"}
    with answering(lambda to: answer_with(to, 200, b"<html>", page)) as url:
        for form, name in (("csv", "CSV"), ("jsonl", "JSON Lines")):
            ended = both.away.run("incidents", "--format", form, env={"AIRLEDGER_URL": url})
            assert (2, "") == (ended.status, ended.text)
            assert f"a list as {name} came as text/html" in ended.err


def test_a_header_with_no_number_of_ours_is_told_apart(both: Both) -> None:
    wrong = {"Airledger-Position": "9" * 5_000}
    with answering(lambda to: answer_with(to, 200, b"<html>", wrong)) as url:
        ended = both.away.run("incident", "note", "1", "Noted", env={"AIRLEDGER_URL": url})

    assert 2 == ended.status
    assert "as a server of airledger does" in ended.err


def through(both: Both, fails: int, how: Answer) -> Answer:
    """Fails the first commands, then passes requests on to the server."""
    failed: list[BaseHTTPRequestHandler] = []

    def answer(to: BaseHTTPRequestHandler) -> None:
        body = to.rfile.read(int(to.headers.get("content-length", 0)))
        if to.command == "POST" and len(failed) < fails:
            failed.append(to)
            how(to)
            return
        names = ("authorization", "idempotency-key", "content-type")
        headers = {name: to.headers[name] for name in names if name in to.headers}
        url = f"{both.server.url}{to.path}"
        got = httpx.request(to.command, url, content=body, headers=headers)
        kept = {
            name: got.headers[name]
            for name in ("content-type", "airledger-position", "airledger-recorded")
            if name in got.headers
        }
        answer_with(to, got.status_code, got.content, kept)

    return answer


def overload(to: BaseHTTPRequestHandler) -> None:
    answer_with(to, 503, b"", {"Retry-After": "0"})


def hang_up(to: BaseHTTPRequestHandler) -> None:
    to.close_connection = True


@pytest.mark.parametrize("how", [overload, hang_up])
def test_a_command_is_repeated_by_itself_and_recorded_once(both: Both, how: Answer) -> None:
    report = ("incident", "report", "--title", how.__name__, "--system", how.__name__)
    with answering(through(both, 2, how)) as url:
        ended = both.away.run(*report, env={"AIRLEDGER_URL": url})

    listed = both.away.done("incidents", "--system", how.__name__, "--json").json["items"]
    assert (0, "") == (ended.status, ended.err)
    assert [how.__name__] == [each["title"] for each in listed]


def test_a_command_without_an_answer_says_how_to_repeat_it_safely(both: Both) -> None:
    report = ("incident", "report", "--title", "Unanswered", "--system", "unanswered")
    with answering(through(both, 99, hang_up)) as url:
        ended = both.away.run(*report, env={"AIRLEDGER_URL": url})
    [key] = re.findall(r"Repeat it with --idempotency-key (\S+): it is recorded once\.", ended.err)

    repeated = [both.away.done(*report, "--idempotency-key", key).text for _ in range(2)]

    assert (1, True) == (ended.status, "The command may have been recorded." in ended.err)
    assert repeated[0] == repeated[1]
    listed = both.away.done("incidents", "--system", "unanswered", "--json").json["items"]
    assert 1 == len(listed)


def test_a_url_without_encryption_to_another_machine_is_warned_of(both: Both) -> None:
    ended = both.away.run("incidents", env={"AIRLEDGER_URL": "http://ledger.invalid"})

    assert 1 == ended.status
    assert "Warning: http://ledger.invalid is not encrypted" in ended.err
    assert "Warning" not in both.away.done("incidents").err


def test_a_replay_from_away_ends_before_a_sealed_event_that_is_missing(tmp_path: Path) -> None:
    with both_in(tmp_path) as both:
        with client(both.server, both.token) as api:
            for _ in range(MORE_THAN_AN_ANSWER_BEGINS_WITH):
                api.post("/v1/incidents", json={"title": "T", "system": "many"})
        whole = both.away.done("replay").out.splitlines()
        last = len(whole) - 1
        tamper(both.host.data_dir, f"DELETE FROM stored_events WHERE notification_id = {last}")

        cut = both.away.run("replay")
        begun = both.away.run("replay", "--from", str(last - 1))
        on_host = both.host.run("replay")

    assert (1, whole[: last - 1]) == (on_host.status, on_host.out.splitlines())
    assert (1, whole[: last - 1]) == (cut.status, cut.out.splitlines())
    assert "broke off: the server ended, or misses the next event" in cut.err
    assert (1, b"") == (begun.status, begun.out)
    assert f"Event {last - 1} is missing, and {last + 1} were sealed" in begun.err
