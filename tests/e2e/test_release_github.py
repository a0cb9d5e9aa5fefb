"""Deployments of GitHub Actions wait for their release, by the App's rule."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.pages import ROOT
from tests.e2e.releases import Team, path, team
from tests.harness.forks import Forked
from tests.harness.github_app import REPOSITORY, SECRET, GitHubApp
from tests.harness.process import until
from tests.harness.tracker_server import Answer, running

pytestmark = pytest.mark.only_on("sqlite", "it asks over HTTP, which is alike on both")

EXAMPLE = ROOT / "infra/pipelines/github.toml"
READY_WITHIN_SECONDS = 60


class Gate:
    """`airledger release github`, as a process."""

    def __init__(self, directory: Path, of: Team, github: GitHubApp, *, token: str = "") -> None:
        self.directory = directory
        self._environment = {
            **{name: value for name, value in os.environ.items() if name[:10] != "AIRLEDGER_"},
            "AIRLEDGER_URL": of.server.url,
            "AIRLEDGER_TOKEN": token or of.token,
            "XDG_CONFIG_HOME": str(directory),
        }
        text = EXAMPLE.read_text("utf-8").replace("# api =", "api =")
        text = text.replace("https://github.example/api/v3", github.url)
        (directory / "github.toml").write_text(text, "utf-8")
        (directory / "github-app.pem").write_bytes(github.key.as_pem(private=True))
        (directory / "github-webhook.secret").write_text(f"{SECRET}\n", "utf-8")
        self._process: Forked | None = None
        self.url = ""

    @property
    def out(self) -> str:
        """What it printed."""
        return (self.directory / "out").read_text("utf-8")

    @property
    def waiting(self) -> list[str]:
        """The files of the deployments that wait."""
        return sorted(each.name for each in (self.directory / "waiting").iterdir())

    def start(self) -> None:
        """Starts it, and waits until it is ready."""
        words = ("release", "github", "github.toml", "--port", "0", "--every", "1")
        with (
            Path(os.devnull).open("rb") as nothing,
            (self.directory / "out").open("wb") as out,
            (self.directory / "log").open("ab") as log,
        ):
            streams = (nothing.fileno(), out.fileno(), log.fileno())
            self._process = process = Forked(
                (*words, "--waiting", "waiting"), self._environment, streams, self.directory
            )
        until(
            lambda: process.poll() is not None or self.out.startswith("ready "),
            "it is ready",
            within=READY_WITHIN_SECONDS,
        )
        assert process.poll() is None, (self.directory / "log").read_text("utf-8")
        self.url = f"{self.out.removeprefix('ready ').strip()}/github"

    def end(self) -> int:
        """SIGTERM; its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)


class World(NamedTuple):
    """A team, its GitHub, and the process between them."""

    team: Team
    github: GitHubApp
    gate: Gate


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as opened:
        people = opened.enter_context(team(tmp_path))
        github = opened.enter_context(running(GitHubApp()))
        directory = tmp_path / "gate"
        directory.mkdir()
        gate = Gate(directory, people, github)
        gate.start()
        opened.callback(gate.end)
        yield World(people, github, gate)


def test_a_deployment_is_approved_once_its_release_is_decided_whatever_was_restarted(
    world: World,
) -> None:
    at_work, github, gate = world
    at_work.propose("1.0.0")
    told = github.deliver(gate.url, github.event(7))
    assert 202 == told.status_code, told.text
    until(lambda: bool(github.reports.get(7)), "the first status report")
    [first] = github.reports[7]
    assert "support-assistant@1.0.0@production: undecided." in first
    assert 0 == gate.end()
    assert ["7-9007.json"] == gate.waiting
    at_work.document("1.0.0")
    at_work.evaluate("1.0.0")
    at_work.settled_check("1.0.0")
    gate.start()
    until(lambda: len(github.reports[7]) > 1, "a report of what is undecided now")
    assert "product_owner" in github.reports[7][-1]
    at_work.sign("1.0.0")
    at_work.owner.post(f"{path('1.0.0')}/decide", json={"decision": "go"}).raise_for_status()
    until(lambda: ["approved"] == github.states(7), "the approval", within=20)
    until(lambda: [] == gate.waiting, "it waits no more")
    assert len(set(github.reports[7])) == len(github.reports[7]), "no report is sent twice"


def test_a_no_go_is_rejected_with_its_reason(world: World) -> None:
    at_work, github, gate = world
    at_work.propose("1.0.0")
    at_work.evaluate("1.0.0", harmful_output_rate=0.9)
    assert 202 == github.deliver(gate.url, github.event(8)).status_code
    until(lambda: ["rejected"] == github.states(8), "the rejection")
    assert "safety: " in github.reviews[8][0]["comment"]


def test_a_release_that_nobody_proposed_is_reported_and_waits(world: World) -> None:
    at_work, github, gate = world
    assert 202 == github.deliver(gate.url, github.event(9)).status_code
    until(lambda: bool(github.reports.get(9)), "the status report")
    branch = {"id": 1, "ref": "main", "sha": "a" * 40}
    assert 202 == github.deliver(gate.url, github.event(10, deployment=branch)).status_code
    until(lambda: bool(github.reports.get(10)), "the status report")
    assert "'main'" in github.reports[10][0]
    assert [] == github.states(9) + github.states(10)
    at_work.propose("1.0.0")
    at_work.evaluate("1.0.0", harmful_output_rate=0.9)
    until(lambda: ["rejected"] == github.states(9), "the rejection")


def test_what_github_did_not_sign_is_refused_and_asks_nobody(world: World) -> None:
    _, github, gate = world
    body = github.event(11)
    assert 401 == github.deliver(gate.url, body, secret="another secret").status_code
    for signature in ("", "sha256=", f"sha256={'0' * 64}", "sha1=x"):
        headers = {"x-hub-signature-256": signature}
        assert 401 == github.deliver(gate.url, body, headers=headers).status_code
    assert 202 == github.deliver(gate.url, {"zen": "Keep it simple."}, event="ping").status_code
    assert [] == gate.waiting
    assert [] == github.asked


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://evil.example/api/v3/repos/{repository}/actions/runs/7/deployment_protection_rule",
        "{api}.evil.example/repos/{repository}/actions/runs/7/deployment_protection_rule",
        "{api}/repos/acme/other/actions/runs/7/deployment_protection_rule",
        "{api}/repos/{repository}/actions/runs/7/../8/deployment_protection_rule",
        "{api}/repos/{repository}/actions/runs/7/deployment_protection_rule?x=1",
        "{api}/repos/{repository}/actions/runs/7/deployment_protection_rule\n",
    ],
)
def test_an_answer_goes_nowhere_but_to_the_runs_of_the_repository(world: World, url: str) -> None:
    _, github, gate = world
    called = url.format(api=github.url, repository=REPOSITORY)
    told = github.deliver(gate.url, github.event(7, deployment_callback_url=called))
    assert 422 == told.status_code, told.text
    assert ([], []) == (gate.waiting, github.asked)


def test_bodies_that_are_no_event_and_other_repositories_are_refused(world: World) -> None:
    _, github, gate = world
    other = {"id": 5, "full_name": "acme/other"}
    for body in ({}, {"action": "requested"}, github.event(7, repository=other)):
        assert 422 == github.deliver(gate.url, body).status_code
    event = github.event(7, installation={"id": "4711"})
    assert 422 == github.deliver(gate.url, event).status_code
    assert [] == gate.waiting


def test_failures_of_github_are_tried_again_and_an_ended_run_is_forgotten(world: World) -> None:
    at_work, github, gate = world
    at_work.propose("1.0.0")
    at_work.evaluate("1.0.0", harmful_output_rate=0.9)
    left = [2]

    def fault(_: object) -> Answer | None:
        left[0] -= 1
        return Answer(503, {"message": "Unavailable"}) if left[0] >= 0 else None

    github.fault = fault
    github.deliver(gate.url, github.event(12)).raise_for_status()
    until(lambda: ["rejected"] == github.states(12), "the rejection")
    body = github.event(13)
    github.waits.discard(13)
    github.deliver(gate.url, body).raise_for_status()
    until(lambda: bool(github.posted("/13/")), "the review of a run that was cancelled")
    until(lambda: [] == gate.waiting, "it is forgotten")


def test_a_delivery_that_comes_twice_is_answered_once(world: World) -> None:
    _, github, gate = world
    body = github.event(14)
    for _ in range(2):
        github.deliver(gate.url, body).raise_for_status()
    until(lambda: bool(github.reports.get(14)), "the status report")
    github.deliver(gate.url, body).raise_for_status()
    until(lambda: ["14-9014.json"] == gate.waiting, "one file")
    [kept] = [json.loads((gate.directory / "waiting" / each).read_bytes()) for each in gate.waiting]
    until(lambda: 1 == len(github.reports[14]), "one report")
    assert kept["run"] == 14
