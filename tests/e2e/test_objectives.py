"""What is said of objectives, breaches and triggers holds any name, and leads where it says."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from ledger.domain.metric import segment_text
from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token, client, complaints
from tests.e2e.test_measurements import Json, measured
from tests.harness.homes import environment
from tests.harness.process import until
from tests.unit.cli.processes import Airledger

SYSTEM = "<script>alert(1)</script> & \"quoted\" 'too'"
LABELS = {"<b>route</b>": 'a, b=c & "d"', "tier": "'><img src=x onerror=alert(1)>"}
SEGMENT = segment_text(dict(sorted(LABELS.items())))
PAGES = ("/objectives", "/breaches", "/triggers", "/measurements", "/improvements", "/")


class Named:
    """A server where a system of that name breached an objective, and drifted."""

    def __init__(self, api: httpx.Client, host: Airledger) -> None:
        self.api, self.host = api, host
        of: Json = {"system": SYSTEM, "segment": LABELS}
        given = [measured("p95", 2.5, hours, **of) for hours in (3, 2)]
        given.append(measured("PSI", 0.3, 1, **of, unit="1"))
        api.post("/v1/measurements", json=given).raise_for_status()
        for path in ("/v1/breaches", "/v1/triggers", "/v1/improvements"):
            until(lambda path=path: bool(self.items(path)), f"{path} to have one")  # type: ignore[misc]

    def items(self, path: str, **params: str) -> list[Json]:
        """What a list of the API has."""
        found: list[Json] = self.api.get(path, params=params).raise_for_status().json()["items"]
        return found


@pytest.fixture
def named(tmp_path: Path) -> Iterator[Named]:
    data = tmp_path / "data"
    token = add_token(data, "admin", Scope.ADMIN)
    with (
        Server(data) as running,
        client(running, token) as api,
        Airledger(data, environment(data)) as host,
    ):
        yield Named(api, host)
        assert [] == complaints(running)


def test_names_of_systems_and_segments_are_text_everywhere(named: Named) -> None:
    for path in PAGES:
        page = named.api.get(path).raise_for_status().text
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page
        assert "<b>route" not in page
        if path != "/":
            assert SYSTEM in unescape(page), path
    for path in ("/breaches", "/triggers", "/measurements", "/objectives"):
        filtered = named.api.get(path, params={"system": SYSTEM}).raise_for_status().text
        assert SYSTEM in unescape(filtered)
        assert "<script>alert(1)" not in filtered


def test_an_objective_of_such_a_segment_has_a_page_that_its_row_leads_to(named: Named) -> None:
    page = named.api.get("/objectives").raise_for_status().text
    links = {unescape(each) for each in re.findall(r'href="(/objectives/latency\?[^"]+)"', page)}
    wanted = urlencode({"system": SYSTEM, "segment": SEGMENT})
    assert links, "the row leads to its chart"
    [link] = links
    assert httpx.QueryParams(wanted) == httpx.QueryParams(link.partition("?")[2])
    chart = named.api.get(link).raise_for_status().text
    assert 2 == chart.count('data-value="2.5"')
    assert "<script>alert(1)" not in chart
    assert "<img src=x" not in chart


def test_the_api_and_the_command_line_say_the_same(named: Named) -> None:
    found = named.items("/v1/objectives", system=SYSTEM)
    [latency] = [each for each in found if each["objective"] == "latency" and each["segment"]]
    assert (SYSTEM, SEGMENT, "breached") == (
        latency["system"],
        latency["segment"],
        latency["status"],
    )
    ended = named.host.run("objective", "list", "--system", SYSTEM)
    assert 0 == ended.status
    assert b"Breached" in ended.out
    [breach] = named.items("/v1/breaches", system=SYSTEM)
    assert (latency["breach"], "latency") == (breach["reference"], breach["objective"])
    [trigger] = named.items("/v1/triggers", system=SYSTEM)
    assert ("data_drift", "fired") == (trigger["trigger"], trigger["status"])
    [improvement] = named.items("/v1/improvements")
    assert SYSTEM == improvement["system"]


def test_a_retraction_ends_the_breach_and_its_incident_has_no_more_impact(named: Named) -> None:
    worst = next(each for each in named.items("/v1/measurements") if each["metric"] == "p95")
    answer = named.api.post(
        f"/v1/measurements/{worst['reference']}/retract", json={"reason": "It was wrong."}
    )
    assert answer.is_success, answer.text
    until(lambda: named.items("/v1/breaches")[0]["status"] == "recovered", "the breach to be over")
    [incident] = named.items("/v1/incidents")
    detail = named.api.get(f"/v1/incidents/{incident['reference']}").raise_for_status().json()
    assert detail["impact_ended_at"] is not None
