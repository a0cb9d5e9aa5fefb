"""A tracker as a channel, from a report to the ticket, its comments and the step on record."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_token, client
from tests.harness import github_server, jira_server
from tests.harness.github_server import GitHubServer
from tests.harness.homes import environment
from tests.harness.jira_server import JiraServer
from tests.harness.process import until
from tests.harness.tracker_server import running
from tests.unit.cli.processes import Airledger
from tests.unit.policy.rules import telling


class World:
    """A server that tells a tracker; an operator, the browser and the command line."""

    def __init__(self, opened: ExitStack, data: Path, tracker: GitHubServer | JiraServer) -> None:
        self.tracker = tracker
        env = {
            "AIRLEDGER_NOTIFY__CHANNELS": json.dumps({"tracker": channel(tracker)}),
            "AIRLEDGER_HTTP__PUBLIC_URL": "http://ledger.example",
        }
        root = add_token(data, "root", Scope.ADMIN)
        self.server = opened.enter_context(Server(data, env=env))
        self.api: httpx.Client = opened.enter_context(client(self.server, root))
        policy = {"text": telling("tracker"), "reason": "Tickets"}
        assert self.api.post("/v1/policy", json=policy).is_success
        self.browser = opened.enter_context(logged_in(self.server, root))
        self.host = opened.enter_context(Airledger(data, {**environment(data), **env}))

    def report(self, title: str) -> str:
        body = {"title": title, "system": "chat", "severity": "critical"}
        answer = self.api.post("/v1/incidents", json=body).raise_for_status()
        return str(answer.json()["reference"])

    def ticket_of(self, ref: str) -> str | None:
        """The address on record."""
        events = reading.events(self.api, subject=f"incident/{ref}")
        found = [each for each in events if each["type"] == "incident.ticket_opened.v1"]
        return found[0]["data"]["url"] if found else None


def channel(tracker: GitHubServer | JiraServer) -> dict[str, str]:
    """Its settings."""
    if isinstance(tracker, GitHubServer):
        of = {"repository": tracker.repository, "secret": github_server.TOKEN}
        return {"kind": "github", "url": tracker.url, **of}
    of = {"project": "OPS", "issue_type": "Bug", "secret": jira_server.TOKEN}
    return {"kind": "jira", "url": tracker.url, "user": jira_server.USER, **of}


@pytest.fixture(params=["github", "jira"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    tracker = GitHubServer() if request.param == "github" else JiraServer(cloud=True)
    with ExitStack() as opened:
        opened.enter_context(running(tracker))
        yield World(opened, tmp_path / "data", tracker)


def test_an_incident_opens_a_ticket_which_is_on_record_and_told_how_it_ends(world: World) -> None:
    ref = world.report("Answers leak")
    until(lambda: world.ticket_of(ref) is not None, "the ticket is on record", within=30)
    url = world.ticket_of(ref) or ""
    assert url.startswith(world.tracker.site)
    assert 1 == len(world.tracker.issues)
    reading.settled(world.api)
    steps = world.api.get(f"/v1/incidents/{ref}").json()["steps"]
    assert "done" == steps["ticket"]["state"]
    assert f'href="{url}"' in world.browser.get(f"/incidents/{ref}").text
    assert "opened" in world.host.done("deliveries").text
    dismissed = world.api.post(f"/v1/incidents/{ref}/dismiss", json={"reason": "A test"})
    assert dismissed.is_success
    comments = world.tracker.comments
    until(lambda: any(comments.values()), "the ticket is told that it ended", within=30)
    [[comment]] = comments.values()
    assert f"{ref} incident dismissed" in comment["body"]


def test_a_token_is_checked_by_hand_and_shown_nowhere(world: World) -> None:
    said = world.host.done("notify", "test", "tracker").text
    assert said.startswith("tracker works: ")
    assert "No ticket was opened." in said
    assert [] == world.tracker.issues
    world.report("Severe")
    until(lambda: bool(world.tracker.issues), "the ticket is opened", within=30)
    secret = channel(world.tracker)["secret"]
    shown = [
        json.dumps(reading.events(world.api)),
        world.server.log,
        world.browser.get("/deliveries").text,
        world.host.done("config", "show").text,
        said,
    ]
    assert [] == [each for each in shown if secret in each or jira_server.USER in each]
