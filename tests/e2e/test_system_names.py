"""A system is found by its name, an alias or its id from everywhere, whatever the name holds."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.domain.identity import system_id
from ledger.vocabulary import Scope
from tests.e2e.pipeline_script import UNDECIDED
from tests.e2e.server import Server, add_token, client, complaints
from tests.e2e.test_measurements import measured
from tests.harness.homes import environment
from tests.unit.cli.processes import Airledger

FACTS = {"title": "Chat", "intended_purpose": "Answers customers."}
HARD = ("team/chat", "..", ".", "50%", "a%2Fb", "a?b#c", "-rf", "日本", "=1+1", "new", "b" * 200)
"""Names that a path or a command line might take for something else."""


class World(NamedTuple):
    """A server, and an operator over HTTP, on its host, and with a command line elsewhere."""

    api: httpx.Client
    host: Airledger
    remote: Airledger


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    data = tmp_path / "data"
    token = add_token(data, "ada", Scope.OPERATE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": token}
        yield World(
            opened.enter_context(client(server, token)),
            opened.enter_context(Airledger(data, environment(data))),
            opened.enter_context(Airledger(tmp_path / "elsewhere", env)),
        )
        assert [] == complaints(server)


def test_any_name_is_found_here_and_from_away_and_so_is_its_id(world: World) -> None:
    for name in HARD:
        registered = world.api.post("/v1/systems", json={**FACTS, "system": name})
        found = registered.raise_for_status().json()
        assert str(system_id(name)) == found["id"]
        for ref in (name, found["id"], found["reference"]):
            for line in (world.host, world.remote):
                assert name == line.done("system", "show", "--", ref).json["state"]["system"]
        world.remote.done("system", "classify", "--basis", "Annex III.", "--", name, "high")
        assert "high" == world.host.done("system", "show", "--", name).json["state"]["risk_class"]
        assert world.remote.done("system", "timeline", "--", name).text
        for path in (f"/systems/{found['id']}", f"/v1/systems/{found['id']}"):
            assert world.api.get(path).is_success, path


def test_an_alias_with_a_slash_is_a_name_from_away(world: World) -> None:
    world.api.post("/v1/systems", json={**FACTS, "system": "chat"}).raise_for_status()
    world.remote.done("system", "alias", "add", "chat", "team/chat")
    for ref in ("team/chat", "Team/Chat"):
        assert "chat" == world.remote.done("system", "show", ref).json["state"]["system"]


def test_the_chart_of_an_objective_leads_to_the_page_of_a_registered_system(world: World) -> None:
    names = ("team/chat", "..", "a?b#c")
    for name in names:
        world.api.post("/v1/systems", json={**FACTS, "system": name}).raise_for_status()
    for name in (*names, "nobody/registered"):
        given = measured("p95", 1.5, 2, system=name)
        world.api.post("/v1/measurements", json=given).raise_for_status()
        chart = world.api.get("/objectives/latency", params={"system": name}).raise_for_status()
        links = re.findall(r'href="(/systems/[^"]*)">the system', chart.text)
        assert (name in names) == bool(links)
        for link in links:
            page = world.api.get(unescape(link)).raise_for_status().text
            assert f"<code><bdi>{name}</bdi></code>" in page


def test_a_release_of_a_system_with_a_slash_is_checked_from_away(world: World) -> None:
    artefacts = [f"model:chat-llm@sha256:{'1' * 64}"]
    body = {"version": "1.0", "change_class": "major", "artefacts": artefacts}
    for name in ("team/chat", "a?b#c", "50%"):
        world.api.post("/v1/releases", json={**body, "system": name}).raise_for_status()
        for line in (world.host, world.remote):
            assert UNDECIDED == line.run("release", "check", name, "1.0").status
            assert 1 == line.run("release", "explain", name, "1.0").status, "nobody decided"
