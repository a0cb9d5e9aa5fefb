"""The charter and the RACI as documents over HTTP, on the page and on the command line."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.policy.times import time_text
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_person, add_token, client
from tests.unit.cli.processes import Airledger

DIGEST = "ab" * 32
YEAR = timedelta(days=365)


class World(NamedTuple):
    """A server; a program that files, a person who approves, a browser and a command line."""

    api: httpx.Client
    lead: httpx.Client
    browser: httpx.Client
    remote: Airledger

    def document(self, kind: str) -> dict[str, Any]:
        """Where one of the documents stands."""
        reading.settled(self.api)
        found = self.api.get("/v1/governance").raise_for_status().json()["items"]
        return next(each for each in found if each["kind"] == kind)

    def filed(self, **more: str) -> str:
        """The charter, filed; its reference."""
        body = {"kind": "governance_charter", "title": "Charter of AI", "digest": DIGEST, **more}
        answer = self.api.post("/v1/evidence", json=body).raise_for_status()
        return str(answer.json()["reference"])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    admin = add_token(data, "root", Scope.ADMIN)
    token, lead = add_token(data, "ada", Scope.OPERATE), add_person(data, "lea", Scope.OPERATE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        root = opened.enter_context(client(server, admin))
        granted = {"person": "lea", "role": "governance_lead"}
        root.post("/v1/roles/grant", json=granted).raise_for_status()
        env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": token}
        yield World(
            opened.enter_context(client(server, token)),
            opened.enter_context(client(server, lead)),
            opened.enter_context(logged_in(server, token)),
            opened.enter_context(Airledger(tmp_path / "elsewhere", env)),
        )


def test_a_charter_goes_from_missing_to_approved_and_in_force(world: World) -> None:
    charter, raci = world.api.get("/v1/governance").raise_for_status().json()["items"]
    assert ("missing", "missing") == (charter["state"], raci["state"])
    assert "airledger evidence file" in charter["remedy"]
    assert "Not on record" in world.browser.get("/governance").raise_for_status().text
    assert "Not on record" in world.remote.run("governance").text
    world.filed(system="chat")
    assert "missing" == world.document("governance_charter")["state"]

    ref = world.filed()
    assert "not_approved" == world.document("governance_charter")["state"]
    world.lead.post(
        f"/v1/evidence/{ref}/approve", json={"role": "governance_lead"}
    ).raise_for_status()
    assert "no_review_date" == world.document("governance_charter")["state"]

    review = time_text(datetime.now(UTC) + YEAR)
    world.filed(valid_until=review)
    found = world.document("governance_charter")
    assert ("in_force", review) == (found["state"], found["review_date"])
    assert ["lea"] == [each["person"] for each in found["approvals"]]
    page = world.browser.get("/governance").raise_for_status().text
    assert f'href="/evidence/{ref}"' in page
    assert "In force" in page


def test_the_raci_is_made_of_the_policy_and_is_outdated_once_another_is_adopted(
    world: World, tmp_path: Path
) -> None:
    with Airledger(tmp_path / "data") as host:
        review = time_text(datetime.now(UTC) + YEAR)
        made = host.done("evidence", "generate", "raci", "--valid-until", review, "--json").json
        again = host.done("evidence", "generate", "raci", "--json").json
        assert made["id"] == again["id"]
        world.lead.post(
            f"/v1/evidence/{made['id']}/approve", json={"role": "governance_lead"}
        ).raise_for_status()
        found = world.document("raci")
        assert ("in_force", review) == (found["state"], found["review_date"])

        policy = tmp_path / "policy.toml"
        policy.write_text(
            host.run("policy", "show", "--raw").text.replace("enforce = false", "enforce = true"),
            encoding="utf-8",
        )
        host.done("policy", "adopt", str(policy), "--reason", "The RACI holds now.")
        assert "outdated" == world.document("raci")["state"]
