"""Other vendors' bodies at the doors of CloudEvents and native signals: taken, or told why not."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.publishing import EVENTS, NATIVE, STRUCTURED, Sources, sources
from tests.e2e.reading import Json

ALERTS = Path(__file__).resolve().parents[3] / "shared/data/alerts"
FOLDERS = ("azure", "cloudevents", "other-vendors")
BODIES = [path for folder in FOLDERS for path in sorted((ALERTS / folder).glob("*.json"))]
BINARY = {
    "ce-specversion": "1.0",
    "ce-source": "//logging.googleapis.com/projects/test-project",
    "ce-type": "google.cloud.audit.log.v1.written",
    "ce-subject": "storage.googleapis.com/projects/_/buckets/my-bucket/objects/a%20file",
    "content-type": "application/json",
}

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not BODIES, reason="the vendors' bodies (shared/data) are not here"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sources]:
    with sources(tmp_path_factory.mktemp("bodies") / "data") as world:
        yield world


def sent(world: Sources, by: httpx.Client, path: str, body: bytes, headers: Json) -> Json:
    return world.taken(by.post(path, content=body, headers=headers))


@pytest.mark.parametrize("path", BODIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_body_is_recorded_or_set_aside_with_a_reason(world: Sources, path: Path) -> None:
    body = path.read_bytes()
    for told in (
        sent(world, world.pipeline, EVENTS, body, STRUCTURED),
        sent(world, world.pipeline, EVENTS, body, {"content-type": "application/json"}),
        sent(world, world.native, NATIVE, body, {"content-type": "application/json"}),
    ):
        assert told["received"] >= 1
    for entry in [*world.quarantined(), *world.quarantined("native")]:
        for part in entry["parts"]:
            reason = part["reason"]
            assert 10 < len(reason) < 400, reason
            assert reason.endswith("."), reason
            for word in ("Traceback", "<class", "object at 0x", "NoneType"):
                assert word not in reason, reason


@pytest.mark.parametrize("path", BODIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_any_json_body_is_the_data_of_a_binary_event(world: Sources, path: Path) -> None:
    body, headers = path.read_bytes(), BINARY | {"ce-id": f"{path.parent.name}-{path.name}"}
    assert 1 == sent(world, world.pipeline, EVENTS, body, headers)["recorded"]
    assert 1 == sent(world, world.pipeline, EVENTS, body, headers)["repeats"]


@pytest.mark.parametrize(
    "path", [path for path in BODIES if '"specversion"' in path.read_text()], ids=lambda p: p.name
)
def test_a_structured_event_of_a_cloud_is_recorded_once(world: Sources, path: Path) -> None:
    event = json.loads(path.read_bytes()) | {"id": f"once-{path.name}"}
    wrong = [name for name in event if not name.islower()]
    told = sent(world, world.pipeline, EVENTS, json.dumps(event).encode(), STRUCTURED)
    assert (len(wrong) > 0) == told["quarantined"]
    if wrong:  # camel case, which the specification forbids
        assert f"an attribute named {wrong[0]!r}" in world.quarantined()[0]["parts"][0]["reason"]
    body = json.dumps({name.lower(): value for name, value in event.items()}).encode()
    assert 1 - told["recorded"] == sent(world, world.pipeline, EVENTS, body, STRUCTURED)["recorded"]
    assert 1 == sent(world, world.pipeline, EVENTS, body, STRUCTURED)["repeats"]
