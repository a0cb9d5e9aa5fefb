"""Near misses, triage, preliminary RCAs and their approval: over HTTP, in pages, by shell."""

import os
import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

import httpx
import pytest

from ledger.policy import shipped
from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_person, add_token, client
from tests.e2e.test_acting_pages import hidden, logged_in
from tests.harness import forks

MEETS = shipped().replace("preliminary_meets = false", "preliminary_meets = true")
STRICT = MEETS.replace("final_needs_approval = false", "final_needs_approval = true")
SAID = {"summary": "A cache was shared.", "root_cause": "Not known yet.", "actions": ["Look on."]}
COMPLETE = {"summary": "The key lacked the tenant.", "root_cause": "A bad key."}


class World(NamedTuple):
    """A server, clients of two people who operate, and the browser of one of them.

    Ada has a token, and a session of her own.
    """

    server: Server
    ada: httpx.Client
    ada_herself: httpx.Client
    ben: httpx.Client
    browser: httpx.Client
    token: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("averted") / "data"
    ada = add_token(data, "ada", Scope.OPERATE)
    ben, ada_herself = (add_person(data, name, Scope.OPERATE) for name in ("ben", "ada"))
    admin = add_token(data, "root", Scope.ADMIN)
    with (
        Server(data) as server,
        client(server, ada) as of_ada,
        client(server, ben) as of_ben,
        client(server, ada_herself) as of_ada_herself,
        client(server, admin) as of_admin,
        logged_in(server, ada) as browser,
    ):
        adopted = of_admin.post("/v1/policy", json={"text": STRICT, "reason": "Regulators ask"})
        adopted.raise_for_status()
        yield World(server, of_ada, of_ada_herself, of_ben, browser, ada)


def report(world: World, **given: object) -> str:
    body = {"title": "Answers leak", "system": "chat", **given}
    answer = world.ada.post("/v1/incidents", json=body)
    assert 201 == answer.status_code, answer.text
    return str(answer.json()["reference"])


def send(by: httpx.Client, reference: str, command: str, **body: object) -> httpx.Response:
    return by.post(f"/v1/incidents/{reference}/{command}", json=body)


def seen(world: World, reference: str, answer: httpx.Response) -> dict[str, object]:
    """The incident from the read models, once they have what was answered."""
    assert 200 == answer.status_code, answer.text
    at_least = answer.headers["airledger-position"]
    found = world.ada.get(f"/v1/incidents/{reference}", params={"at_least": at_least}).json()
    assert answer.json() == found
    return dict(found)


def page(world: World, path: str) -> str:
    answer = world.browser.get(path)
    assert 200 == answer.status_code
    return unescape(answer.text)


def listed(world: World, **params: str) -> set[str]:
    answer = world.ada.get("/v1/incidents", params={"limit": "1000", **params})
    assert 200 == answer.status_code, answer.text
    return {each["reference"] for each in answer.json()["items"]}


def test_a_near_miss_is_marked_filtered_not_counted_and_becomes_an_incident(world: World) -> None:
    did = "The agent deleted 40 records."
    ref = report(world, near_miss=True, system="agents", system_action=did)
    view = seen(world, ref, send(world.ada, ref, "assign", owner="ben"))
    assert (True, False, "cancelled", "not_applicable", did) == (
        view["near_miss"],
        view["counts"],
        view["rca"]["state"],  # type: ignore[index]
        view["steps"]["rca"]["state"],  # type: ignore[index]
        view["system_action"],
    )
    assert ref in listed(world, near_miss="true")
    assert ref not in listed(world, near_miss="false")
    assert "A near miss: it did no harm." in page(world, f"/incidents/{ref}")
    assert did in page(world, f"/incidents/{ref}")
    assert "Near miss" in page(world, "/?near_miss=true&system=agents")
    [count] = world.ada.get("/v1/counts", params={"system": "agents"}).json()["items"]
    assert (0, 1, [ref]) == (count["count"], count["near_misses"], count["near_miss_references"])
    assert ref in page(world, "/counts?system=agents")

    again = seen(world, ref, send(world.ada, ref, "near-miss/withdraw", reason="It was seen."))
    assert (False, True, "on_track") == (
        again["near_miss"],
        again["counts"],
        again["rca"]["state"],  # type: ignore[index]
    )
    [count] = world.ada.get("/v1/counts", params={"system": "agents"}).json()["items"]
    assert (1, 0) == (count["count"], count["near_misses"])


def test_a_form_reports_a_near_miss_by_a_box_that_is_checked(world: World) -> None:
    form = world.browser.get("/incidents/new").text
    assert re.search(r'<input type="checkbox" value="on" [^>]*name="near_miss"', form)
    typed = {**hidden(form), "title": "Nearly", "system": "boxes", "near_miss": "on"}
    sent = world.browser.post("/incidents", data=typed)
    assert 303 == sent.status_code, sent.text
    assert "A near miss" in page(world, sent.headers["location"])
    refused = world.browser.post("/incidents", data={**hidden(form), "near_miss": "on"})
    assert 422 == refused.status_code
    assert re.search(r'value="on" checked [^>]*name="near_miss"', refused.text)


def test_an_incident_waits_for_triage_until_it_is_classified(world: World) -> None:
    ref = report(world, severity="high")
    view = seen(world, ref, send(world.ada, ref, "assign", owner="ben"))
    assert view["triage"] is True
    assert ref in listed(world, triage="true")
    shown = page(world, f"/incidents/{ref}")
    assert "It waits for triage: the category is not stated" in shown
    assert "for triage</a>" in page(world, "/")
    assert ref in page(world, "/?triage=true")

    classify = {"category": "infra_error", "severity": "high", "secondary_category": "data_breach"}
    view = seen(world, ref, send(world.ada, ref, "classify", **classify))
    assert (False, "data_breach") == (view["triage"], view["secondary_category"])
    assert ref in listed(world, triage="false")
    assert ref not in listed(world, triage="true")
    assert ref in listed(world, category="infra_error") & listed(world, category="data_breach")
    assert "Infra error and data breach" in page(world, f"/incidents/{ref}")


def test_a_preliminary_rca_meets_the_deadline_and_the_final_one_needs_another_s_approval(
    world: World,
) -> None:
    ref = report(world, severity="high")
    view = seen(world, ref, send(world.ada, ref, "rca/preliminary", **SAID))
    rca: dict[str, object] = view["rca"]  # type: ignore[assignment]
    assert SAID == {name: rca["preliminary"][name] for name in SAID}  # type: ignore[index]
    assert ("met", "on_track", rca["final_due_at"]) == (
        rca["verdict_at_due"],
        rca["state"],
        rca["due_at"],
    )
    assert rca["preliminary_met_at"] < rca["preliminary_due_at"] < rca["final_due_at"]  # type: ignore[operator]
    shown = page(world, f"/incidents/{ref}")
    assert all(word in shown for word in ("A cache was shared.", "Not known yet.", "Look on."))
    assert "It met the deadline" in shown
    assert "It met the deadline" in page(world, f"/rca?incident={ref}")

    view = seen(world, ref, send(world.ada, ref, "rca/complete", **COMPLETE))
    assert (True, "pending") == (
        view["rca"]["approval_awaited"],  # type: ignore[index]
        view["steps"]["rca"]["state"],  # type: ignore[index]
    )
    assert "waits for the approval of somebody other than ada" in page(world, f"/incidents/{ref}")
    for by, status, rule in (
        (world.ada, 403, "person_needed"),
        (world.ada_herself, 409, "rca_approved_by_another"),
    ):
        refused = send(by, ref, "rca/approve")
        assert (status, rule) == (refused.status_code, refused.json()["rule"])

    view = seen(world, ref, send(world.ben, ref, "rca/approve", comment="Read with care."))
    assert ("ben", "done", "met") == (
        view["rca"]["approved_by"],  # type: ignore[index]
        view["steps"]["rca"]["state"],  # type: ignore[index]
        view["rca"]["state"],  # type: ignore[index]
    )
    assert "by ben: Read with care." in page(world, f"/incidents/{ref}")


@pytest.mark.only_on("sqlite", "the lists are tried on both over HTTP")
def test_the_shell_lists_what_waits_for_triage_and_what_was_averted(world: World) -> None:
    averted = report(world, near_miss=True, system="shell")
    waiting = report(world, system="shell")
    env = os.environ | {"AIRLEDGER_URL": world.server.url, "AIRLEDGER_TOKEN": world.token}

    def shell(*words: str) -> str:
        run = forks.run(words, env)
        assert 0 == run.returncode, run.stderr
        return run.stdout

    told = shell("incident", "rca", "preliminary", waiting, "--summary", "So far", "--action", "a")
    assert "preliminary RCA recorded" in told
    assert waiting in shell("incidents", "--triage", "--system", "shell")
    near_misses = shell("incidents", "--near-miss", "--system", "shell")
    assert averted in near_misses
    assert waiting not in near_misses
    assert averted not in shell("incidents", "--no-near-miss", "--system", "shell")
    assert "It met the deadline" in shell("incident", "show", waiting)
