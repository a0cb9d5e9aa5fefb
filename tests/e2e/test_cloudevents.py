"""CloudEvents and native signals at a real server."""

from collections.abc import Iterator

import httpx
import pytest

from ledger.vocabulary import SourceKind
from tests.e2e import reading
from tests.e2e.publishing import EVENTS, NATIVE, Sources, counts, event, sources
from tests.e2e.server import add_source


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    with sources(tmp_path_factory.mktemp("cloudevents") / "data") as world:
        yield world


def test_a_binary_event_opens_an_incident_with_its_percent_decoded_subject(world: Sources) -> None:
    told = world.binary(
        b'{"title": "Deploy failed", "system": "chat"}',
        ce_id="binary-1",
        ce_type="example.deploy",
        ce_subject="caf%C3%A9%20%22a%22",
        ce_severity="critical",
        content_type="application/json",
    )
    assert (1, 0, 0) == counts(told)
    [fired] = reading.alert_history(world.operator, "ci", "/ci binary-1")
    labels = fired["data"]["alert"]["labels"]
    assert 'café "a"' == labels["subject"]
    assert ("source/ci", "Deploy failed") == (fired["actor"], fired["data"]["alert"]["title"])
    [incident] = told["incidents"]
    shown = world.shown(incident)
    assert ("Deploy failed", "chat", "critical") == tuple(
        shown[name] for name in ("title", "system", "severity")
    )


def test_an_event_resolves_what_another_fired_under_its_key(world: Sources) -> None:
    data = {"dedup_key": "job-7", "severity": "critical", "system": "jobs"}
    fired = world.send(event("job-1", data=data, time="2026-10-23T01:00:00Z"))
    ended = event("job-2", data={"dedup_key": "job-7", "status": "resolved"})
    resolved = world.send({**ended, "time": "2026-10-23T01:30:00Z"})
    assert fired["incidents"] == resolved["incidents"]
    history = reading.alert_history(world.operator, "ci", "job-7")
    assert [reading.FIRED, reading.RESOLVED] == reading.types(history)
    shown = world.shown(fired["incidents"][0])
    assert ("2026-10-23T01:00:00.000000Z", "2026-10-23T01:30:00.000000Z") == (
        shown["started_at"],
        shown["impact_ended_at"],
    )


def test_a_bad_member_of_a_batch_is_set_aside_alone(world: Sources) -> None:
    told = world.send(event("batch-1"), event(""), event("batch-3"))
    assert (2, 0, 1) == counts(told)
    [entry] = [e for e in world.quarantined() if "has no id" in e["parts"][0]["reason"]]
    assert [1] == [part["index"] for part in entry["parts"]]
    again = world.send(event("batch-1"), event(""), event("batch-3"))
    assert (0, 2, 1) == counts(again)


def test_an_id_that_comes_again_adds_nothing_however_late_it_is(world: Sources) -> None:
    data = {"dedup_key": "late", "severity": "critical"}
    assert (1, 0, 0) == counts(world.send(event("late-0", data=data)))
    world.send(event("late-end", data={**data, "status": "resolved"}))
    for number in range(10):
        world.send(event(f"late-other-{number}", data={"severity": "info"}))
    size = reading.published(world.operator)
    assert (0, 1, 0) == counts(world.send(event("late-0", data=data)))
    assert size == reading.published(world.operator)
    assert (1, 0, 0) == counts(world.send(event("late-0", data=data, source="/other")))


def test_the_same_body_under_other_headers_is_another_entry(world: Sources) -> None:
    for number in (1, 2, 2):
        told = world.binary(b"{}", ce_id=f"{number}", ce_type="airledger.nothing")
        assert (0, 0, 1) == counts(told)
    listed = [world.entry(each["id"]) for each in world.quarantined()]
    found = [e for e in listed if e["headers"].get("ce-type") == "airledger.nothing"]
    assert [("2", 2), ("1", 1)] == [(e["headers"]["ce-id"], e["seen"]) for e in found]


def test_data_that_is_no_json_is_kept_with_the_body(world: Sources) -> None:
    body = b"\x89PNG\x00"
    told = world.binary(body, ce_id="png", ce_severity="critical", content_type="image/png")
    assert (1, 0, 0) == counts(told)
    [fired] = reading.alert_history(world.operator, "ci", "/ci png")
    assert ["data"] == fired["data"]["alert"]["shortened"]


def test_a_long_id_is_refused_and_never_cut(world: Sources) -> None:
    told = world.binary(b"", ce_id="x" * 1_001)
    assert (0, 0, 1) == counts(told)
    assert "of 1001 characters" in world.quarantined()[0]["parts"][0]["reason"]


def test_native_signals_open_and_end_an_incident(world: Sources) -> None:
    base = {"dedup_key": "leak", "title": "Answers leak prompts", "system": "assistant"}
    fired = world.signal([{**base, "severity": "critical"}, {"titel": "?"}])
    assert (1, 0, 1) == counts(fired)
    assert "unknown field `titel`" in world.quarantined("native")[0]["parts"][0]["reason"]
    ended = world.signal({**base, "status": "resolved"})
    assert fired["incidents"] == ended["incidents"]
    shown = world.shown(fired["incidents"][0])
    assert ("Answers leak prompts", "assistant", "ended") == (
        shown["title"],
        shown["system"],
        shown["impact"],
    )


def test_a_native_id_is_taken_once(world: Sources) -> None:
    first = {"id": "m-1", "dedup_key": "once", "title": "Once", "severity": "info"}
    assert (1, 0, 0) == counts(world.signal(first))
    assert (1, 0, 0) == counts(world.signal({**first, "id": "m-2", "status": "resolved"}))
    assert (0, 1, 0) == counts(world.signal(first))


def test_the_schema_of_a_native_signal_is_published(world: Sources) -> None:
    paths = world.operator.get("/v1/openapi.json").json()["paths"]
    for path in (NATIVE, f"{NATIVE}/{{token}}"):
        body = paths[path]["post"]["requestBody"]
        kinds = body["content"]["application/json"]["schema"]["anyOf"]
        [one] = [kind for kind in kinds if kind["type"] == "object"]
        assert {"title", "dedup_key", "severity", "starts_at"} <= one["properties"].keys()
        assert (["title"], False) == (one["required"], one["additionalProperties"])
    media = paths[EVENTS]["post"]["requestBody"]["content"]
    assert {"application/cloudevents+json", "application/cloudevents-batch+json", "*/*"} == (
        media.keys()
    )


@pytest.mark.parametrize("path", [EVENTS, NATIVE])
def test_a_body_beyond_a_mebibyte_is_refused(world: Sources, path: str) -> None:
    by = world.pipeline if path == EVENTS else world.native
    for size, status in ((1024 * 1024, 202), (1024 * 1024 + 1, 413)):
        assert status == by.post(path, content=b" " * size).status_code


def test_a_token_in_the_path_opens_the_route_of_its_kind(world: Sources) -> None:
    native = add_source(world.server.data_dir, "by-path", kind=SourceKind.NATIVE)
    with httpx.Client(base_url=world.server.url, timeout=30) as anybody:
        body = {"title": "By path", "severity": "info"}
        assert (1, 0, 0) == counts(world.taken(anybody.post(f"{NATIVE}/{native}", json=body)))
        assert 403 == anybody.post(f"{EVENTS}/{native}", json=body).status_code
