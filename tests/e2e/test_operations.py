"""Health, metrics, and the log's routes for auditors."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.parser import text_string_to_metric_families

from ledger.transparency.keys import parse_verifier
from ledger.transparency.notes import open_checkpoint
from projections.catalogue import PROJECTIONS
from projections.engine.projection import Projection
from tests.e2e import reading
from tests.e2e.hostile import alert, encoded, webhook
from tests.e2e.reported import eventually
from tests.e2e.served import SOURCE, Served, problem, served
from tests.harness.homes import store_of
from tests.harness.process import until

ALERTS = 150
SMALL = 4


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose log has one full tile of hashes, and a part of the next."""
    with served(tmp_path_factory.mktemp("operations") / "data") as api:
        started = datetime.now(UTC).isoformat()  # so that the clock has nothing to say of them
        alerts = [alert(f"alert-{number}", startsAt=started) for number in range(ALERTS)]
        body = encoded(webhook(*alerts))
        api.source.post("/v1/signals/alertmanager", content=body).raise_for_status()
        api.source.post("/v1/signals/alertmanager", content=body).raise_for_status()
        api.source.post("/v1/signals/alertmanager", content=b"{").raise_for_status()
        assert 256 < reading.settled(api.reader) < 512
        yield api


def test_a_server_that_is_well_says_so_and_names_its_loops(api: Served) -> None:
    assert {"status": "ok", "reason": "", "loops": []} == api.reader.get("/health/live").json()
    ready = api.reader.get("/health/ready")
    assert (200, "ok") == (ready.status_code, ready.json()["status"])
    loops = {loop["name"]: loop["state"] for loop in ready.json()["loops"]}
    assert {"sealer": "running", "projector": "running"}.items() <= loops.items()


def test_the_metrics_can_be_scraped_and_count(api: Served) -> None:
    size = reading.settled(api.reader)
    answer = api.reader.get("/metrics")
    assert CONTENT_TYPE_LATEST == answer.headers["content-type"]
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert all(family.documentation for family in families.values())
    counted = {
        outcome: reading.metric(
            api.reader, "airledger_signals_total", source=SOURCE, outcome=outcome
        )
        for outcome in ("recorded", "repeats", "quarantined")
    }
    assert {"recorded": ALERTS, "repeats": ALERTS, "quarantined": 1} == counted
    for name, value in {
        "airledger_quarantine_open": 1,
        "airledger_store_up": 1,
        "airledger_waiting": 0,
    }.items():
        assert value == reading.metric(api.reader, name), name
    eventually(lambda: _all_is_sealed(api, size), "every event is in the log")
    assert 1 == reading.metric(api.reader, "airledger_loop_running", loop="sealer")
    assert 0 == reading.metric(api.reader, "airledger_projection_stopped", projection="register")


def _all_is_sealed(api: Served, at_least: int) -> bool:
    """Whether the log has every event; the clock may append between two looks."""
    events, sealed = (
        reading.metric(api.reader, name) for name in ("airledger_events", "airledger_log_size")
    )
    return at_least <= events == sealed


def test_commits_are_measured(api: Served) -> None:
    commits = reading.metric(api.reader, "airledger_commit_seconds_count")
    assert 0 < commits <= reading.settled(api.reader)

    def counted_alike() -> bool:
        """The clock may commit between two scrapes."""
        counts = ("airledger_commit_seconds_count", "airledger_commit_events_count")
        return len({reading.metric(api.reader, name) for name in counts}) == 1

    until(counted_alike, "both histograms count the same commits")
    assert reading.settled(api.reader) >= reading.metric(api.reader, "airledger_commit_events_sum")
    api.report("One more commit.")
    assert commits < reading.metric(api.reader, "airledger_commit_seconds_count")
    assert 0 < reading.metric(api.reader, "airledger_commit_seconds_sum") < 60


def test_what_is_behind_or_late_is_a_number(api: Served) -> None:
    def late(state: str) -> float:
        return reading.metric(api.reader, "airledger_rca_open", state=state)

    def behind(projection: Projection) -> float:
        return reading.metric(
            api.reader, "airledger_projection_lag_events", projection=projection.name
        )

    before = late("breached")
    old = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    api.report("Nobody looked at it.", detected_at=old)
    reading.settled(api.reader)
    until(lambda: not any(map(behind, PROJECTIONS)), "every projection folded the log")

    assert (before + 1, 0) == (late("breached"), late("at_risk"))


def test_a_process_says_what_it_uses(api: Served) -> None:
    for name in ("process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"):
        assert 0 < reading.metric(api.reader, name), name


def test_the_checkpoint_is_signed_by_the_key_that_is_shown(api: Served) -> None:
    answer, shown = api.reader.get("/log/checkpoint"), api.reader.get("/log/vkey")
    for each in (answer, shown):
        assert "text/plain; charset=utf-8" == each.headers["content-type"]
        assert "public, max-age=2" == each.headers["cache-control"]
    assert 1 == len(shown.text.splitlines())
    verifier = parse_verifier(shown.text.strip())
    assert open_checkpoint(answer.content, verifier).size <= reading.settled(api.reader)

    def size() -> int:
        return open_checkpoint(api.reader.get("/log/checkpoint").content, verifier).size

    until(lambda: reading.settled(api.reader) == size(), "the checkpoint covers all that is there")


@pytest.mark.parametrize("width", [1, 2, 17, 255])
def test_a_partial_tile_of_any_width_is_the_beginning_of_the_full_one(
    api: Served, width: int
) -> None:
    full = api.reader.get("/log/tile/0/000")
    part = api.reader.get(f"/log/tile/0/000.p/{width}")
    for answer in (full, part):
        assert (200, "application/octet-stream") == (
            answer.status_code,
            answer.headers["content-type"],
        )
        assert "immutable" in answer.headers["cache-control"]
    assert 256 * 32 == len(full.content)
    assert full.content[: width * 32] == part.content
    entries = api.reader.get("/log/tile/entries/000").content
    assert entries.startswith(api.reader.get(f"/log/tile/entries/000.p/{width}").content)


def test_entries_are_the_stored_events_and_hash_to_the_tile(api: Served) -> None:
    answer = api.reader.get("/log/tile/entries/000")
    assert "application/octet-stream" == answer.headers["content-type"]
    assert answer.headers["cache-control"].startswith("private")
    store = store_of(api.server.data_dir)
    try:
        stored = [entry.stored for entry in store.read(0, 256)]
    finally:
        store.close()
    assert b"".join(len(each).to_bytes(2) + each for each in stored) == answer.content
    hashes = b"".join(hashlib.sha256(b"\0" + each).digest() for each in stored)
    assert hashes == api.reader.get("/log/tile/0/000").content


def test_tiles_that_the_tree_has_not_are_absent(api: Served) -> None:
    size = reading.settled(api.reader)
    held = size - 256
    assert 200 == api.reader.get(f"/log/tile/0/001.p/{held}").status_code
    assert 200 == api.reader.get("/log/tile/1/000.p/1").status_code
    for path in (
        *(f"0/001.p/{held + 1}", "0/001", "0/002.p/1", "1/000", "1/000.p/2", "1/001.p/1"),
        *("2/000.p/1", "0/000.p/0", "0/000.p/256", "0/0", "0/00", "0/0000", "0/x001/000.p/1"),
        *("64/000.p/1", "-1/000", "x/000", "0/000.p/", "0/000.p/01", "0/000.p/1/2", "0/x000/000"),
        *("%2e%2e/checkpoint", "0/000%2ep/1x", "0/\u0660\u0660\u0660", f"0/{'x999/' * 50}999"),
    ):
        problem(api.reader.get(f"/log/tile/{path}"), 404)
        problem(api.reader.get(f"/log/tile/entries/{path.partition('/')[2]}x"), 404)
    problem(api.reader.get("/log/tile/entries/001"), 404)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/signals/alertmanager", 405),
        ("DELETE", "/v1/incidents", 405),
        ("PUT", "/health/live", 405),
        ("POST", "/v1/signals/pigeon", 404),
    ],
)
def test_what_is_no_route_is_a_problem_for_a_program(
    api: Served, method: str, path: str, status: int
) -> None:
    problem(api.operator.request(method, path), status)
