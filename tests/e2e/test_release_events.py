"""Releases by CloudEvents: a pipeline's source proposes, attaches and deploys; people decide."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e import reading
from tests.e2e.publishing import Sources, counts, event, sources
from tests.e2e.releases import MODEL, SYSTEM
from tests.e2e.server import complaints

ARTEFACTS = [f"model:support-llm@sha256:{MODEL}"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    with sources(tmp_path_factory.mktemp("releases") / "data") as world:
        yield world


def _release(own_id: str, name: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    return event(own_id, f"airledger.release.{name}", subject=subject, data=data)


def _propose(own_id: str, version: str) -> dict[str, Any]:
    body = {
        "system": SYSTEM,
        "version": version,
        "change_class": "major",
        "artefacts": ARTEFACTS,
        "authors": ["emil"],
    }
    return _release(own_id, "propose", f"runs/{version}", body)


def _state(world: Sources, version: str) -> dict[str, Any]:
    found = world.operator.get(f"/v1/releases/{SYSTEM}@{version}")
    return dict(found.raise_for_status().json()["state"])


def test_a_pipeline_proposes_attaches_and_deploys(world: Sources) -> None:
    filed = world.operator.post(
        "/v1/evidence/content",
        params={"kind": "model_card", "title": "Card", "system": SYSTEM, "release": "1.0"},
        content=b"# Card",
    )
    evidence = filed.raise_for_status().json()["reference"]
    card = {"requirement": "model_card", "evidence": evidence}
    told = world.send(
        _propose("p-1", "1.0"),
        _release("a-1", "attach", f"{SYSTEM}@1.0", card),
        _release("d-1", "deploy", f"{SYSTEM}@1.0", {"mode": "canary", "traffic": 5}),
    )
    assert (3, 0, 0) == counts(told)
    state = _state(world, "1.0")
    assert ("canary", False) == (state["deployed"], state["approved"])
    assert ["model_card"] == [each["requirement"] for each in state["attached"]]
    again = world.send(_propose("p-1", "1.0"))
    assert (0, 1, 0) == counts(again)


def test_a_deployment_of_what_nobody_proposed_is_recorded(world: Sources) -> None:
    told = world.send(_release("d-3", "deploy", f"{SYSTEM}@3.0@staging", {}))
    assert (1, 0, 0) == counts(told)
    found = world.operator.get(f"/v1/releases/{SYSTEM}@3.0@staging").raise_for_status().json()
    assert (False, "staging") == (found["state"]["proposed"], found["state"]["environment"])


def test_a_programs_sign_off_and_decision_are_quarantined_with_their_rule(world: Sources) -> None:
    world.send(_propose("p-4", "4.0"))
    told = world.send(
        _release("s-4", "sign-off", f"{SYSTEM}@4.0", {"role": "product_owner"}),
        _release("g-4", "decide", f"{SYSTEM}@4.0", {"decision": "go"}),
        _release("w-4", "waive", f"{SYSTEM}@4.0", {}),
    )
    assert (0, 0, 3) == counts(told)
    parts = [part for entry in world.quarantined() for part in entry["parts"]]
    assert [True, True, False] == ["a person's" in part["reason"] for part in parts], parts
    assert [] == _state(world, "4.0")["sign_offs"]


def test_a_source_that_may_only_publish_proposes_nothing(world: Sources) -> None:
    told = world.send(_propose("p-5", "5.0"), by=world.outsider)
    assert (0, 0, 1) == counts(told)
    assert 404 == world.operator.get(f"/v1/releases/{SYSTEM}@5.0").status_code
    [entry] = world.quarantined("outsider")
    assert "operate" in entry["parts"][0]["reason"]
    assert [] == complaints(world.server)
    reading.settled(world.operator)
