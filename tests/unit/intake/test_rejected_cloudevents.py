"""What is no CloudEvent 1.0 is refused, and told why in words for people."""

import pytest

from consumers.intake.formats import cloudevents
from tests.unit.intake.parsing import (
    BINARY,
    STRUCTURED,
    binary,
    incoming,
    one,
    why,
)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"id": None}, "The event has no id; it needs one that is not empty."),
        ({"id": " "}, "has no id"),
        ({"source": None}, "has no source"),
        ({"source": ""}, "has no source"),
        ({"type": None}, "has no type"),
        ({"id": 7}, "has the attribute id, which is no text: '7'"),
        ({"specversion": None}, "has no specversion; 1.0 is read"),
        ({"specversion": "0.3"}, "is of specversion '0.3'; 1.0 is read"),
        ({"specversion": "1.0.2"}, "is of specversion '1.0.2'"),
        ({"data": 1, "data_base64": "AA=="}, "has both data and data_base64"),
        ({"data_base64": "A*"}, "has a data_base64 that is no base64 text"),
        ({"data_base64": 7}, "has a data_base64 that is no base64 text"),
        ({"trace-parent": "a"}, "has an attribute named 'trace-parent'"),
        ({"traceParent": "a"}, "has an attribute named 'traceParent'"),
        ({"extension": 1.5}, "has the attribute extension, which is no text"),
        ({"extension": {}}, "has the attribute extension, which is no text"),
        ({"source": "my pipeline"}, "has white space in its source"),
        ({"subject": "a\nb"}, "has control characters in the attribute subject"),
        ({"subject": "x" * 1001}, "has the attribute subject of 1001 characters; at most 1000"),
        ({f"a{n}": "" for n in range(100)}, "has 104 attributes"),
        ({"data": {"dedup_key": 7}}, "has a dedup_key in its data that is none"),
        ({"data": {"labels": {"n": "x" * 30_000}}}, "is too large: its labels take"),
        (
            {"datacontenttype": "application/json", "data_base64": "AA=="},
            "has data that is not JSON",
        ),
    ],
)
def test_an_event_that_is_none(members: dict[str, object], said: str) -> None:
    reason = why(one(**members))
    assert said in reason
    assert reason.startswith("The event ")
    assert reason.endswith(".")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"ce_id": ""}, "has no id"),
        ({"ce_specversion": "1.0, 1.0"}, "is of specversion '1.0, 1.0'"),
        ({"ce_subject": "café"}, "has a header ce-subject that is not ASCII"),
        ({"ce_subject": "caf%E9"}, "has a header ce-subject that is no %-encoded UTF-8"),
        ({"ce_id": "a%0Ab"}, "has control characters in the attribute id"),
        ({"ce_Subject": "a"}, "has an attribute named 'Subject'"),
        ({"content_type": "application/json"}, "has data that is not JSON"),
    ],
)
def test_headers_that_are_no_event(headers: dict[str, str], said: str) -> None:
    assert said in why(binary(b"{", **headers))


def test_a_percent_sign_of_its_own_is_itself() -> None:
    assert "100%" == binary(ce_subject="100%").signals[0].labels["subject"]


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        (b"{}", {"content-type": "application/cloudevents+avro"}, "The body is application/clou"),
        (b"{}", {"content-type": "application/cloudevents-batch+json"}, "is no batch"),
        (b"[]", STRUCTURED, "The event is no JSON object"),
        (b"", {}, "The event is not JSON"),
        (b'{"id": "a", "id": "b"}', STRUCTURED, "The event has the member 'id' twice"),
        (b"[1", {}, "The body is no batch of CloudEvents"),
        (b"[[" * 50_000, {}, "The body is no batch of CloudEvents"),
        (b'{"data":' + b"[" * 50_000, STRUCTURED, "nested too deeply"),
        (b"\xff", STRUCTURED, "The event is not UTF-8"),
    ],
)
def test_a_body_that_holds_none(body: bytes, headers: dict[str, str], said: str) -> None:
    assert said in why(cloudevents.parse(incoming(body, headers)))


def test_nothing_of_an_event_in_headers_alone_is_needed_but_four_attributes() -> None:
    assert 1 == len(binary().signals)
    for name in BINARY:
        less = {header: value for header, value in BINARY.items() if header != name}
        said = why(cloudevents.parse(incoming(b"", less)))
        assert f"has no {name.removeprefix('ce-')}" in said
