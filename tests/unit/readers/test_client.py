"""What a server answers is bounded, and why it cannot be asked is said without a secret."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consumers.readers.prometheus import (
    ANSWER_BYTES,
    MOST_WARNINGS,
    WARNING_CHARACTERS,
    Prometheus,
    QueryRefused,
    Series,
    Unreachable,
    Unusable,
)
from ledger.settings import ReaderSettings
from tests.harness.raw_receiver import Behaviour, drip, endless, hang, raw_receiver, say

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CANARY = "canarysecret"


def body(content: object, status: str = "200 OK", more: str = "") -> Behaviour:
    """Answers with JSON."""
    sent = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\n{more}content-length: {len(sent)}\r\n\r\n"
    return say(head.encode() + sent)


def vector(*values: object, **members: object) -> dict[str, object]:
    result = [{"metric": {"__name__": "up", "of": "a"}, "value": [1, each]} for each in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}, **members}


def error(kind: str) -> dict[str, object]:
    return {"status": "error", "errorType": kind, "error": f"parse error near {CANARY}\nmore"}


def settings(url: str, **given: str) -> ReaderSettings:
    return ReaderSettings.model_validate({"name": "prod", "url": url, "timeout": 1, **given})


def asked(behave: Behaviour) -> tuple[Series, ...]:
    with raw_receiver(behave) as server:
        return Prometheus(settings(server.url)).query("up", AT).series


def why(behave: Behaviour) -> str:
    with raw_receiver(behave) as server:
        client = Prometheus(settings(server.url, token=CANARY))
        with pytest.raises(Unreachable) as found:
            client.query(f"up{{a='{CANARY}'}}", AT)
    assert CANARY not in found.value.reason
    assert server.url not in found.value.reason
    return found.value.reason


def test_values_are_texts_and_what_is_no_number_is_none() -> None:
    found = asked(body(vector("1.5", "1e+06", "NaN", "+Inf", "-Inf", "one")))
    assert [1.5, 1e6, None, None, None, None] == [each.value for each in found]
    assert {"of": "a"} == dict(found[0].labels)
    assert ["NaN", "+Inf", "-Inf", "no number"] == [each.text for each in found[2:]]
    scalar = {"status": "success", "data": {"resultType": "scalar", "result": [1, "2"]}}
    assert (Series({}, 2.0, "2"),) == asked(body(scalar))
    histogram = vector()
    histogram["data"] = {"resultType": "vector", "result": [{"metric": {}, "histogram": [1, {}]}]}
    assert (Series({}, None, "a histogram"),) == asked(body(histogram))


def test_warnings_are_kept_a_line_each_and_bounded() -> None:
    warnings = [f"a\x1b[31m\n{'w' * 1000}{number}" for number in range(40)]
    with raw_receiver(body(vector("1", warnings=warnings, infos=["not kept"]))) as server:
        answer = Prometheus(settings(server.url)).query("up", AT)
    assert MOST_WARNINGS == len(answer.warnings)
    assert {WARNING_CHARACTERS} == {len(each) for each in answer.warnings}
    assert all(each.isprintable() for each in answer.warnings)


@pytest.mark.parametrize(
    ("behave", "said"),
    [
        (body(error("bad_data"), "401 Unauthorized"), "status 401: it does not accept who asks"),
        (body(b"<html>", "403 Forbidden"), "status 403"),
        (body(b"no", "404 Not Found"), "status 404: nothing is there: check url"),
        (body(b"", "302 Found", "location: http://127.0.0.1:9/\r\n"), "it redirects"),
        (body(error("timeout"), "503 Service Unavailable"), "status 503: it failed by itself"),
        (body(b"<html>", "400 Bad Request"), "status 400: it refused the request"),
        (body(b"<html>it works</html>"), "the answer is not Prometheus'"),
        (body({"status": "success"}), "answer is not Prometheus': check url"),
        (body(b'{"status": ' + b"[" * 100_000), "is not Prometheus'"),
        (body(vector("1") | {"data": {"resultType": "vector", "result": [1]}}), "not Prometheus'"),
        (hang, "no answer in time"),
        (drip(b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n" + b"x" * 99, 0.1), "no answer in"),
        (endless, "too long"),
        (body(b" " * (ANSWER_BYTES + 1)), "its answer is too long"),
        (say(b"SSH-2.0-server\r\n"), "the answer is not HTTP"),
    ],
)
def test_why_it_cannot_be_asked_quotes_nothing(behave: Behaviour, said: str) -> None:
    assert said in why(behave)


def test_nobody_listens_and_a_name_that_is_none() -> None:
    for url, said in (
        ("http://127.0.0.1:9", "the connection was refused"),
        ("http://nobody.invalid", "the name of the host was not found"),
    ):
        with pytest.raises(Unreachable, match=said):
            Prometheus(settings(url)).query("up", AT)


@pytest.mark.parametrize("status", ["400 Bad Request", "422 Unprocessable Entity"])
@pytest.mark.parametrize(("kind", "kept"), [("bad_data", "bad_data"), (CANARY, "error")])
def test_an_expression_that_is_refused_says_its_kind_alone(
    status: str, kind: str, kept: str
) -> None:
    with raw_receiver(body(error(kind), status)) as server:
        client = Prometheus(settings(server.url))
        with pytest.raises(QueryRefused) as found:
            client.query("up(", AT)
    assert (kept, f"parse error near {CANARY} more") == (found.value.kind, found.value.said)


@pytest.mark.parametrize("kind", ["matrix", "string", "else"])
def test_a_value_of_another_form_is_unusable(kind: str) -> None:
    answer = {"status": "success", "data": {"resultType": kind, "result": []}}
    with raw_receiver(body(answer)) as server, pytest.raises(Unusable):
        Prometheus(settings(server.url)).query("up[5m]", AT)


def test_it_asks_as_who_the_settings_say() -> None:
    basic = base64.b64encode(b"ada:pass").decode()
    for given, sent in (
        ({"token": "t0k"}, b"authorization: bearer t0k"),
        ({"user": "ada", "password": "pass"}, f"authorization: basic {basic}".lower().encode()),
    ):
        with raw_receiver(body(vector("1"))) as server:
            Prometheus(settings(server.url, **given)).query("up + 1", AT)
        [request] = server.got
        assert sent in request.lower()
        assert b"POST /hook/api/v1/query " in request
        assert b"query=up+%2B+1&time=2026-03-01T12%3A00%3A00.000000Z&timeout=1s" in request


def test_certificates_that_cannot_be_read_are_a_reason(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("", "utf-8")
    for file in (tmp_path / "none.pem", empty):
        client = Prometheus(settings("https://127.0.0.1:9", ca_file=str(file)))
        with pytest.raises(Unreachable, match="ca_file"):
            client.query("up", AT)
