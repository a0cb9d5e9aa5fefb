"""All staff report: what they see of theirs, and that they see nothing else."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from consumers.read_service.reports import ReportView
from ledger.domain.incident.kind import INCIDENT
from ledger.vocabulary import Scope, SourceKind
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.e2e.test_acting_pages import hidden, logged_in
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

SECRET = "The vendor's key was in the prompt"
"""What somebody else wrote in an incident."""


class World(NamedTuple):
    """A server; two people who report, one of them in a browser too, and one who operates."""

    server: Server
    mara: httpx.Client
    noor: httpx.Client
    operator: httpx.Client
    browser: httpx.Client
    token: str

    def report(
        self, by: httpx.Client, title: str, key: str = "", **fields: object
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        body = {"title": title, "system": "chat", **fields}
        return by.post("/v1/incidents", json=body, headers=headers)

    def command(self, ref: str, name: str, **body: object) -> int:
        answer = self.operator.post(f"/v1/incidents/{ref}/{name}", json=body)
        assert 200 == answer.status_code, answer.text
        return int(answer.headers["airledger-position"])

    def page(self, path: str) -> str:
        answer = self.browser.get(path)
        assert 200 == answer.status_code, answer.text
        return unescape(answer.text)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("reports") / "data"
    names = {"mara": Scope.REPORT, "noor": Scope.REPORT, "olga": Scope.OPERATE}
    tokens = {name: add_token(data, name, scope) for name, scope in names.items()}
    with Server(data) as server, ExitStack() as stack:
        mara, noor, operator = (
            stack.enter_context(client(server, token)) for token in tokens.values()
        )
        browser = stack.enter_context(logged_in(server, tokens["mara"]))
        yield World(server, mara, noor, operator, browser, tokens["mara"])
        assert [] == complaints(server)


def test_the_answer_to_a_report_is_what_its_sender_may_see(world: World) -> None:
    answer = world.report(world.mara, "Answers leak prompts", near_miss=True)
    told = answer.json()
    assert 201 == answer.status_code
    assert set(ReportView.__struct_fields__) == told.keys()
    assert ("Answers leak prompts", True, "open") == (
        told["title"],
        told["near_miss"],
        told["status"],
    )
    at = {"at_least": answer.headers["airledger-position"]}
    again = world.mara.get(answer.headers["location"], params=at)
    assert told == again.json()
    assert told in world.mara.get("/v1/reports").json()["items"]


def test_the_same_key_again_reports_once(world: World) -> None:
    first = world.report(world.mara, "Twice", key="once")
    ref = first.json()["reference"]
    world.command(ref, "note", text=SECRET)
    again = world.report(world.mara, "Twice", key="once")
    assert (201, first.json()["id"]) == (again.status_code, again.json()["id"])
    assert SECRET not in again.text
    assert 422 == world.report(world.mara, "Otherwise", key="once").status_code


def test_what_became_of_a_report_stands_with_its_reason_as_corrected(world: World) -> None:
    refs = [
        world.report(world.mara, title).json()["reference"]
        for title in ("False alarm", "The same again", "Looked into", "Kept", "Opened again")
    ]
    dismissed, merged, corrected, kept, reopened = refs
    world.command(dismissed, "dismiss", reason="A test by the vendor")
    world.command(merged, "merge", into=kept, reason="One cause")
    world.command(corrected, "dismiss", reason="Wrong")
    world.command(corrected, "amend", field="dismiss.reason", to="A drill", reason="Typing error")
    world.command(reopened, "dismiss", reason="Nothing in it")
    at = world.command(reopened, "reopen", reason="There was")

    items = world.mara.get("/v1/reports", params={"at_least": at}).json()["items"]
    found = {each["reference"]: each for each in items}
    assert refs[::-1] == [each["reference"] for each in items if each["reference"] in refs]
    assert ("dismissed", "A test by the vendor") == (
        found[dismissed]["status"],
        found[dismissed]["reason"],
    )
    assert ("merged", "One cause", kept, "open") == tuple(
        found[merged][name] for name in ("status", "reason", "merged_into", "merged_status")
    )
    assert "A drill" == found[corrected]["reason"]
    assert ("open", None, None) == tuple(
        found[reopened][name] for name in ("status", "reason", "ended_at")
    )
    for each in (*refs[:3], reopened):
        one = world.mara.get(f"/v1/reports/{each}").json()
        assert one == found[each]
    page = world.page("/reports")
    assert "A test by the vendor" in page
    assert f"Merged into {kept}" in page


def test_a_report_of_somebody_else_is_not_there(world: World) -> None:
    other = world.report(world.noor, "Noor saw this")
    ref, at = other.json()["reference"], other.headers["airledger-position"]
    known = world.mara.get(f"/v1/reports/{ref}", params={"at_least": at})
    unknown = world.mara.get("/v1/reports/INC-999999")
    assert (404, 404) == (known.status_code, unknown.status_code)
    assert known.json()["detail"].replace(ref, "") == unknown.json()["detail"].replace(
        "INC-999999", ""
    )
    assert 404 == world.browser.get(f"/reports/{ref}").status_code
    assert "Noor saw this" not in world.mara.get("/v1/reports").text
    assert "Noor saw this" not in world.page("/reports")


def test_pages_lead_whoever_reports_to_his_reports_alone(world: World) -> None:
    home = world.browser.get("/")
    assert (303, "/reports") == (home.status_code, home.headers["location"])
    at = world.report(world.mara, "Linked").headers["airledger-position"]
    world.mara.get("/v1/reports", params={"at_least": at})
    page = world.page("/reports")
    links = set(re.findall(r'href="(/[^"?#]*)', page)) - {"/login"}
    own = {each for each in links if each.startswith("/reports")}
    assets = {each for each in links if each.startswith("/static/")}
    assert {"/incidents/new", "/v1/reports"} == links - own - assets
    for path in own | {"/incidents/new"}:
        assert 200 == world.browser.get(path).status_code


def test_a_form_reports_and_leads_to_what_became_of_it(world: World) -> None:
    form = world.page("/incidents/new")
    assert '<a href="/reports">My reports</a>' in form
    typed = {"title": "Typed in a form", "system": "chat", "near_miss": "on", **hidden(form)}
    sent = [world.browser.post("/incidents", data=typed) for _ in range(2)]
    assert [303, 303] == [each.status_code for each in sent]
    first, again = (each.headers["location"].partition("?")[0] for each in sent)
    assert first == again
    ref = first.removeprefix("/reports/")
    world.command(ref, "note", text=SECRET)
    page = world.page(sent[0].headers["location"])
    assert "Typed in a form" in page
    assert "Recorded: Report" in page
    assert SECRET not in page
    for path in (f"/incidents/{ref}", f"/v1/incidents/{ref}", "/rca", "/sessions"):
        assert 403 == world.browser.get(path).status_code, path


def test_who_operates_has_reports_of_his_own_with_the_whole_incident_behind(world: World) -> None:
    answer = world.report(world.operator, "Olga saw it")
    ref = answer.json()["reference"]
    assert "timeline" not in answer.json()
    assert "records" in answer.json()
    at = {"at_least": answer.headers["airledger-position"]}
    assert [ref] == [
        each["reference"] for each in world.operator.get("/v1/reports", params=at).json()["items"]
    ]
    with httpx.Client(base_url=world.server.url) as client:
        page = client.get(f"/reports/{ref}", headers=dict(world.operator.headers)).text
    assert f'href="/incidents/{ref}"' in page


def test_pages_of_the_list_follow_each_other_and_the_list_is_a_file(world: World) -> None:
    for number in range(3):
        world.report(world.noor, f"Number {number}")
    newest = world.report(world.noor, "Number 3").headers["airledger-position"]
    whole = world.noor.get("/v1/reports", params={"at_least": newest}).json()["items"]
    found, cursor = [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        part = world.noor.get("/v1/reports", params=params).json()
        found += part["items"]
        if (cursor := part.get("next")) is None:
            break
    assert whole == found
    file = world.noor.get("/v1/reports", params={"format": "csv"}).text.splitlines()
    assert len(whole) + 1 == len(file)


def test_a_source_with_scope_report_reports_and_commands_nothing(world: World) -> None:
    data = world.server.data_dir
    token = add_source(data, "form", kind=SourceKind.CLOUDEVENTS, scope=Scope.REPORT)
    headers = {"Content-Type": "application/cloudevents+json"}

    def send(name: str, of: str, subject: str, body: dict[str, str]) -> httpx.Response:
        event = {
            "specversion": "1.0",
            "id": of,
            "source": "/form",
            "type": f"airledger.incident.{name}",
            "subject": subject,
            "data": body,
        }
        with client(world.server, token) as source:
            return source.post("/v1/signals/cloudevents", json=event, headers=headers)

    reported = send("report", "1", "case/1", {"title": "Filed", "system": "chat"})
    noted = send("note", "2", "case/1", {"text": "More"})
    assert (202, 202) == (reported.status_code, noted.status_code)
    assert (1, 0) == (reported.json()["recorded"], noted.json()["recorded"])
    with client(world.server, token) as source:
        until(lambda: bool(source.get("/v1/reports").json()["items"]), "the report is in the list")
        items = source.get("/v1/reports").json()["items"]
    assert ["Filed"] == [each["title"] for each in items]


def test_the_command_line_from_away_reports_and_lists(world: World, tmp_path: Path) -> None:
    away = {"AIRLEDGER_URL": world.server.url, "AIRLEDGER_TOKEN": world.token}
    with Airledger(tmp_path / "away", away) as airledger:
        made = airledger.done("incident", "report", "--title", "From away", "--system", "chat")
        ref = made.text.partition(":")[0]
        assert f"airledger reports {ref}" in made.text
        assert "From away" in airledger.done("reports").text
        assert "From away" in airledger.done("reports", ref).text
        refused = airledger.run("incident", "show", ref)
    assert (1, True) == (refused.status, "requires scope read" in refused.err)


def test_every_other_command_of_an_incident_needs_more_than_report(world: World) -> None:
    ref = world.report(world.mara, "Mine").json()["reference"]
    for name, of in INCIDENT.commands.items():
        if not of.opens:
            assert 403 == world.mara.post(f"/v1/incidents/{ref}/{name}", json={}).status_code
