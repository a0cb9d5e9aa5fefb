"""Marks that a wrong clock recorded are withdrawn: over HTTP, by a command and by a CloudEvent."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from consumers.commands.service import Caller, Commands
from consumers.container.guarded_clock import machine_time
from consumers.container.ledger import open_ledger
from ledger.domain.access.deciding import HOST
from ledger.domain.incident.commands import Report
from ledger.domain.incident.kind import INCIDENT
from tests.e2e import reading
from tests.e2e.browser import Document
from tests.e2e.publishing import Sources, command, counts, sources
from tests.e2e.reading import Json
from tests.e2e.report_pages import cookie
from tests.e2e.served import problem
from tests.harness.homes import settings_of
from tests.unit.cli.processes import Airledger

JUMP = timedelta(days=40)
WHY = {"reason": "The machine's clock was 40 days ahead"}
TITLES = ("by-http", "by-command", "by-event", "shown", "right")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    """A wrong clock marked every RCA at risk and overdue; the server has a right one."""
    data_dir = tmp_path_factory.mktemp("withdrawn") / "data"
    settings = settings_of(data_dir)
    with closing(open_ledger(settings)) as ledger:
        commands = Commands(ledger.services)
        for title in TITLES:
            at = machine_time() - timedelta(hours=30 if title == "right" else 1)
            report = Report(title=title, system=title, detected_at=at)
            commands.open(Caller(asker=HOST, actor="airledger", token="tests"), INCIDENT, report)
    with closing(open_ledger(settings, clock=lambda: machine_time() + JUMP)) as wrong:
        wrong.seal_and_react()
    with sources(data_dir) as world:
        yield world


def marked(world: Sources, title: str) -> Json:
    """The incident of that title, with its two marks."""
    [found] = reading.incidents(world.operator, system=title)
    assert "overdue" == found["rca"]["verdict_at_due"]
    return found


def withdraw(world: Sources, incident: Json, **fields: str) -> httpx.Response:
    return world.operator.post(
        f"/v1/incidents/{incident['reference']}/rca/withdraw", json={**WHY, **fields}
    )


def clock_of(world: Sources, incident: Json) -> Json:
    reading.settled(world.operator)
    items = world.operator.get("/v1/rca", params={"system": incident["system"]}).json()["items"]
    [clock] = [each for each in items if each["id"] == incident["id"]]
    return dict(clock)


def test_over_http_both_marks_go_and_the_read_models_say_what_they_said_before(
    world: Sources,
) -> None:
    incident = marked(world, "by-http")

    first = withdraw(world, incident, mark="overdue").raise_for_status().json()
    withdraw(world, incident, mark="at_risk", due=incident["rca"]["due_at"]).raise_for_status()

    assert None is first["rca"]["verdict_at_due"]
    clock = clock_of(world, incident)
    assert ("on_track", None, None, None) == tuple(
        clock[name]
        for name in ("state", "verdict_at_due", "at_risk_recorded_at", "overdue_recorded_at")
    )
    assert [
        ("at_risk", incident["rca"]["due_at"]),
        ("overdue", incident["rca"]["due_at"]),
    ] == [(each["mark"], each["due_at"]) for each in clock["withdrawn"]]
    assert [
        "incident.detected.v1",
        "incident.rca_at_risk.v1",
        "incident.rca_overdue.v1",
        "incident.rca_mark_withdrawn.v1",
        "incident.rca_mark_withdrawn.v1",
    ] == reading.types(world.history(incident["id"]))

    done = {"summary": "s", "root_cause": "r"}
    world.operator.post(f"/v1/incidents/{incident['id']}/rca/complete", json=done)
    assert ("met", "met") == tuple(
        clock_of(world, incident)[name] for name in ("state", "verdict_at_due")
    )


def test_a_mark_that_is_right_or_unknown_stays_and_the_refusal_names_its_rule(
    world: Sources,
) -> None:
    incident = marked(world, "right")
    for fields, rule in (
        ({"mark": "overdue"}, "mark_is_right"),
        ({"mark": "at_risk"}, "mark_is_right"),
        ({"mark": "overdue", "due": "2026-01-01T00:00:00Z"}, "mark_unknown"),
    ):
        told = problem(withdraw(world, incident, **fields), 409)
        assert (rule, True) == (told["rule"], bool(told["remedy"]))
    assert ["mark"] == [
        each["field"] for each in problem(withdraw(world, incident, mark="late"), 422)["errors"]
    ]
    assert "overdue" == clock_of(world, incident)["verdict_at_due"]


@pytest.mark.only_on("sqlite", "the command is alike; the one over HTTP is tried on both")
def test_the_command_line_withdraws_and_shows_it(world: Sources, tmp_path: Path) -> None:
    incident = marked(world, "by-command")
    ref = incident["reference"]
    arguments = ("incident", "rca", "withdraw", ref, "--mark", "overdue", "--reason", WHY["reason"])
    with Airledger(world.server.data_dir) as airledger:
        done = airledger.done(*arguments)
        again = airledger.run(*arguments)
        shown = airledger.done("incident", "show", ref).text
        timeline = airledger.done("incident", "timeline", ref, "--json").json["items"]
        listed = airledger.done("rca", "--system", "by-command").text

    assert f"{ref}: mark withdrawn." in done.text
    assert (1, True) == (again.status, "(rule: mark_unknown)" in again.err)
    assert "the mark overdue of the RCA due" in " ".join(shown.split())
    assert timeline[-1]["text"].startswith("Mark withdrawn: root cause analysis overdue, due ")
    assert WHY["reason"] in timeline[-1]["text"]
    assert "mark withdrawn" in listed


def test_a_cloudevent_withdraws_once(world: Sources) -> None:
    incident = marked(world, "by-event")
    event = command("w-1", "rca.withdraw", incident["reference"], {**WHY, "mark": "overdue"})
    assert [(1, 0, 0), (0, 1, 0)] == [counts(world.send(event)) for _ in range(2)]
    assert None is clock_of(world, incident)["verdict_at_due"]


def test_the_pages_say_which_mark_was_withdrawn(world: Sources) -> None:
    incident = marked(world, "shown")
    withdraw(world, incident, mark="overdue").raise_for_status()
    reading.settled(world.operator)
    token = world.operator.headers["Authorization"].removeprefix("Bearer ")
    url = world.server.url
    pages = {
        path: Document(httpx.get(f"{url}{path}", headers=cookie(url, token)).text).text
        for path in (f"/incidents/{incident['reference']}", "/rca?system=shown")
    }
    own, listed = pages.values()
    assert "The mark \u201coverdue\u201d of the time due" in own
    assert "Mark withdrawn: root cause analysis overdue" in own
    assert "mark \u201coverdue\u201d withdrawn" in listed
    assert "Not due yet" in listed
