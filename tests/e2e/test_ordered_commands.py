"""Commands that come as CloudEvents: a deploy pipeline that publishes what it did."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.access.tokens import revoke
from consumers.container.ledger import new_id, now, open_ledger
from ledger.domain.access import HolderKind
from ledger.execute import Context
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.publishing import Sources, command, counts, event, sources
from tests.e2e.reading import Json
from tests.e2e.server import add_source
from tests.harness.homes import settings_of


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    with sources(tmp_path_factory.mktemp("ordered") / "data") as world:
        yield world


def reason(entry: Json) -> str:
    return " ".join(part["reason"] for part in entry["parts"])


def test_a_pipeline_publishes_its_rollback(world: Sources) -> None:
    incident = world.report()
    world.operator.post(
        f"/v1/incidents/{incident['id']}/rollback/request", json={"reason": "Bad answers"}
    ).raise_for_status()
    happened = incident["recorded_at"]
    executed = command("run-9", "rollback.execute", incident["reference"], {"snapshot": "v6"})
    told = world.send({**executed, "time": happened})
    assert ((1, 0, 0), [incident["id"]]) == (counts(told), told["incidents"])
    last = world.history(incident["id"])[-1]
    assert ("incident.rollback_executed.v1", "source/ci", "v6", happened) == (
        last["type"],
        last["actor"],
        last["data"]["snapshot"],
        last["data"]["at"],
    )
    size = reading.published(world.operator)
    again = world.send({**executed, "time": happened})
    assert ((0, 1, 0), [incident["id"]]) == (counts(again), again["incidents"])
    assert size == reading.published(world.operator)


def test_a_command_may_be_binary_and_name_the_incident_by_its_id(world: Sources) -> None:
    incident = world.report()
    for subject in (incident["id"], f"incident/{incident['id']}"):
        told = world.binary(
            b'{"channel": "pager", "receipt": "%s"}' % subject.encode(),
            ce_id=f"notify-{subject}",
            ce_type="airledger.incident.notify",
            ce_subject=subject,
            content_type="application/json",
        )
        assert (1, 0, 0) == counts(told)
    assert 3 == len(world.history(incident["id"]))


def test_a_source_that_may_publish_commands_nothing(world: Sources) -> None:
    incident = world.report()
    order = command("out-1", "rollback.execute", incident["reference"], {"snapshot": "v6"})
    told = world.send(order, event("out-2", data={"severity": "info"}), by=world.outsider)
    assert (1, 0, 1) == counts(told)
    [entry] = world.quarantined("outsider")
    assert "It needs scope operate; the source 'outsider' has publish." in reason(entry)
    assert "add it again with --scope operate" in reason(entry)
    assert 1 == len(world.history(incident["id"]))
    refused = world.retry(entry["id"])
    assert (409, "still_refused") == (refused.status_code, refused.json()["rule"])
    promote(world.server.data_dir, "outsider")
    assert "retried" == world.retry(entry["id"]).raise_for_status().json()["state"]
    last = world.history(incident["id"])[-1]
    assert ("incident.rollback_executed.v1", "source/outsider") == (last["type"], last["actor"])
    assert last["data"]["at"] == entry["arrived_at"]


def promote(data_dir: Path, source: str) -> None:
    """Gives the source scope operate, by a new token."""
    ledger = open_ledger(settings_of(data_dir))
    try:
        context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
        revoke(ledger.executor, context, HolderKind.SOURCE, source)
    finally:
        ledger.close()
    add_source(data_dir, source, kind=SourceKind.CLOUDEVENTS, scope=Scope.OPERATE)


def test_a_refused_command_is_retried_with_success(world: Sources) -> None:
    incident = world.report()
    world.send(command("seq-1", "contain", incident["id"], {"action": "Off."}))
    refused = command("seq-2", "contain", incident["id"], {"action": "Switched off."})
    assert (0, 0, 1) == counts(world.send(refused))
    [entry] = world.quarantined()
    assert "(rule: already_contained)" in reason(entry)
    close = command("seq-3", "reopen", incident["id"], {"reason": "There is more to it."})
    assert (0, 0, 1) == counts(world.send(close))
    entry, contained = world.quarantined()
    assert "(rule: incident_open)" in reason(entry)
    assert (409, "still_refused") == (
        world.retry(entry["id"]).status_code,
        world.retry(entry["id"]).json()["rule"],
    )
    world.send(command("seq-4", "dismiss", incident["id"], {"reason": "A false alarm."}))
    assert "retried" == world.retry(entry["id"]).raise_for_status().json()["state"]
    assert "incident.reopened.v1" == world.history(incident["id"])[-1]["type"]
    assert (0, 1, 0) == counts(world.send(close))
    world.operator.post(
        f"/v1/quarantine/{contained['id']}/dismiss", json={"reason": "Known."}
    ).raise_for_status()
    assert [] == world.quarantined()


def test_a_second_report_under_the_same_subject_meets_the_first(world: Sources) -> None:
    data = {"title": "Deploy of chat failed", "system": "chat", "severity": "high"}
    first = world.send(command("rep-1", "report", "release-7", data))
    second = world.send(command("rep-2", "report", "release-7", data))
    assert ((1, 0, 0), (0, 1, 0)) == (counts(first), counts(second))
    assert first["incidents"] == second["incidents"]
    [detected] = world.history(first["incidents"][0])
    assert ("source/ci", "high") == (detected["actor"], detected["data"]["severity"])
    over_http = world.pipeline.post(
        "/v1/incidents", json=data, headers={"Idempotency-Key": "release-7"}
    )
    assert "idempotency_key_reused" == over_http.json()["rule"]


def test_report_then_contain_in_one_batch(world: Sources) -> None:
    report = command("two-1", "report", "two", {"title": "Broken", "system": "chat"})
    contain = command("two-2", "contain", "two", {"action": "Rolled back."})
    other = event("two-3", data={"severity": "critical", "system": "elsewhere"})
    told = world.send(report, contain, other)
    assert ((3, 0, 0), 2) == (counts(told), len(told["incidents"]))
    types = reading.types(world.history(told["incidents"][0]))
    assert ["incident.detected.v1", "incident.contained.v1"] == types
    assert (0, 3, 0) == counts(world.send(report, contain, other))


def test_owners_and_merges_name_people_and_incidents_as_over_http(world: Sources) -> None:
    into = world.report("The first")
    report = command("own-1", "report", "own", {"title": "The second", "system": "chat"})
    assign = command("own-2", "assign", "own", {"owner": "Dana"})
    merge = {"into": into["reference"], "reason": "The same."}
    told = world.send(report, assign, command("own-3", "merge", "own", merge))
    assert (3, 0, 0) == counts(told)
    shown = world.shown(told["incidents"][0])
    assert ("Dana", "merged", into["id"]) == tuple(
        shown[name] for name in ("owner", "status", "merged_into")
    )


def test_refused_and_unknown_members_are_set_aside_with_their_reasons(world: Sources) -> None:
    incident = world.report()
    told = world.send(
        command("mix-1", "close", incident["id"]),
        command("mix-2", "explode", incident["id"]),
        command("mix-3", "contain", incident["id"], {"action": "Off."}),
        command("mix-4", "contain", "INC-999999", {"action": "Off."}),
        command("mix-5", "waive", incident["id"], {"step": "lunch", "reason": "?"}),
    )
    assert ((1, 0, 4), [incident["id"]]) == (counts(told), told["incidents"])
    entry = world.quarantined()[0]
    assert [0, 1, 3, 4] == [part["index"] for part in entry["parts"]]
    reasons = [part["reason"] for part in entry["parts"]]
    for said, expected in zip(
        reasons,
        (
            "(rule: steps_pending).",
            "which is no command; known are airledger.incident.<command> with report, contain,",
            "There is no incident 'INC-999999', and source/ci reported none under that key.",
            "which was refused: The incident owes no step 'lunch'.",
        ),
        strict=True,
    ):
        assert expected in said
    path = f"/v1/quarantine/{entry['id']}/dismiss"
    world.operator.post(path, json={"reason": "A test."}).raise_for_status()
