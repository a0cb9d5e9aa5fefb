"""The demo's receiver writes down what is sent to each channel."""

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx

from consumers.demo.inbox import NAME, Inbox
from consumers.notify.channels import send
from consumers.notify.message import trial
from consumers.notify.outcome import Sending
from ledger.settings import WebhookChannel

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_what_each_channel_is_sent_is_a_line(tmp_path: Path) -> None:
    with Inbox(tmp_path, ["risk-manager", "head"]) as inbox:
        for name, channel in inbox.channels.items():
            send(channel, trial(f"key of {name}", NOON, None), Sending("demo", NOON))
    lines = [json.loads(line) for line in tmp_path.joinpath(NAME).read_text("utf-8").splitlines()]
    assert [("risk-manager", "key of risk-manager"), ("head", "key of head")] == [
        (line["channel"], line["id"]) for line in lines
    ]


def test_what_is_no_message_or_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with Inbox(tmp_path / "absent", ["head"]) as inbox:
        channel = inbox.channels["head"]
        assert isinstance(channel, WebhookChannel)
        for body in (b"", b"[]", b"{}"):
            assert 500 == httpx.post(channel.url, content=body).status_code
    assert [] == list(tmp_path.iterdir())
