"""What is read of risks over HTTP and the command line, and risks that a file brings."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ledger.policy import shipped
from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.server import Server, add_person, add_token, client
from tests.unit.cli.processes import Airledger

RISKS = (
    ("Wrong doses", "safety", "tutor", "likely", "severe"),
    ("Names in answers", "privacy", "tutor", "rare", "minor"),
    ("Provider changes its model", "third_party", None, "likely", "moderate"),
    ("Not looked at", "legal", None, None, None),
)


class World(NamedTuple):
    """A server, its host, somebody who operates it, and the references of the risks by title."""

    server: Server
    host: Airledger
    operator: httpx.Client
    refs: dict[str, str]
    incident: str

    def get(self, path: str, **given: str) -> Any:
        """What a route answers of all that is recorded."""
        reading.settled(self.operator)
        return self.operator.get(f"/v1/risks/{path}", params=given).raise_for_status().json()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("map") / "data"
    secret = add_person(data, "ada", Scope.OPERATE, Scope.ADMIN)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        host = opened.enter_context(Airledger(data))
        operator = opened.enter_context(client(server, secret))
        refs = {title: _identified(operator, title, *rest) for title, *rest in RISKS}
        found = operator.post(
            "/v1/incidents", json={"system": "tutor", "title": "Told 10 mg", "severity": "high"}
        )
        incident = str(found.json()["reference"])
        _sent(operator, refs["Wrong doses"], "link-incident", incident=incident)
        yield World(server, host, operator, refs, incident)


def _sent(operator: httpx.Client, ref: str, command: str, **body: Any) -> None:
    answer = operator.post(f"/v1/risks/{ref}/{command}", json=body)
    assert answer.is_success, answer.text


def _identified(operator: httpx.Client, title: str, *of: str | None) -> str:
    category, system, likelihood, impact = of
    body = {"title": title, "category": category, "owner": "ada"}
    answer = operator.post("/v1/risks", json=body | ({"system": system} if system else {}))
    ref = str(answer.json()["reference"])
    if likelihood:
        said = {"likelihood": likelihood, "impact": impact, "rationale": "Seen."}
        _sent(operator, ref, "assess", level="current", **said)
    return ref


def _cells(found: Any) -> dict[tuple[str, str], int]:
    """The cells that have risks."""
    return {
        (cell["likelihood"], cell["impact"]): cell["count"]
        for row in found["rows"]
        for cell in row["cells"]
        if cell["count"]
    }


def test_the_heat_map_counts_each_open_risk_once(world: World) -> None:
    found = world.get("heat-map")
    assert {("likely", "severe"): 1, ("rare", "minor"): 1, ("likely", "moderate"): 1} == _cells(
        found
    )
    assert (4, 3) == (found["risks"], found["placed"])
    assert ["Not looked at"] == [each["title"] for each in found["not_assessed"]]
    assert {"low": 1, "medium": 0, "high": 1, "extreme": 1} == {
        each["band"]: each["count"] for each in found["bands"]
    }
    assert {("likely", "severe"): 1} == _cells(
        world.get("heat-map", system="tutor", category="safety")
    )
    assert 4 == len(world.get("heat-map", level="inherent")["not_assessed"])
    said = world.host.done("risk", "heat-map").text
    assert "1 Extreme" in said
    assert f"1 not assessed, current: {world.refs['Not looked at']}" in said


def test_what_is_above_tolerance_says_why_with_the_incidents_behind_and_who_acts(
    world: World,
) -> None:
    found = world.get("above-tolerance")["items"]
    assert [
        ("Wrong doses", "above", "extreme"),
        ("Provider changes its model", "above", "high"),
        ("Not looked at", "not_assessed", None),
    ] == [(each["risk"]["title"], each["why"], each["band"]) for each in found]
    worst, _, unassessed = found
    assert [(world.incident, "open", "high", "Told 10 mg")] == [
        (each["reference"], each["status"], each["severity"], each["title"])
        for each in worst["incidents"]
    ]
    assert "Likely and Severe is Extreme; tolerated is Medium at most." == worst["reason"]
    assert ("Choose a treatment, or ask for an acceptance.", ["ada"]) == (
        worst["next"],
        worst["who"],
    )
    assert "Assess it, level current." == unassessed["next"]
    assert ["Wrong doses"] == [
        each["risk"]["title"] for each in world.get("above-tolerance", system="tutor")["items"]
    ]
    page = world.get("above-tolerance", limit="1")
    rest = world.get("above-tolerance", cursor=page["next"])
    assert found == page["items"] + rest["items"]
    said = world.host.done("risk", "above-tolerance").text
    assert world.incident in said
    assert "Extreme" in said


def test_the_movement_of_this_month_has_every_risk_as_new(world: World) -> None:
    found = world.get("movement")
    assert {"new"} == {each["change"] for each in found["risks"]}
    assert set(world.refs.values()) == {each["risk"]["reference"] for each in found["risks"]}
    assert world.get("movement", since="2020-01-01", until="2020-02-01")["risks"] == []
    assert "New" in world.host.done("risk", "movement").text
    first = world.get("movement", limit="3")
    rest = world.get("movement", limit="3", cursor=first["next"])
    assert found["risks"] == first["risks"] + rest["risks"]
    assert (found["counts"], None) == (rest["counts"], rest["next"])
    one = world.host.done("risk", "movement", "--limit", "1", "--json").json
    assert found["risks"][:1] == one["risks"]


def test_the_register_is_narrowed_to_an_owner_by_name_and_to_nobodys(world: World) -> None:
    reading.settled(world.operator)
    for owner, expected in (("ada", len(RISKS)), ("nobody known", 0), ("none", 0)):
        found = world.operator.get("/v1/risks", params={"owner": owner}).json()["items"]
        assert expected == len(found), owner
    assert RISKS[0][0] in world.host.done("risks", "--owner", "ada").text


@pytest.mark.parametrize(
    ("path", "given", "field"),
    [
        ("heat-map", {"level": "gross"}, "level"),
        ("heat-map", {"bands": "low"}, "bands"),
        ("movement", {"since": "yesterday"}, "since"),
        ("movement", {"since": "2026-02-30"}, "since"),
        ("movement", {"since": "2026-03-01", "until": "2026-02-01"}, "since"),
        ("movement", {"cursor": "none"}, "cursor"),
        ("above-tolerance", {"limit": "0"}, "limit"),
        ("above-tolerance", {"cursor": "none"}, "cursor"),
    ],
)
def test_a_wrong_parameter_is_refused_by_its_name(
    world: World, path: str, given: dict[str, str], field: str
) -> None:
    answer = world.operator.get(f"/v1/risks/{path}", params=given)
    assert 422 == answer.status_code
    assert [field] == [each["field"] for each in answer.json()["errors"]]


def test_the_titles_of_restricted_incidents_are_withheld_from_who_may_not_read_them(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    secret, other = add_person(data, "ada", Scope.OPERATE, Scope.ADMIN), add_token(data, "other")
    policy = tmp_path / "policy.toml"
    text = shipped().replace("restricted_systems = []", 'restricted_systems = ["tutor"]')
    assert text != shipped()
    policy.write_text(text)
    with Server(data) as server, Airledger(data) as host, client(server, secret) as operator:
        host.done("policy", "adopt", str(policy), "--reason", "One system is restricted.")
        ref = _identified(operator, "Wrong doses", "safety", "tutor", "likely", "severe")
        body = {"system": "tutor", "title": "Told 10 mg", "severity": "high"}
        incident = operator.post("/v1/incidents", json=body).json()["reference"]
        _sent(operator, ref, "link-incident", incident=incident)
        reading.settled(operator)
        with client(server, other) as reader:
            [found] = reader.get("/v1/risks/above-tolerance").json()["items"]
            pages = reader.get(f"/v1/risks/{ref}/timeline").text
    [behind] = found["incidents"]
    assert (incident, "open", "high", "[withheld]", True) == (
        behind["reference"],
        behind["status"],
        behind["severity"],
        behind["title"],
        behind["restricted"],
    )
    assert "Told 10 mg" not in pages


def test_an_export_is_imported_into_another_ledger_once(world: World, tmp_path: Path) -> None:
    exported = tmp_path / "risks.csv"
    reading.settled(world.operator)
    exported.write_text(world.host.done("risks", "--format", "csv").text)
    assert "4 on record already." in world.host.done("risk", "import", str(exported)).text
    with Airledger(tmp_path / "other") as other:
        other.done("token", "add", "reader", "--scope", "read")
        dry = other.done("risk", "import", str(exported), "--dry-run").text
        assert "4 to identify, 3 to assess (dry run: nothing was recorded)." in dry
        assert "4 identified, 3 assessed." in other.done("risk", "import", str(exported)).text
        assert "4 on record already." in other.done("risk", "import", str(exported)).text
        broken = tmp_path / "broken.csv"
        broken.write_text(
            exported.read_text()
            .replace("Wrong doses", "Other doses")
            .replace("Not looked at", "Never looked at")
            .replace(",likely,severe,", ",daily,severe,")
        )
        said = other.run("risk", "import", str(broken))
        assert 1 == said.status
        assert "column current_likelihood, 'daily': the policy has no likelihood" in said.err
        assert "so nothing was recorded" in said.err
        assert "Never looked at" not in other.done("risks").text
        said = other.run("risk", "import", str(broken), "--skip-faulty")
        assert 1 == said.status
        assert {"1 identified", "2 on record already"} <= set(said.text.rstrip(".\n").split(", "))
