"""Bodies that other vendors' products really sent, at the doors of Grafana and PagerDuty."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope, SourceKind
from tests.e2e.reading import Json
from tests.e2e.server import Server, add_source, add_token, client, complaints

ALERTS = Path(__file__).resolve().parents[3] / "shared/data/alerts"
BODIES = [
    *sorted(ALERTS.glob("other-vendors/*.json")),
    *sorted(ALERTS.glob("azure/*.json")),
    *sorted(ALERTS.glob("alertmanager/*.json")),
]
OPAQUE = ("Traceback", "Error", "<class", "object at 0x", "NoneType")

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not BODIES, reason="the captured bodies (shared/data) are not here"),
]


class World(NamedTuple):
    """A running server, two sources' doors and an operator."""

    grafana: httpx.Client
    pagerduty: httpx.Client
    key: str
    operator: httpx.Client

    def reasons(self, source: str) -> list[str]:
        """Why bodies of a source were set aside, the newest first."""
        answer = self.operator.get("/v1/quarantine", params={"limit": 1_000}).raise_for_status()
        items: list[Json] = answer.json()["items"]
        return [
            part["reason"]
            for entry in items
            if entry["source"] == source
            for part in entry["parts"]
        ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data_dir = tmp_path_factory.mktemp("vendors") / "data"
    grafana = add_source(data_dir, "grafana", kind=SourceKind.GRAFANA)
    key = add_source(data_dir, "pagerduty", kind=SourceKind.PAGERDUTY)
    operator = add_token(data_dir, "operator", Scope.ADMIN)
    with Server(data_dir) as server:
        with (
            client(server, grafana) as at_grafana,
            httpx.Client(base_url=server.url) as at_pagerduty,
            client(server, operator) as operating,
        ):
            yield World(at_grafana, at_pagerduty, key, operating)
        assert [] == complaints(server)


def assert_readable(reasons: list[str]) -> None:
    """Sentences, short, without what only a programmer reads."""
    for reason in reasons:
        assert 10 < len(reason) < 400, reason
        assert reason[0].isupper(), reason
        assert reason.endswith("."), reason
        assert [] == [word for word in OPAQUE if word in reason]


def test_at_grafana_s_each_is_set_aside_with_a_reason(world: World) -> None:
    assert len(BODIES) > 24
    for path in BODIES:
        answer = world.grafana.post("/v1/signals/grafana", content=path.read_bytes())
        assert 202 == answer.status_code, path.name
        assert (0, 1) == (answer.json()["recorded"], answer.json()["quarantined"]), path.name
    reasons = world.reasons("grafana")
    assert reasons
    assert_readable(reasons)


def test_at_pagerduty_s_each_is_refused_without_a_routing_key_and_set_aside_with_one(
    world: World,
) -> None:
    for path in BODIES:
        body = path.read_bytes()
        assert 401 == world.pagerduty.post("/v2/enqueue", content=body).status_code, path.name
        keyed = as_event(json.loads(body), world.key)
        answer = world.pagerduty.post("/v2/enqueue", json=keyed)
        assert 202 == answer.status_code, path.name
        assert "quarantine" in answer.json()["message"], path.name
    reasons = world.reasons("pagerduty")
    assert reasons
    assert_readable(reasons)


def as_event(body: object, key: str) -> Json:
    """The same with a routing key in it."""
    members = body if isinstance(body, dict) else {"body": body}
    return {**members, "routing_key": key}
