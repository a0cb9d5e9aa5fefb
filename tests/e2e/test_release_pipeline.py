"""A release from its pipeline's proposal to its rollback: script, two persons, alert, last good."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from consumers.web.sessions import COOKIE
from ledger.vocabulary import Scope, SourceKind
from tests.e2e.driving import Driven
from tests.e2e.keyboard import Keyboard
from tests.e2e.pipeline_script import GO, NO_GO, UNDECIDED, Pipeline
from tests.e2e.publishing import EVENTS, STRUCTURED, command
from tests.e2e.release_pages import page_of, session_of
from tests.e2e.releases import METRICS, MODEL, PROMPT, SYSTEM, SYSTEM_CARD, Team, path, team
from tests.e2e.server import add_source, client
from tests.harness.process import until
from tests.unit.cards.test_cards import HUGGING_FACE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on("sqlite", "a browser takes seconds; test_releases has both stores"),
]

GOOD, NEW = "1.0.0", "1.1.0"
CANDIDATE = "2" * 64
"""The digest of the new model."""


class World(NamedTuple):
    """A team, the job of its pipeline, and its Alertmanager and deploy tool by their tokens."""

    team: Team
    job: Pipeline
    alertmanager: httpx.Client
    deploys: httpx.Client

    def check(self, *more: str) -> tuple[int, str]:
        """What the pipeline's check of the new release comes to, once all cards are checked."""
        self.team.settled_check(NEW)
        return self.job.check(SYSTEM, NEW, *more)

    def evaluate(self, harmful_percent: float) -> None:
        """The pipeline's evaluation of the new release, as its tool wrote it."""
        measured = [
            {
                "system": SYSTEM,
                "metric": metric,
                "value": harmful_percent if metric == "harmful output rate" else value,
                "unit": unit,
                "n": 400,
                "until": datetime.now(UTC).isoformat(),
                "purpose": "evaluation",
                "release": NEW,
                "id": f"{NEW} {metric} {harmful_percent}",
            }
            for metric, (value, unit) in METRICS.items()
        ]
        (self.job.directory / "evaluation.json").write_text(json.dumps(measured))
        self.job.done("evaluate", "evaluation.json")

    def attach(self, requirement: str, content: bytes, *more: str) -> str:
        """A document of the new release; the reference of its evidence."""
        (self.job.directory / f"{requirement}.md").write_bytes(content)
        said = self.job.done("attach", SYSTEM, NEW, requirement, f"{requirement}.md", *more)
        return said.split()[1]

    def act(self, person: str, form: str, **typed: str) -> None:
        """A person records something on the release's page, by keyboard."""
        with Driven() as tab:
            tab.look(width=1440)
            tab.open(self.team.server.url)
            tab.set_cookie(self.team.server.url, COOKIE, session_of(self.team, person))
            tab.open(f"{self.team.server.url}{page_of(NEW)}")
            keys = Keyboard(tab)
            keys.unfold(form)
            keys.fill(**typed)
            keys.follow("e.type === 'submit' && !e.matches('.second')")
            tab.until("document.activeElement.id === 'done'")

    def production(self) -> dict[str, Any]:
        """What runs."""
        found = self.team.pipeline.get(f"/v1/systems/{SYSTEM}/production")
        return dict(found.raise_for_status().json())

    def state(self) -> dict[str, Any]:
        """The new release as it is."""
        return dict(self.team.pipeline.get(path(NEW)).raise_for_status().json()["state"])

    def incidents(self) -> list[dict[str, Any]]:
        """The open incidents of the system."""
        found = self.team.pipeline.get("/v1/incidents", params={"system": SYSTEM})
        return list(found.raise_for_status().json()["items"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as opened:
        people = opened.enter_context(team(tmp_path))
        data = tmp_path / "data"
        alertmanager = add_source(data)
        deploys = add_source(data, "deploy", kind=SourceKind.CLOUDEVENTS, scope=Scope.OPERATE)
        job = tmp_path / "job"
        job.mkdir()
        yield World(
            people,
            Pipeline(url=people.server.url, token=people.token, directory=job),
            opened.enter_context(client(people.server, alertmanager)),
            opened.enter_context(client(people.server, deploys)),
        )


def test_a_release_is_let_through_and_taken_back_for_an_incident(world: World) -> None:
    job, people = world.job, world.team
    people.go(GOOD)
    job.done("deploy", SYSTEM, GOOD, "--digest", MODEL)

    job.done(
        *("propose", SYSTEM, NEW, "--class", "major", "--author", "emil"),
        *("--artefact", f"model:support-llm@sha256:{CANDIDATE}"),
        *("--artefact", f"prompt:triage@sha256:{PROMPT}", "--summary", "A newer model."),
    )
    world.attach("model_card", HUGGING_FACE.encode() + b"\nOf the new model.\n")
    world.attach("system_card", SYSTEM_CARD + b"\nOf the new model.\n")
    dpia = world.attach("impact_approved", b"The DPIA of the new model", "--kind", "dpia")
    approval = people.lead.post(f"/v1/evidence/{dpia}/approve", json={"role": "governance_lead"})
    approval.raise_for_status()
    plan = world.attach("way_back", b"The snapshot of 1.0.0", "--kind", "snapshot")
    tried = {"statement": "1.0.0 was restored on the test system."}
    people.owner.post(f"/v1/evidence/{plan}/attest", json=tried).raise_for_status()
    status, said = world.check()
    assert UNDECIDED == status
    assert "safety" in said, "nothing was measured"

    world.evaluate(harmful_percent=0.9)
    status, said = world.check()
    assert NO_GO == status
    assert said.startswith("no-go: safety: ")

    world.evaluate(harmful_percent=0.1)
    status, said = world.check()
    assert UNDECIDED == status
    assert "product_owner" in said
    assert "governance_lead" in said

    world.act("pia", "sign-off", role="Product")
    world.act("lea", "sign-off", role="Governance")
    status, said = world.check()
    assert (UNDECIDED, "undecided: Every gate passes, and nobody decided yet.\n") == (status, said)
    world.act("pia", "decide", decision="Go")
    assert GO == world.check("--digest", CANDIDATE)[0]
    assert NO_GO == world.check("--digest", "3" * 64)[0]

    job.done("deploy", SYSTEM, NEW, "--mode", "canary", "--traffic", "5", "--digest", CANDIDATE)
    runs = world.production()
    assert {GOOD, NEW} == {each["version"] for each in runs["running"]}
    assert world.state()["approved"]
    assert [] == world.incidents()

    world.alertmanager.post("/v1/signals/alertmanager", json=_alerts()).raise_for_status()
    until(lambda: bool(world.incidents()), "the incident of the alert")
    [incident] = world.incidents()
    back = command("run-43", "rollback.execute", incident["reference"], {"snapshot": GOOD})
    told = world.deploys.post(EVENTS, content=json.dumps(back), headers=STRUCTURED)
    assert 1 == told.raise_for_status().json()["recorded"], told.text
    until(lambda: bool(world.state()["rolled_back"]), "the mark of the rollback")

    runs = world.production()
    assert (GOOD, GOOD) == (runs["current"]["version"], runs["last_known_good"]["version"])
    assert [GOOD] == [each["version"] for each in runs["running"]]
    assert GO == job.check(SYSTEM, GOOD, "--rollback", incident["reference"], "--digest", MODEL)[0]
    assert GO != world.job.check(SYSTEM, NEW, "--rollback", incident["reference"])[0]


def test_the_script_takes_a_canary_back_as_well(world: World) -> None:
    people, job = world.team, world.job
    people.go(GOOD)
    job.done("deploy", SYSTEM, GOOD)
    job.done(
        *("propose", SYSTEM, NEW, "--class", "major"),
        *("--artefact", f"model:support-llm@sha256:{CANDIDATE}"),
    )
    job.done("deploy", SYSTEM, NEW, "--mode", "canary", "--traffic", "5")
    until(lambda: bool(world.incidents()), "the incident of an unapproved deployment")
    [incident] = world.incidents()
    words = ("--to", GOOD, "--incident", incident["reference"], "--reason", "Nobody decided.")
    job.done("roll-back", SYSTEM, NEW, *words)
    assert world.state()["rolled_back"]
    told = people.pipeline.get(f"{path(NEW)}/timeline").raise_for_status().json()["items"]
    assert GOOD in told[-1]["text"]
    assert GOOD == world.production()["last_known_good"]["version"]


def _alerts() -> dict[str, Any]:
    labels = {"alertname": "HarmfulOutputRateHigh", "system": SYSTEM, "severity": "critical"}
    return {
        "version": "4",
        "groupKey": "{}",
        "status": "firing",
        "receiver": "airledger",
        "groupLabels": {},
        "commonLabels": labels,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
        "truncatedAlerts": 0,
        "alerts": [
            {
                "status": "firing",
                "labels": labels,
                "annotations": {"summary": "Harmful answers of the canary"},
                "startsAt": datetime.now(UTC).isoformat(),
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "http://prometheus.example",
                "fingerprint": "c6eadffa33fcdf37",
            }
        ],
    }
