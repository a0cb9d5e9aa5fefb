"""Commands over HTTP: versions, idempotency, positions, and problems that say what to do."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.reading import Json, time_of
from tests.e2e.served import Served, problem, served, wrong_fields
from tests.e2e.server import add_token, client


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("commands") / "data") as api:
        yield api


def history(api: Served, ref: str) -> list[str]:
    return reading.types(reading.events(api.reader, subject=f"incident/{ref}"))


def test_a_report_answers_with_the_incident_its_place_and_its_version(api: Served) -> None:
    body = {
        "title": "Answers leak prompts — «有害»",
        "system": "assistant",
        "detected_at": "2026-10-22T10:00:00+01:00",
        "severity": "high",
        "description": "Seen by a user.",
    }
    answer = api.operator.post("/v1/incidents", json=body)
    assert 201 == answer.status_code
    told = answer.json()
    assert f"/v1/incidents/{told['id']}" == answer.headers["location"]
    assert '"1"' == answer.headers["etag"]
    assert f"INC-{answer.headers['airledger-position']}" == told["reference"]
    assert (body["title"], "assistant", "high", "open") == (
        told["title"],
        told["system"],
        told["severity"],
        told["status"],
    )
    assert datetime(2026, 10, 22, 9, tzinfo=UTC) == time_of(told["detected_at"])
    assert datetime(2026, 10, 23, 9, tzinfo=UTC) == time_of(told["rca"]["due_at"])
    assert "2026-10" == told["month"]


def test_the_answer_to_a_command_is_what_a_query_then_gives(api: Served) -> None:
    incident = api.report()
    answer = api.command(incident["reference"].lower(), "contain", {"action": "Switched off."})
    assert 200 == answer.status_code
    assert '"2"' == answer.headers["etag"]
    at_least = {"at_least": answer.headers["airledger-position"]}
    queried = api.reader.get(f"/v1/incidents/{incident['id']}", params=at_least)
    assert answer.json() == queried.json()
    assert '"2"' == queried.headers["etag"]
    assert ("done", "operator") == (
        answer.json()["steps"]["contain"]["state"],
        answer.json()["steps"]["contain"]["by"],
    )


def test_the_same_command_again_changes_nothing(api: Served) -> None:
    ref = api.report()["id"]
    first = api.command(ref, "contain", {"action": "Off."})
    second = api.command(ref, "contain", {"action": "Off."})
    assert first.headers["etag"] == second.headers["etag"]
    assert first.headers["airledger-position"] == second.headers["airledger-position"]
    assert ["incident.detected.v1", "incident.contained.v1"] == history(api, ref)


def test_if_match_refuses_a_stale_version_and_takes_the_newest(api: Served) -> None:
    ref = api.report()["id"]
    assert 200 == api.command(ref, "rca/start", if_match='"1"').status_code
    stale = api.command(ref, "contain", {"action": "Off."}, if_match='"1"')
    assert "version 2, not 1" in problem(stale, 412)["detail"]
    for version, newest in ((3, '"2"'), (4, 'W/"3"'), (5, "*")):
        answer = api.command(ref, "assign", {"owner": f"Owner {version}"}, if_match=newest)
        assert f'"{version}"' == answer.headers["etag"]
    assert ["If-Match"] == wrong_fields(api.command(ref, "rca/start", if_match="two"))


def test_an_idempotency_key_gives_the_first_answer_with_the_incident_of_now(api: Served) -> None:
    body = {"title": "Once", "system": "api"}
    first = api.operator.post("/v1/incidents", json=body, headers={"Idempotency-Key": "once"})
    ref = first.json()["id"]
    api.command(ref, "contain", {"action": "Off."})
    again = api.operator.post("/v1/incidents", json=body, headers={"Idempotency-Key": "once"})
    for name in ("etag", "airledger-position", "location"):
        assert first.headers[name] == again.headers[name]
    assert (201, ref, 2) == (again.status_code, again.json()["id"], again.json()["version"])
    assert ["incident.detected.v1", "incident.contained.v1"] == history(api, ref)


def test_an_idempotency_key_with_another_body_or_incident_is_refused(api: Served) -> None:
    one, other = api.report()["id"], api.report()["id"]
    first = api.command(one, "contain", {"action": "Off."}, idempotency_key="reused")
    assert 200 == first.status_code
    for ref, name, body in (
        (one, "contain", {"action": "On."}),
        (other, "contain", {"action": "Off."}),
        (one, "rca/start", {}),
    ):
        answer = api.command(ref, name, body, idempotency_key="reused")
        refused = problem(answer, 422)
        assert "idempotency_key_reused" == refused["code"] == refused["rule"]
    assert ["incident.detected.v1"] == history(api, other)


def test_an_idempotency_key_is_its_tokens_own(api: Served) -> None:
    body = {"title": "Mine", "system": "api"}
    headers = {"Idempotency-Key": "shared"}
    mine = api.operator.post("/v1/incidents", json=body, headers=headers).json()["id"]
    with client(api.server, add_token(api.server.data_dir, "another", Scope.OPERATE)) as other:
        theirs = other.post("/v1/incidents", json=body, headers=headers).json()["id"]
    assert mine != theirs


def test_a_refused_command_leaves_its_idempotency_key_free(api: Served) -> None:
    ref = api.report()["id"]
    problem(api.command(ref, "close", idempotency_key="free"), 409)
    again = api.command(ref, "contain", {"action": "Off."}, idempotency_key="free")
    assert 200 == again.status_code


def test_twenty_at_once_under_one_key_have_one_effect_and_one_answer(api: Served) -> None:
    body = {"title": "Raced", "system": "api"}

    def report(_: int) -> httpx.Response:
        return api.operator.post("/v1/incidents", json=body, headers={"Idempotency-Key": "race"})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(report, range(20)))
    assert {201} == {answer.status_code for answer in answers}
    assert 1 == len({(a.json()["id"], a.headers["airledger-position"]) for a in answers})
    assert ["incident.detected.v1"] == history(api, answers[0].json()["id"])


def test_ten_at_once_with_one_version_are_taken_once(api: Served) -> None:
    ref = api.report()["id"]

    def classify(number: int) -> httpx.Response:
        body = {"category": "infra_error", "severity": "low", "reason": f"{number}"}
        return api.command(ref, "classify", body, if_match='"1"')

    with ThreadPoolExecutor(10) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(classify, range(10)))
    assert [200] + [412] * 9 == statuses
    assert 2 == len(history(api, ref))


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(api: Served, key: str) -> None:
    headers = {"Idempotency-Key": key}
    answer = api.operator.post("/v1/incidents", json={"title": "x", "system": "x"}, headers=headers)
    assert ["Idempotency-Key"] == wrong_fields(answer)


def test_a_refusal_names_the_rule_and_what_to_do(api: Served) -> None:
    ref = api.report()["id"]
    refused = problem(api.command(ref, "close"), 409)
    assert "refused" == refused["code"]
    assert refused["rule"]
    assert refused["remedy"]
    cannot = problem(api.command(ref, "waive", {"step": "rca", "reason": "No."}), 409)
    assert "rca" in (cannot["rule"] + cannot["detail"]).lower()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": "x"}, "system"),
        ({"title": "", "system": "x"}, "title"),
        ({"title": "x" * 501, "system": "x"}, "title"),
        ({"title": 7, "system": "x"}, "title"),
        ({"title": "x", "system": "x", "severity": "worst"}, "severity"),
        ({"title": "x", "system": "x", "detected_at": "yesterday"}, "detected_at"),
        ({"title": "x", "system": "x", "detected_at": "2026-11-22T10:00:00"}, "detected_at"),
        ({"title": "x", "system": "x", "colour": "red"}, "colour"),
        ([], "body"),
        ("text", "body"),
    ],
)
def test_a_wrong_body_is_told_which_field_is_wrong(api: Served, body: Json, field: str) -> None:
    assert [field] == wrong_fields(api.operator.post("/v1/incidents", json=body))


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff", b'{"title": "\\ud800", "system": "x"}', b"[" * 100_000, b"{}{}", b"nul"],
)
def test_a_body_that_is_no_json_is_a_422(api: Served, body: bytes) -> None:
    assert wrong_fields(api.operator.post("/v1/incidents", content=body))


@pytest.mark.parametrize("ref", ["INC-999999", "INC-0", "INC-x", "x", "0" * 36, "%00", "%C3%BC"])
def test_an_incident_that_is_none_is_a_404(api: Served, ref: str) -> None:
    for answer in (
        api.operator.post(f"/v1/incidents/{ref}/rca/start"),
        api.reader.get(f"/v1/incidents/{ref}"),
        api.reader.get(f"/v1/incidents/{ref}/timeline"),
    ):
        assert problem(answer, 404)["remedy"]


def test_an_owner_and_a_merge_are_told_by_their_names(api: Served) -> None:
    one, other = api.report("One"), api.report("Other")
    owned = api.command(one["id"], "assign", {"owner": "Grace Hopper"}).json()
    assert "Grace Hopper" == owned["owner"]
    merged = api.command(
        one["id"], "merge", {"into": other["reference"], "reason": "The same."}
    ).json()
    assert ("merged", other["id"]) == (merged["status"], merged["merged_into"])
    raw = reading.events(api.reader, subject=f"incident/{one['id']}")
    assert "Grace Hopper" not in str(raw)
