"""A try ends in time, whatever its receiver does, and a status of success is a delivery."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consumers.notify import outcome, webhook
from consumers.notify.channels import send
from consumers.notify.message import trial
from consumers.notify.outcome import Failed, Sending
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
        with pytest.raises(Failed, match=r"^no answer in time$"):
            sent_to(receiver)
        assert time.monotonic() - begun < webhook.ANSWER_SECONDS + SLACK_SECONDS
        assert 1 == len(receiver.got)


@pytest.mark.parametrize(
    ("behave", "receipt"),
    [
        (endless, f"status 202 {'x' * 200}"[: outcome.RECEIPT_CHARACTERS]),
        (drip(ACCEPTED + b"content-length: 99\r\n\r\nid 7", 0.001), "status 202 id 7"),
        (say(OK + b"content-length: 99\r\n\r\nid 7"), "status 200 id 7"),
        (say(OK + b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\nid 7"), "status 200 id 7"),
        (say(OK + b"transfer-encoding: chunked\r\n\r\nno size\r\n"), "status 200"),
        (say(OK + EMPTY, OK + EMPTY), "status 200"),
        (say(OK + b"location: /tickets/7\r\n" + EMPTY), "status 200 /tickets/7"),
        (say(OK + b"content-length: 6\r\n\r\na\x1b[31m"), "status 200 a [31m"),
    ],
    ids=[
        "an endless body",
        "a body that stops",
        "a body that breaks off",
        "a body in another coding than it says",
        "a body that is none",
        "two answers",
        "a place",
        "control characters",
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
        (b"", "RemoteProtocolError"),
        (b"\x00\xff garbage \r\n\r\n", "RemoteProtocolError"),
        (b"HTTP/1.1 500 Oops\r\n" + EMPTY, "status 500"),
        (b"HTTP/1.1 307 Elsewhere\r\nlocation: /other\r\n" + EMPTY, "status 307"),
    ],
    ids=["closes the connection", "garbage", "an error", "a redirection"],
)
def test_anything_else_is_a_failure_that_names_neither_address_nor_secret(
    answer: bytes, reason: str
) -> None:
    with raw_receiver(say(answer)) as receiver:
        with pytest.raises(Failed, match=f"^{reason}$"):
            sent_to(receiver)
        assert 1 == len(receiver.got)


def test_certificates_that_cannot_be_read_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    tls.cache_clear()
    with raw_receiver(hang) as receiver:
        with pytest.raises(Failed, match=r"^FileNotFoundError$"):
            sent_to(receiver)
        tracker = GitHubChannel(kind="github", url=receiver.url, repository="a/b", secret="s")
        with pytest.raises(Failed, match=r"^FileNotFoundError$"):
            send(tracker, trial("key", AT, None), Sending("airledger", AT))
    tls.cache_clear()


def test_a_receiver_that_is_not_there_is_a_failure() -> None:
    with raw_receiver(hang) as receiver:
        pass
    with pytest.raises(Failed, match=r"^ConnectError$"):
        sent_to(receiver)
