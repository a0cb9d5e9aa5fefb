"""A new kind of stream is a folder, a read model, and one line a registry."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from projections.queries.incidents import MAX_CHOICES
from tests.e2e import reading
from tests.e2e.server import Server, add_source, add_token, client
from tests.harness.process import until
from tests.house.copies import Copy, copied

HERE = Path(__file__).parent
ADDED = {
    "ledger/domain/drill/__init__.py": HERE / "drill/domain.py",
    "projections/drills.py": HERE / "drill/read_model.py",
    "consumers/reactor/drills.py": HERE / "drill/follower.py",
}
LINES = {
    "ledger/domain/catalogue.py": {
        "from ledger.domain.envelope": "from ledger.domain.drill import DRILL",
        "    INCIDENT,": "    DRILL,",
    },
    "ledger/domain/deadlines.py": {
        "from ledger.domain.incident": "from ledger.domain.drill import DUE",
        "    STALENESS,": "    DUE,",
    },
    "consumers/reactor/followers.py": {
        "from consumers.reactor.follower_type": "from consumers.reactor.drills import DRILLS",
        "    CLOCK,": "    DRILLS,",
    },
    "projections/catalogue.py": {
        "from projections.incident_alerts": "from projections.drills import DRILLS",
        "    ALERTS,": "    DRILLS,",
    },
}
NAMES = re.compile(r"\bdrills?\b", re.IGNORECASE)
STRUCTURED = {"content-type": "application/cloudevents+json"}


class World(NamedTuple):
    """A server of the copy, and who talks to it."""

    copy: Copy
    server: Server
    operator: httpx.Client
    reader: httpx.Client
    pipeline: httpx.Client


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return copied(tmp_path_factory.mktemp("copy"), ADDED, LINES)


@pytest.fixture(scope="module")
def world(copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("drills") / "data"
    operator = add_token(data, "ada", Scope.OPERATE)
    reader = add_token(data, "rita")
    pipeline = add_source(data, "ci", kind=SourceKind.CLOUDEVENTS, scope=Scope.OPERATE)
    with (
        Server(data, env=copy.env) as server,
        client(server, operator) as operates,
        client(server, reader) as reads,
        client(server, pipeline) as publishes,
    ):
        yield World(copy, server, operates, reads, publishes)


def at(**span: int) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


def planned(world: World, title: str, due: str | None = None) -> str:
    body = {"title": title, "due": due or at(days=3), "lead": "Bob"}
    answer = world.operator.post("/v1/drills", json=body)
    assert 201 == answer.status_code, answer.text
    return str(answer.json()["reference"])


def test_only_its_own_files_and_one_line_a_registry_name_it(copy: Copy) -> None:
    naming = {
        str(path.relative_to(copy.root)): lines
        for path in copy.root.rglob("*.py")
        if (lines := [each for each in path.read_text().splitlines() if NAMES.search(each)])
    }
    assert {*ADDED, *LINES} == set(naming)
    for registry, (imported, entered) in copy.lines.items():
        assert {imported, entered} >= set(naming[registry])


def test_it_is_commanded_over_http(world: World) -> None:
    key = {"Idempotency-Key": "d-1"}
    body = {"title": "Leaked prompts", "due": at(days=3), "lead": "Bob"}
    first, again = (world.operator.post("/v1/drills", json=body, headers=key) for _ in range(2))
    assert [201, 201] == [first.status_code, again.status_code]
    assert first.json() == again.json()
    assert f"/v1/drills/{first.json()['id']}" == first.headers["location"]

    ref = first.json()["reference"]
    assert re.fullmatch(r"DRL-\d+", ref)
    held = world.operator.post(f"/v1/drills/{ref}/hold", json={"result": "passed"})
    assert (200, "passed", '"2"') == (
        held.status_code,
        held.json()["state"]["result"],
        held.headers["etag"],
    )
    refused = world.operator.post(f"/v1/drills/{ref}/hold", json={"result": "passed"})
    assert (409, "already_held") == (refused.status_code, refused.json()["rule"])
    stale = world.operator.post(
        f"/v1/drills/{ref}/hold", json={"result": "passed"}, headers={"If-Match": '"1"'}
    )
    assert 412 == stale.status_code
    assert 403 == world.reader.post("/v1/drills", json=body).status_code
    absent = world.operator.post("/v1/drills/DRL-0/hold", json={"result": "passed"})
    assert 404 == absent.status_code
    assert 404 == world.operator.post(f"/v1/incidents/{ref}/close").status_code


def test_a_person_that_a_command_names_is_an_opaque_id_in_the_log(world: World) -> None:
    ref = planned(world, "Opaque")
    lead = world.operator.get(f"/v1/drills/{ref}").json()["state"]["lead"]
    assert lead.startswith("person/")


def test_it_is_commanded_by_cloudevents(world: World) -> None:
    plan = {
        "specversion": "1.0",
        "id": "1",
        "source": "/ci",
        "type": "airledger.drill.plan",
        "subject": "ci-drill",
        "data": {"title": "From the pipeline", "due": at(days=2), "lead": "Eve"},
    }
    hold = plan | {"id": "2", "type": "airledger.drill.hold", "data": {"result": "failed"}}
    for event in (plan, hold, hold):
        sent = world.pipeline.post(
            "/v1/signals/cloudevents", content=json.dumps(event), headers=STRUCTURED
        )
        assert (202, 0) == (sent.status_code, sent.json()["quarantined"]), sent.text
    found = listed(world, "From the pipeline", "failed")
    timeline = world.reader.get(f"/v1/drills/{found['reference']}/timeline").json()["items"]
    assert ["Planned: From the pipeline", "Held: Failed"] == [each["text"] for each in timeline]


def listed(world: World, title: str, result: str | None = None) -> dict[str, str]:
    """The drill of that title, once the read model has it with this result."""

    def found() -> list[dict[str, str]]:
        items = world.reader.get("/v1/drills").json()["items"]
        return [each for each in items if (each["title"], each["result"]) == (title, result)]

    until(lambda: bool(found()), f"{title} is listed")
    [one] = found()
    return one


def test_it_is_commanded_and_listed_from_the_command_line(world: World) -> None:
    def run(*words: str) -> str:
        done = world.copy.run(*words, data_dir=world.server.data_dir)
        assert 0 == done.returncode, done.stderr
        return done.stdout

    told = run("drill", "plan", "--title", "By hand", "--due", at(days=1), "--lead", "Bob")
    [ref] = re.findall(r"^(DRL-\d+): planned\.$", told, re.MULTILINE)
    assert f"{ref}: held." in run("drill", "hold", ref, "passed", "--notes", "Well done")
    assert "Held: Passed" in run("drill", "timeline", ref)
    assert ref in run("drills", "--result", "passed")
    assert ref not in run("drills", "--result", "failed")
    assert "By hand" == json.loads(run("drill", "show", ref, "--json"))["state"]["title"]
    wrong = world.copy.run("drill", "hold", ref, "passed", data_dir=world.server.data_dir)
    assert (1, True) == (wrong.returncode, "held already" in wrong.stderr)


def test_its_deadline_passes(world: World) -> None:
    ref = planned(world, "Forgotten", at(seconds=1))

    def overdue() -> bool:
        return bool(world.reader.get(f"/v1/drills/{ref}").json()["state"]["overdue"])

    until(overdue, "it is overdue", within=30)


def test_a_follower_of_its_own_acts_on_the_log_and_is_run_and_measured(
    world: World,
) -> None:
    ref = planned(world, "Fails at once")

    def failed() -> bool:
        state = world.reader.get(f"/v1/drills/{ref}").json()["state"]
        return bool(state["result"] == "failed")

    until(failed, "the follower's command is recorded")
    loops = world.reader.get("/health/ready").json()["loops"]
    assert "running" == {each["name"]: each["state"] for each in loops}["drills"]
    assert 0 < reading.metric(world.reader, "airledger_follower_next", follower="drills")


def test_it_has_pages_and_a_place_in_the_navigation(world: World) -> None:
    ref = planned(world, "<script>alert(1)</script>")
    listed(world, "<script>alert(1)</script>")
    register = world.reader.get("/")
    assert '<a href="/drills">Drills</a>' in register.text
    page = world.reader.get("/drills")
    assert (200, True) == (page.status_code, f'href="/drills/{ref}"' in page.text)
    assert "<script>alert" not in page.text
    assert 422 == world.reader.get("/drills?result=odd").status_code
    one = world.reader.get(f"/drills/{ref}")
    assert (200, True) == (one.status_code, "Planned: &lt;script&gt;" in one.text)
    assert 404 == world.reader.get("/drills/DRL-0").status_code


def test_it_is_commanded_with_the_forms_of_its_page(world: World) -> None:
    ref = planned(world, "By form")
    page = world.operator.get(f"/drills/{ref}").text
    assert f'action="/drills/{ref}/hold"' in page
    assert "<form class" not in world.reader.get(f"/drills/{ref}").text.partition("<main>")[2]
    version = re.findall(r'name="_version" value="(\d+)"', page)[0]
    typed = {"result": "passed", "notes": "In time", "_version": version, "_token": ""}
    sent = world.operator.post(f"/drills/{ref}/hold", data=typed)
    assert 303 == sent.status_code, sent.text
    assert "Held: Passed" in world.operator.get(sent.headers["location"]).text


def test_its_list_links_to_the_incident_that_a_cell_names(world: World) -> None:
    report = {"title": "Prompts leaked", "system": "chat", "severity": "low"}
    incident = world.operator.post("/v1/incidents", json=report).json()
    body = {"title": "After it", "due": at(days=3), "lead": "Bob", "incident": incident["id"]}
    assert 201 == world.operator.post("/v1/drills", json=body).status_code
    drill = listed(world, "After it")

    assert incident["id"] == drill["incident"]
    page = world.reader.get("/drills", params={"title": "After it"}).text
    assert f'href="/incidents/{incident["reference"]}"' in page
    done = world.copy.run("drills", "--title", "After it", data_dir=world.server.data_dir)
    assert (0, True) == (done.returncode, incident["reference"] in done.stdout)


def test_a_filter_of_its_list_offers_a_bounded_number_of_values(world: World) -> None:
    for number in range(MAX_CHOICES + 1):
        planned(world, f"Exercise {number}")
    listed(world, f"Exercise {MAX_CHOICES}")

    page = world.reader.get("/drills").text

    [offered] = re.findall(r'<datalist id="known-title">(.*?)</datalist>', page, re.DOTALL)
    assert MAX_CHOICES == offered.count("<option")
    oldest = world.reader.get("/v1/drills", params={"title": "Exercise 0"}).json()["items"]
    assert ["Exercise 0"] == [each["title"] for each in oldest]


def test_it_is_in_the_openapi_document_and_verifies(world: World) -> None:
    paths = world.reader.get("/v1/openapi.json").json()["paths"]
    assert {
        "/v1/drills",
        "/v1/drills/{ref}",
        "/v1/drills/{ref}/hold",
        "/v1/drills/{ref}/timeline",
    } <= set(paths)
    verified = world.copy.run("verify", data_dir=world.server.data_dir)
    assert 0 == verified.returncode, verified.stdout + verified.stderr
