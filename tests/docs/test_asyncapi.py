"""The AsyncAPI document is one, tells of every topic, and its schemas are those of real records."""

import json
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema

from consumers.intake.parsing import cloudevent_commands
from consumers.topics.topics import CHECKPOINTS, COMMANDS, EVENTS, SIGNALS, topics
from ledger.domain import catalogue
from tests.docs import asyncapi_page
from tests.docs.events_page import GOLDEN

Json = dict[str, Any]
TOLD = "2026-03-01T12:00:00Z"
EVENT = {"specversion": "1.0", "id": "1", "source": "/ci", "type": "x", "time": TOLD}
COMMAND = EVENT | {"subject": "INC-7"}


@cache
def document() -> Json:
    return asyncapi_page.document()


def refused(message: str, value: Json | list[Json], part: str = "payload") -> list[str]:
    """What is wrong with a record's value (or its headers) by the schema of a message."""
    found = document()["components"]
    schema = found["messages"][message][part] | {"components": {"schemas": found["schemas"]}}
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return [error.message for error in validator.iter_errors(value)]


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [ref for value in part.values() for ref in references(value)]
    return [ref for value in part for ref in references(value)] if isinstance(part, list) else []


def found_at(reference: str) -> Any:
    at: Any = document()
    for step in reference.removeprefix("#/").split("/"):
        at = at[step]
    return at


def test_another_program_reads_the_document() -> None:
    read = ApplicationSchema.model_validate(document())
    assert "3.0.0" == read.asyncapi
    assert {*topics()} == {*read.channels}
    assert len(topics()) == len(read.operations)


def test_every_reference_leads_somewhere() -> None:
    found = references(document())
    assert found
    assert all(found_at(reference) is not None for reference in found)


def test_every_topic_is_there_in_its_direction_and_with_its_shape() -> None:
    for topic in topics().values():
        channel = document()["channels"][topic.name]
        [operation] = [
            each
            for each in document()["operations"].values()
            if each["channel"]["$ref"] == f"#/channels/{topic.name}"
        ]
        assert {"in": "receive", "out": "send"}[topic.direction] == operation["action"]
        shape = channel["bindings"]["kafka"]
        assert (topic.partitions, topic.replication) == (shape["partitions"], shape["replicas"])


def test_every_event_every_command_and_no_other_is_a_message() -> None:
    told = {name: {*each["messages"]} for name, each in document()["channels"].items()}
    assert {event.name for event in catalogue.EVENTS} == told[EVENTS]
    assert {name.removeprefix("airledger.") for name in cloudevent_commands.COMMANDS} == told[
        COMMANDS
    ]
    assert {"checkpoint"} == told[CHECKPOINTS]
    assert {"signal.cloudevent", "signal.native", "signal.webhook"} == told[SIGNALS]


@pytest.mark.parametrize("name", [event.name for event in catalogue.EVENTS])
def test_the_golden_bytes_of_an_event_are_what_its_message_says(name: str) -> None:
    stored = json.loads(GOLDEN.joinpath(f"{name}.json").read_bytes())

    assert [] == refused(name, stored)
    assert refused(name, stored | {"type": "another.v1"})
    assert refused(name, {key: value for key, value in stored.items() if key != "recordedtime"})
    assert refused(name, stored | {"data": stored["data"] | {"at": "noon"}})


def test_a_commands_data_is_what_the_command_over_http_is() -> None:
    told = COMMAND | {"type": "airledger.incident.contain"}
    assert [] == refused("incident.contain", told | {"data": {"action": "Switched off."}})
    assert refused("incident.contain", told | {"data": {"action": " "}})
    assert refused("incident.contain", told | {"data": {"action": "Off.", "who": "me"}})
    assert refused("incident.close", told)


def test_a_command_names_its_incident_and_a_report_may_name_none() -> None:
    contain, report = "airledger.incident.contain", "airledger.incident.report"
    data = {"title": "It lies.", "system": "assistant"}
    assert refused("incident.contain", EVENT | {"type": contain, "data": {"action": "Off."}})
    assert [] == refused("incident.report", EVENT | {"type": report, "data": data})


def test_a_signal_is_one_or_a_list() -> None:
    signal = {"title": "Toxic answers", "labels": {"system": "assistant"}}
    assert [] == refused("signal.native", signal)
    assert [] == refused("signal.native", [signal, signal])
    assert refused("signal.native", [signal, {"tittle": "Toxic answers"}])
    assert [] == refused("signal.cloudevent", EVENT | {"data": signal})


def test_a_bare_body_says_whose_it_is_and_in_which_format() -> None:
    native = {"airledger-source": "ci", "airledger-kind": "native"}
    assert [] == refused("signal.native", native, "headers")
    assert refused("signal.native", {"airledger-source": "ci"}, "headers")
    assert refused("signal.webhook", native, "headers")
    assert [] == refused("signal.webhook", native | {"airledger-kind": "grafana"}, "headers")


def test_the_own_source_of_an_event_is_enough() -> None:
    assert [] == refused("incident.contain", {}, "headers")
    assert [] == refused("signal.cloudevent", {}, "headers")
