"""Signals through Kafka: every kind of message ends where it should, and the partition goes on."""

import json

import pytest

from tests.kafka.desk import Desk, binary, native, of

pytestmark = pytest.mark.component("kafka")


async def test_signals_of_every_format_are_recorded(desk: Desk) -> None:
    desk.register("tools")
    structured = {
        "specversion": "1.0",
        "id": "7",
        "source": "tools",
        "type": "deploy.failed",
        "data": {"title": "No deploy"},
    }
    published = [
        (native("a"), of("tools")),
        (native("b"), of("tools", None)),
        (json.dumps([json.loads(native(key)) for key in "cd"]).encode(), of("tools")),
        (json.dumps(structured).encode(), [("content-type", b"application/cloudevents+json")]),
        (b'{"title": "Too hot"}', binary("oven.hot", 8, source="tools", subject="100 % ä")),
    ]
    await desk.topics.publish(published, partition=0)

    await desk.take_all(5)

    titles = [event.title for event in desk.events("alert.fired.v1")]
    wanted = ["a is down", "b is down", "c is down", "d is down", "No deploy", "Too hot"]
    assert wanted == titles
    assert "100 % ä" == desk.events("alert.fired.v1")[5].labels["subject"]
    assert [] == desk.quarantine()
