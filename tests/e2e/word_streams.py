"""The streams on which each command can be recorded, for the tests of every word of a command."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from ledger.domain.catalogue import KINDS
from ledger.policy.times import time_text
from tests.e2e.server import Server
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

STEP = "legal_review"
"""A step that the policy of these tests adds."""

Body = dict[str, Any]
RCA = ("rca/complete", {"summary": "s", "root_cause": "r"})
DONE: Sequence[tuple[str, Body]] = (
    ("contain", {"action": "a"}),
    ("communicate", {"audience": "a", "message": "m"}),
    ("classify", {"category": "infra_error", "severity": "low"}),
    ("ticket", {"url": "https://t.example/1"}),
    ("notify", {"channel": "c"}),
    ("playbook/update", {"playbook": "p", "change": "c"}),
    ("step", {"step": STEP, "note": "n"}),
    RCA,
)
BEFORE: Mapping[tuple[str, str], Sequence[tuple[str, Body]]] = {
    ("incident", "rca/approve"): (RCA,),
    ("incident", "near-miss/withdraw"): (("near-miss/declare", {"reason": "r"}),),
    ("incident", "reopen"): (("dismiss", {"reason": "r"}),),
    ("incident", "unrestrict"): (("restrict", {"reason": "r"}),),
    ("review", "amend"): (("conclude", {"findings": "f", "actions": ["a"]}),),
}
"""What has to be recorded before a command can be."""


class World(NamedTuple):
    """A server, two people who operate, a browser of one of them, and the command line.

    `beside`: what they write lies beside the log.
    """

    server: Server
    ada: httpx.Client
    bob: httpx.Client
    browser: httpx.Client
    airledger: Airledger
    beside: bool

    def send(self, path: str, body: Body, by: httpx.Client | None = None) -> Body:
        """Sends a command, which must be recorded."""
        answer = (by or self.ada).post(path, json=body)
        assert answer.is_success, f"{path} {body} was refused: {answer.text}"
        return dict(answer.json())


def opened(world: World, **fields: Any) -> Body:
    """A new incident."""
    return world.send("/v1/incidents", {"title": "T", "system": f"s-{uuid4().hex[:8]}", **fields})


def reported(world: World, **fields: Any) -> str:
    """The reference of a new incident."""
    return str(opened(world, **fields)["reference"])


def reviewed(world: World) -> str:
    """The reference of a new review."""
    system = f"s-{uuid4().hex[:8]}"
    for _ in range(4):
        reported(world, system=system)

    def found() -> list[Body]:
        params = {"system": system}
        return list(world.ada.get("/v1/reviews", params=params).json()["items"])

    until(lambda: bool(found()), "the review is launched")
    return str(found()[0]["reference"])


def overdue(world: World) -> str:
    """The reference of an incident whose RCA the clock marked as overdue, though it was in time."""
    now = datetime.now(UTC)
    ref = reported(world, detected_at=(now - timedelta(hours=30)).isoformat())

    def marked() -> bool:
        timeline = world.ada.get(f"/v1/incidents/{ref}/timeline").json()["items"]
        return any(each["type"] == "incident.rca_overdue.v1" for each in timeline)

    until(marked, "the RCA is marked overdue")
    made = RCA[1] | {"at": (now - timedelta(hours=20)).isoformat()}
    world.send(f"/v1/incidents/{ref}/rca/complete", made)
    return ref


def stream_for(world: World, kind: str, name: str) -> str:
    """A stream on which a command can be recorded."""
    if (kind, name) == ("incident", "rca/withdraw"):
        return overdue(world)
    if kind == "system":
        named = {"system": f"s-{uuid4().hex[:8]}", "title": "T", "intended_purpose": "P"}
        return str(world.send("/v1/systems", named)["reference"])
    if kind == "evidence":
        return evidence(world)
    if kind == "release":
        return release(world, name)
    if kind == "improvement":
        return improvement(world, name)
    if kind == "risk":
        return risk(world, name)
    if kind == "standard":
        return str(world.send("/v1/standards", standard())["reference"])
    if kind == "metric":
        now = time_text(datetime.now(UTC))
        body = {"system": f"s-{uuid4().hex[:8]}", "metric": "p95", "value": 1, "until": now}
        return str(world.send("/v1/measurements", body)["reference"])
    before = BEFORE.get((kind, name), DONE if name == "close" else ())
    ref = reviewed(world) if kind == "review" else reported(world)
    for command, body in before:
        world.send(f"/v1/{KINDS[kind].plural}/{ref}/{command}", body)
    if name == "close":
        world.send(f"/v1/incidents/{ref}/rca/approve", {}, by=world.bob)
    return ref


def evidence(world: World) -> str:
    """The reference of new evidence of the organisation."""
    digest = f"{uuid4().hex}{uuid4().hex}"
    named = {"kind": "dpia", "title": "T", "digest": digest}
    return str(world.send("/v1/evidence", named)["reference"])


def release(world: World, name: str) -> str:
    """The reference of a release on which a command can be recorded."""
    named = {
        "system": f"s-{uuid4().hex[:8]}",
        "version": "1.0",
        "change_class": "major",
        "artefacts": [f"prompt:triage@sha256:{'ab' * 32}"],
        "authors": ["Nobody"],
    }
    ref = str(world.send("/v1/releases", named)["reference"])
    if name in ("undeploy", "roll-back"):
        world.send(f"/v1/releases/{ref}/deploy", {})
    return ref


def standard() -> Body:
    """A standard that the policy has not."""
    return {"standard": f"law_{uuid4().hex[:12]}", "title": "T", "standard_kind": "law"}


def registered(world: World) -> str:
    """The name of a new system."""
    named = {"system": f"s-{uuid4().hex[:8]}", "title": "T", "intended_purpose": "P"}
    return str(world.send("/v1/systems", named)["state"]["system"])


def risk(world: World, name: str) -> str:
    """The reference of a risk on which a command can be recorded."""
    system = f"s-{uuid4().hex[:8]}"
    named = {"title": "T", "system": system, "category": "other", "owner": "Nobody"}
    ref = str(world.send("/v1/risks", named)["reference"])
    for command, body in BEFORE_OF_RISKS.get(name, ()):
        world.send(f"/v1/risks/{ref}/{command}", body)
    return ref


def improvement(world: World, name: str) -> str:
    """The reference of an improvement on which a command can be recorded."""
    asked = {"title": "T", "system": f"s-{uuid4().hex[:8]}", "improvement_kind": "risk"}
    ref = str(world.send("/v1/improvements", asked)["reference"])
    for command, body in BEFORE_OF_IMPROVEMENTS.get(name, ()):
        by = world.bob if command == "check" else world.ada
        world.send(f"/v1/improvements/{ref}/{command}", body, by)
    return ref


AGREED = ("accept", {"owner": "Nobody", "due": "2099-01-01T00:00:00Z"})
DID = ("done", {"what": "W"})
EFFECTIVE = ("check", {"result": "effective", "basis": "B"})
NOT_EFFECTIVE = ("check", {"result": "not_effective", "basis": "B"})
BEFORE_OF_IMPROVEMENTS: Mapping[str, Sequence[tuple[str, Body]]] = {
    "reschedule": (AGREED,),
    "done": (AGREED,),
    "check": (AGREED, DID),
    "act": (AGREED, DID, EFFECTIVE),
    "reopen": (AGREED, DID, NOT_EFFECTIVE),
    "recur": (AGREED, DID),
    "close": (AGREED,),
}
ASSESSED = {"level": "current", "likelihood": "rare", "impact": "minor", "rationale": "R"}
BEFORE_OF_RISKS: Mapping[str, Sequence[tuple[str, Body]]] = {
    "accept": (("assess", ASSESSED), ("request-acceptance", {"reason": "R"})),
    "withdraw-acceptance": (("request-acceptance", {"reason": "R"}),),
    "complete-treatment": (
        ("treat", {"treatment": "mitigate", "plan": "P", "due": "2099-01-01T00:00:00Z"}),
    ),
    "reopen": (("close", {"reason": "R"}),),
}
