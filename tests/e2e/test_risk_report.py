"""The risk report of a server: as JSON, as a page, and checked from elsewhere."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e import reading
from tests.e2e.acting import logged_in
from tests.e2e.server import Server, add_token, client
from tests.unit.cli.processes import Airledger


def month() -> str:
    """The month that it is now, YYYY-MM in UTC."""
    return f"{datetime.now(UTC):%Y-%m}"


ROUTE = "/v1/reports/risk"


class World(NamedTuple):
    """A server, a program, a browser, and a command line elsewhere."""

    api: httpx.Client
    browser: httpx.Client
    remote: Airledger


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tmp_path = tmp_path_factory.mktemp("report")
    data = tmp_path / "data"
    token = add_token(data, "ada", Scope.OPERATE)
    with ExitStack() as opened:
        server = opened.enter_context(Server(data))
        env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": token}
        yield World(
            opened.enter_context(client(server, token)),
            opened.enter_context(logged_in(server, token)),
            opened.enter_context(Airledger(tmp_path / "elsewhere", env)),
        )


def report(world: World, title: str) -> str:
    """An incident; its reference."""
    body = {"title": title, "system": "chat", "severity": "high"}
    answer = world.api.post("/v1/incidents", json=body).raise_for_status()
    reading.settled(world.api)
    return str(answer.json()["reference"])


def test_the_same_leaf_is_the_same_bytes_as_long_as_the_server_runs(world: World) -> None:
    report(world, "It leaked")
    first = world.api.get(ROUTE, params={"month": month()}).raise_for_status()
    leaf, before = first.json()["leaf"], first.json()["summary"]["incidents"]
    report(world, "Later")
    again = world.api.get(ROUTE, params={"month": month(), "leaf": leaf}).raise_for_status()
    assert first.content == again.content
    assert "application/json" == first.headers["content-type"].partition(";")[0]
    now = world.api.get(ROUTE, params={"month": month()}).json()
    assert before + 1 == now["summary"]["incidents"]


def test_what_is_asked_wrongly_is_refused(world: World) -> None:
    report(world, "It leaked")
    for given in (
        {},
        {"month": "2026"},
        {"month": "2999-01"},
        {"month": month(), "leaf": "9999"},
        {"month": month(), "lead": "3"},
    ):
        assert 422 == world.api.get(ROUTE, params=given).status_code, given


def test_the_page_shows_the_numbers_of_the_json_and_its_digest(world: World) -> None:
    ref = report(world, "It leaked")
    made = world.api.get(ROUTE, params={"month": month()}).raise_for_status()
    given = {"month": month(), "leaf": made.json()["leaf"]}
    answer = world.browser.get("/risk-report", params=given).raise_for_status()
    page = answer.text
    assert sha256(made.content).hexdigest() in page
    assert f'href="/incidents/{ref}"' in page
    incidents = made.json()["summary"]["incidents"]
    assert f'data-path="$.summary.incidents">{incidents}<' in page
    assert "It leaked" not in page
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    assert "style=" not in page
    assert 'href="/risk-report"' in world.browser.get("/").text
    for wrong in ({"month": "x"}, {"month": month(), "leaf": "x"}):
        assert 422 == world.browser.get("/risk-report", params=wrong).status_code


def test_a_report_is_checked_from_elsewhere(world: World, tmp_path: Path) -> None:
    report(world, "It leaked")
    made = world.api.get(ROUTE, params={"month": month()}).raise_for_status()
    content, severe = made.content, made.json()["summary"]["incidents_severe"]
    file = tmp_path / "report.json"
    file.write_bytes(content)
    assert "is what the log gives" in world.remote.done("report", "check", str(file)).text
    file.write_bytes(content.replace(b'"incidents_severe":%d' % severe, b'"incidents_severe":0'))
    ended = world.remote.run("report", "check", str(file))
    assert (1, True) == (ended.status, "$.summary.incidents_severe" in ended.text)
