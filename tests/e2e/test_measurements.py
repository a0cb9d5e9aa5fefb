"""Measurements over HTTP: one or many, judged, and seen on the pages of objectives."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token, client, complaints
from tests.harness.process import until

Json = dict[str, Any]
HOUR = timedelta(hours=1)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[httpx.Client]:
    with Server(tmp_path / "data") as running:
        token = add_token(running.data_dir, "admin", Scope.ADMIN)
        with client(running, token) as opened:
            yield opened
        assert [] == complaints(running)


def measured(metric: str, value: float, hours: int, **more: Any) -> Json:
    """What a metric was in an hour that ended so many hours ago."""
    end = datetime.now(UTC).replace(microsecond=0) - hours * HOUR
    facts: Json = {
        "system": "chat",
        "metric": metric,
        "value": value,
        "unit": "s",
        "n": 500,
        "since": (end - HOUR).isoformat(),
        "until": end.isoformat(),
    }
    return facts | more


def test_many_are_recorded_together_and_judged(api: httpx.Client) -> None:
    given = [measured("p95", 2.5, hours) for hours in (3, 2)]
    answer = api.post("/v1/measurements", json=given)
    assert 201 == answer.status_code, answer.text
    assert (2, 0) == (answer.json()["recorded"], answer.json()["repeated"])
    again = api.post("/v1/measurements", json=given)
    assert (0, 2) == (again.json()["recorded"], again.json()["repeated"])
    assert answer.json()["ids"] == again.json()["ids"]

    until(lambda: bool(api.get("/v1/incidents").json()["items"]), "the breach to open an incident")
    [incident] = api.get("/v1/incidents").json()["items"]
    assert ("chat", "source/airledger/objectives") == (incident["system"], incident["source"])
    until(lambda: bool(api.get("/v1/breaches").json()["items"]), "the breach to be listed")
    found = api.get("/v1/objectives", params={"system": "chat"}).json()["items"]
    [latency] = [each for each in found if each["objective"] == "latency"]
    assert ("breached", 2.5, 0.0) == (latency["status"], latency["value"], latency["attained"])
    assert {"undecided"} == {each["status"] for each in found if each["objective"] != "latency"}
    page = api.get("/objectives").text
    assert "Breached" in page
    assert f"/breaches/{latency['breach']}" in page
    assert 200 == api.get(f"/breaches/{latency['breach']}").status_code
    chart = api.get("/objectives/latency", params={"system": "chat"}).raise_for_status().text
    assert 2 == chart.count('data-value="2.5"')
    assert 2 == chart.count('<span class="dot at_risk">Missed</span>')
    assert (
        404 == api.get("/objectives/latency", params={"system": "x", "segment": "a=b"}).status_code
    )
    assert 404 == api.get("/objectives/none", params={"system": "chat"}).status_code


def test_of_many_with_one_that_is_wrong_none_is_recorded(api: httpx.Client) -> None:
    given = [measured("p95", 2.5, 3), measured("p95", 2.5, 2, unit="parsec")]
    answer = api.post("/v1/measurements", json=given)
    assert (409, "unknown_unit") == (answer.status_code, answer.json()["rule"])
    assert "Of 2, number 2" in answer.json()["detail"]
    assert [] == api.get("/v1/measurements").json()["items"]


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"n": 0}, "no_samples"),
        ({"unit": "ms", "metric": "availability"}, "unit_of_another_kind"),
        ({"value": "NaN"}, None),
        ({"value": None}, None),
        ({"until": "2999-01-01T00:00:00Z"}, None),
        ({"since": "2999-01-01T00:00:00Z"}, None),
    ],
)
def test_no_data_is_never_a_value(api: httpx.Client, more: Json, rule: str | None) -> None:
    answer = api.post("/v1/measurements", json=measured("p95", 2.5, 2) | more)
    assert (409 if rule else 422) == answer.status_code, answer.text
    assert rule == answer.json().get("rule")
    assert [] == api.get("/v1/measurements").json()["items"]


def test_nan_in_json_is_refused(api: httpx.Client) -> None:
    body = '{"system": "chat", "metric": "p95", "value": NaN, "until": "2026-01-01T00:00:00Z"}'
    answer = api.post(
        "/v1/measurements", content=body, headers={"content-type": "application/json"}
    )
    assert 422 == answer.status_code
