"""A team that releases: a pipeline with a token, persons with roles, and a policy for it."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.server import Server, add_person, add_token, client
from tests.harness.process import until
from tests.unit.cards.test_cards import HUGGING_FACE

SYSTEM = "support-assistant"
MODEL, PROMPT = (hashlib.sha256(each).hexdigest() for each in (b"model", b"prompt"))
SYSTEM_CARD = b"""---
name: Support assistant
models: support-llm
---
# Support assistant

## Intended purpose

Answers questions of customers about their orders.

## Human oversight

An agent reads every answer that promises money.

## Limitations

It knows nothing of orders that were placed today.
"""
METRICS = {
    "pass@5": (0.91, "1"),
    "demographic parity difference": (0.04, "1"),
    "harmful output rate": (0.2, "%"),
    "attack success rate": (2.0, "%"),
}
"""Values that meet the thresholds of the policy as shipped, with their units."""
DIGEST_HEX = 64


class Team(NamedTuple):
    """A server; a pipeline by its token, and persons by their sessions."""

    server: Server
    pipeline: httpx.Client
    owner: httpx.Client
    lead: httpx.Client
    engineer: httpx.Client
    token: str

    def propose(self, version: str, **changes: Any) -> dict[str, Any]:
        """A release, as the pipeline proposes it."""
        body = {
            "system": SYSTEM,
            "version": version,
            "change_class": "major",
            "artefacts": [f"model:support-llm@sha256:{MODEL}", f"prompt:triage@sha256:{PROMPT}"],
            "authors": ["emil"],
        } | changes
        return dict(self.pipeline.post("/v1/releases", json=body).raise_for_status().json())

    def file(self, kind: str, version: str, content: bytes, **more: str) -> str:
        """New evidence of a version; its reference."""
        params = {"kind": kind, "title": kind, "system": SYSTEM, "release": version} | more
        headers = {"Content-Type": "text/markdown"}
        filed = self.pipeline.post(
            "/v1/evidence/content", params=params, content=content, headers=headers
        )
        return str(filed.raise_for_status().json()["reference"])

    def attach(self, version: str, requirement: str, evidence: str) -> None:
        """Names evidence for a requirement."""
        body = {"requirement": requirement, "evidence": evidence}
        self.pipeline.post(f"{path(version)}/attach", json=body).raise_for_status()

    def document(self, version: str) -> None:
        """All the documents that the gates ask for."""
        cards = (("model_card", HUGGING_FACE.encode()), ("system_card", SYSTEM_CARD))
        for kind, content in cards:
            self.attach(version, kind, self.file(kind, version, content))
        dpia = self.file("dpia", version, f"DPIA of {version}".encode())
        approval = {"role": "governance_lead"}
        self.lead.post(f"/v1/evidence/{dpia}/approve", json=approval).raise_for_status()
        self.attach(version, "impact_approved", dpia)
        plan = self.file("rollback_plan", version, f"Switch off {version}".encode())
        tried = {"statement": "The switch was tried on the test system."}
        self.owner.post(f"/v1/evidence/{plan}/attest", json=tried).raise_for_status()
        self.attach(version, "way_back", plan)

    def evaluate(self, version: str, **changes: float) -> None:
        """Evaluations of a version, all of which meet the thresholds but those that are given."""
        body = [
            {
                "system": SYSTEM,
                "metric": metric,
                "value": changes.get(metric.replace(" ", "_").replace("@", "_at_"), value),
                "unit": unit,
                "n": 400,
                "until": datetime.now(UTC).isoformat(),
                "purpose": "evaluation",
                "release": version,
                "id": f"{version}/{metric}/{sorted(changes.items())}",
            }
            for metric, (value, unit) in METRICS.items()
        ]
        self.pipeline.post("/v1/measurements", json=body).raise_for_status()

    def check(self, version: str, **params: str) -> dict[str, Any]:
        """What the gates come to."""
        found = self.pipeline.get(f"{path(version)}/check", params=params)
        return dict(found.raise_for_status().json())

    def settled_check(self, version: str) -> dict[str, Any]:
        """The same, once all cards are checked."""

        def checked() -> bool:
            return "not checked by these rules yet" not in str(self.check(version)["gates"])

        until(checked, "the checks of the cards")
        return self.check(version)

    def sign(self, version: str) -> None:
        """Both persons sign."""
        for person, role in ((self.owner, "product_owner"), (self.lead, "governance_lead")):
            person.post(f"{path(version)}/sign-off", json={"role": role}).raise_for_status()

    def go(self, version: str, **changes: Any) -> None:
        """A release that went through all gates."""
        self.propose(version, **changes)
        self.document(version)
        self.evaluate(version)
        self.settled_check(version)
        self.sign(version)
        decided = {"decision": "go"}
        self.owner.post(f"{path(version)}/decide", json=decided).raise_for_status()

    def deploy(self, version: str, **body: Any) -> dict[str, Any]:
        """Records that it runs."""
        done = self.pipeline.post(f"{path(version)}/deploy", json=body)
        return dict(done.raise_for_status().json())

    def settle(self) -> None:
        """Waits until read models have all that is recorded."""
        reading.settled(self.pipeline)


def path(version: str, environment: str = "") -> str:
    """The route of a release."""
    more = f"@{environment}" if environment else ""
    return f"/v1/releases/{SYSTEM}@{version}{more}"


def verdicts(check: dict[str, Any]) -> dict[str, str]:
    """The verdict of each requirement."""
    return {each["id"]: each["verdict"] for gate in check["gates"] for each in gate["requirements"]}


def reasons(check: dict[str, Any]) -> dict[str, str]:
    """Why each requirement comes to what it does."""
    return {each["id"]: each["reason"] for gate in check["gates"] for each in gate["requirements"]}


@contextmanager
def team(directory: Path) -> Iterator[Team]:
    """A server of its own, with the people of a team."""
    data = directory / "data"
    admin = add_token(data, "root", Scope.ADMIN)
    token = add_token(data, "pipeline", Scope.OPERATE)
    people = {each: add_person(data, each, Scope.OPERATE) for each in ("pia", "lea", "emil")}
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        root = opened.enter_context(client(server, admin))
        for person, role in (("pia", "product_owner"), ("lea", "governance_lead")):
            granted = {"person": person, "role": role}
            root.post("/v1/roles/grant", json=granted).raise_for_status()
        for role in ("product_owner", "governance_lead"):
            granted = {"person": "emil", "role": role}
            root.post("/v1/roles/grant", json=granted).raise_for_status()
        yield Team(
            server,
            opened.enter_context(client(server, token)),
            opened.enter_context(client(server, people["pia"])),
            opened.enter_context(client(server, people["lea"])),
            opened.enter_context(client(server, people["emil"])),
            token,
        )
