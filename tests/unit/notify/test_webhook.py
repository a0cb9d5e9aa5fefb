"""A try ends in time, whatever its receiver does, and a status of success is a delivery."""

import json
import socket
import ssl
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from consumers.notify import channels, webhook
from consumers.notify.bounded import Bounded
from consumers.notify.channels import send
from consumers.notify.message import trial
from consumers.notify.outcome import Failed, Sending
from consumers.notify.reasons import reason_of
from consumers.notify.tls import tls
from ledger.settings import GitHubChannel, WebhookChannel
from tests.harness.raw_receiver import (
    ACCEPTED,
    Behaviour,
    RawReceiver,
    drip,
    endless,
    hang,
    raw_receiver,
    say,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SLACK_SECONDS = 5.0
"""For a machine that others use as well."""
EMPTY = b"content-length: 0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


def sent_to(receiver: RawReceiver) -> str:
    """The receipt of a trial."""
    channel = WebhookChannel(kind="webhook", url=receiver.url, secret="secret")
    return send(channel, trial("key", AT, None), Sending("airledger", AT)).receipt


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(webhook, "BODY_SECONDS", 0.5)


@pytest.mark.parametrize(
    "behave",
    [
        hang,
        drip(OK + b"x: " + b"y" * 1000, 0.05),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 99, 0.01),
    ],
    ids=["says nothing", "a byte at a time", "has another continue"],
)
def test_a_receiver_that_does_not_come_to_an_answer_is_left_in_time(behave: Behaviour) -> None:
    with raw_receiver(behave) as receiver:
        begun = time.monotonic()
        with pytest.raises(Failed, match=r"^no answer in time: "):
            sent_to(receiver)
        assert time.monotonic() - begun < webhook.ANSWER_SECONDS + SLACK_SECONDS
        assert 1 == len(receiver.got)


@pytest.mark.parametrize(
    ("behave", "receipt"),
    [
        (endless, "status 202"),
        (drip(ACCEPTED + b"content-length: 99\r\n\r\nid 7", 0.001), "status 202"),
        (say(OK + b"content-length: 99\r\n\r\nid 7"), "status 200"),
        (say(OK + b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\nid 7"), "status 200"),
        (say(OK + b"transfer-encoding: chunked\r\n\r\nno size\r\n"), "status 200"),
        (say(OK + EMPTY, OK + EMPTY), "status 200"),
        (say(OK + b"location: /tickets/7\r\n" + EMPTY), "status 200"),
        (say(OK + b"x-request-id: 7a-b.c_d\r\n" + EMPTY), "status 200, id 7a-b.c_d"),
        (say(OK + b"x-correlation-id: 8f-Q\r\n" + EMPTY), "status 200, id 8f-Q"),
        (say(OK + b"x-request-id: a \x1b[31m\r\n" + EMPTY), "status 200"),
        (say(OK + b"x-request-id: " + b"a" * 65 + b"\r\n" + EMPTY), "status 200"),
    ],
    ids=[
        "an endless body",
        "a body that stops",
        "a body that breaks off",
        "a body in another coding than it says",
        "a body that is none",
        "two answers",
        "a place",
        "an id",
        "another id",
        "an id with control characters",
        "an id that is long",
    ],
)
def test_a_status_of_success_is_a_delivery_whatever_follows_it(
    behave: Behaviour, receipt: str
) -> None:
    with raw_receiver(behave) as receiver:
        begun = time.monotonic()
        assert receipt == sent_to(receiver)
        assert time.monotonic() - begun < webhook.BODY_SECONDS + SLACK_SECONDS
        assert 1 == len(receiver.got)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "the answer is not HTTP, or broke off: check the port"),
        (b"\x00\xff garbage \r\n\r\n", "the answer is not HTTP, or broke off: check the port"),
        (b"HTTP/1.1 500 Oops\r\n" + EMPTY, "status 500: it failed by itself: see its log"),
        (
            b"HTTP/1.1 307 Elsewhere\r\nlocation: /other\r\n" + EMPTY,
            "status 307: it redirects, which is not followed: write the new address",
        ),
        (b"HTTP/1.1 418 Canary\r\n" + EMPTY, "status 418"),
        (
            b"HTTP/1.1 401 Canary\r\n" + EMPTY,
            "status 401: it does not accept who asks: check headers and secret",
        ),
    ],
    ids=["closes the connection", "garbage", "an error", "a redirection", "a status", "a log-in"],
)
def test_anything_else_is_a_failure_that_names_neither_address_nor_secret(
    answer: bytes, reason: str
) -> None:
    with raw_receiver(say(answer)) as receiver:
        with pytest.raises(Failed) as failed:
            sent_to(receiver)
        assert reason == failed.value.reason
        assert 1 == len(receiver.got)


def test_certificates_that_cannot_be_read_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    tls.cache_clear()
    with raw_receiver(hang) as receiver:
        with pytest.raises(Failed, match="SSL_CERT_FILE"):
            sent_to(receiver)
        tracker = GitHubChannel(kind="github", url=receiver.url, repository="a/b", secret="s")
        with pytest.raises(Failed, match="SSL_CERT_FILE"):
            send(tracker, trial("key", AT, None), Sending("airledger", AT))
    tls.cache_clear()


def test_a_receiver_that_is_not_there_is_a_failure() -> None:
    with raw_receiver(hang) as receiver:
        pass
    with pytest.raises(Failed, match=r"^the connection was refused: check host"):
        sent_to(receiver)


CANARY = "canary-Secret.9"


def certificate(code: int) -> ssl.SSLCertVerificationError:
    """One that is not trusted, by OpenSSL's code."""
    error = ssl.SSLCertVerificationError(1, CANARY)
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    "said", [CANARY, CANARY[:6], f"a{CANARY}", "Canary-secret.9", "token7", "0c8ff4f8", "Leak"]
)
def test_a_receipt_repeats_nothing_that_was_sent(said: str) -> None:
    answer = f"x-request-id: {said}\r\nlocation: /{said}\r\ncontent-length: 6\r\n\r\n{said}"
    with raw_receiver(say(OK + answer.encode())) as receiver:
        channel = WebhookChannel(
            kind="webhook",
            url=f"{receiver.url}?key=token7",
            secret=CANARY,
            headers={"authorization": f"Bearer {CANARY}"},
        )
        message = trial("0c8ff4f8-1", AT, None)._replace(title="Leak of Rosa")
        assert "status 200" == send(channel, message, Sending("airledger", AT)).receipt


def test_an_address_has_a_query_and_is_asked_as_it_stands() -> None:
    query = "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sig=a-b_c%3D"
    with raw_receiver(say(OK + EMPTY)) as receiver:
        url = f"{receiver.url}/workflows/a:b/%20c/{query}"
        channel = WebhookChannel(kind="webhook", url=url, secret="secret")
        send(channel, trial("key", AT, None), Sending("airledger", AT))
        [got] = receiver.got
    assert f"POST /hook/workflows/a:b/%20c/{query} HTTP/1.1" == got.split(b"\r\n")[0].decode()


def test_a_trial_is_about_nothing_and_has_no_subject() -> None:
    with raw_receiver(say(OK + EMPTY)) as receiver:
        sent_to(receiver)
        about = Sending("airledger", AT)
        channel = WebhookChannel(kind="webhook", url=receiver.url, secret="secret")
        send(channel, trial("key", AT, None)._replace(stream="incident/1"), about)
        first, second = (json.loads(got.partition(b"\r\n\r\n")[2]) for got in receiver.got)
    assert "subject" not in first
    assert "incident/1" == second["subject"]


def test_what_a_way_should_not_raise_is_a_failure_and_its_text_is_not_logged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr(channels, "send_webhook", broken)
    with (
        raw_receiver(hang) as receiver,
        capture_logs() as logged,
        pytest.raises(Failed, match=r"^KeyError: an error of airledger"),
    ):
        sent_to(receiver)
    [line] = logged
    assert ("sending_raised", "KeyError") == (line["event"], line["error"])
    assert "in broken" in line["trace"]
    assert CANARY not in f"{line}"


def test_what_does_not_end_is_left_behind() -> None:
    bounded, ending = Bounded[None](), threading.Event()

    def work() -> None:
        ending.wait()

    with pytest.raises(Failed, match=r"^no answer in time"):
        bounded.run(work, 0.01)
    threading.Timer(0.1, bounded.end).start()
    with pytest.raises(Failed, match=r"^this process ended"):
        bounded.run(work, 60)
    with pytest.raises(Failed, match=r"^this process ended"):
        bounded.run(work, 60)
    ending.set()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(-2, CANARY), "the name of the host was not found: check it"),
        (ssl.SSLError(1, CANARY), "no TLS could be agreed on: check the port"),
        (OSError(113, CANARY), "no connection could be made: check host and port"),
        (ExceptionGroup(CANARY, [ConnectionRefusedError(CANARY)]), "the connection was refused"),
        (certificate(10), "its certificate has expired"),
        (certificate(62), "its certificate is for another name"),
        (certificate(18), "its certificate is not trusted: set SSL_CERT_FILE"),
        (LookupError(CANARY), "LookupError"),
    ],
)
def test_a_reason_says_what_to_do_and_quotes_nothing(error: Exception, reason: str) -> None:
    wrapped = httpx.ConnectError(CANARY)
    wrapped.__cause__ = error
    for each in (error, wrapped):
        assert CANARY not in reason_of(each)
    assert reason_of(error).startswith(reason)
