"""A server whose machine's clock jumps forty days ahead for some seconds, and comes back."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from ledger.store.side_records import Signing
from ledger.vocabulary import Scope, SourceKind
from tests.e2e import reading
from tests.e2e.hostile import alert, encoded, webhook
from tests.e2e.served import SOURCE, Served
from tests.e2e.server import Server, add_source, add_token, client, complaints
from tests.harness.machine_clock import MachineClock
from tests.harness.process import until

pytestmark = [pytest.mark.component("faketime"), pytest.mark.slow]

JUMP = timedelta(days=40)
NEAR = timedelta(seconds=60)
CLOCK_S = ("incident.rca_at_risk.v1", "incident.rca_overdue.v1", "alert.stale.v1")


@contextmanager
def jumping(directory: Path) -> Iterator[tuple[Served, MachineClock]]:
    """A server, and the clock of the machine that it runs on."""
    data_dir, clock = directory / "data", MachineClock(directory)
    tokens = (
        add_source(data_dir, SOURCE),
        add_token(data_dir, "reader", Scope.AUDIT),
        add_token(data_dir, "operator", Scope.OPERATE),
    )
    with Server(data_dir, env=clock.environment) as server:
        source, reader, operator = (client(server, token) for token in tokens)
        with source, reader, operator:
            yield Served(server, source, reader, operator), clock


def fires(api: Served, name: str) -> None:
    """An alert that fires now opens an incident of its own."""
    labels = {"alertname": name, "severity": "critical", "system": name}
    body = webhook(alert(name, startsAt=datetime.now(UTC).isoformat(), labels=labels))
    api.source.post("/v1/signals/alertmanager", content=encoded(body)).raise_for_status()


def the_clock_looks(api: Served) -> None:
    """Waits until the loop of the clock looked at what is due, after all that was recorded."""
    for name in ("first", "second"):  # it looks after it read; so once between these two
        size = reading.settled(api.reader)
        api.report(f"For the {name} look")
        until(partial(read_on, api, size), "the clock read on", within=30)


def read_on(api: Served, size: int) -> bool:
    """Whether the clock read more than this many events of the log."""
    return size < reading.metric(api.reader, "airledger_follower_next", follower="clock")


def ready(api: Served) -> httpx.Response:
    return api.reader.get("/health/ready")


def test_a_clock_that_jumps_and_comes_back_makes_nothing_overdue_and_no_time_wrong(
    tmp_path: Path,
) -> None:
    began = datetime.now(UTC)
    with jumping(tmp_path) as (api, clock):
        fires(api, "before")
        told = api.report("Open when the clock jumps")
        reading.settled(api.reader)

        clock.set_off(JUMP)
        during = datetime.now(UTC)
        fires(api, "meanwhile")
        api.command(told["id"], "contain", {"action": "Stopped it"}).raise_for_status()
        the_clock_looks(api)
        held = ready(api)
        metrics = [
            reading.metric(api.reader, f"airledger_clock_{name}")
            for name in ("held", "jump_seconds")
        ]
        still_at = api.report("Still held")["recorded_at"]

        clock.set_off(timedelta())
        the_clock_looks(api)
        api.command(told["id"], "communicate", {"audience": "all", "message": "It is over"})
        after = ready(api).json()

        recorded = reading.events(api.reader)
        clocks = api.reader.get("/v1/rca").json()["items"]
        ended = datetime.now(UTC)

    assert (200, "degraded", "held") == (
        held.status_code,
        held.json()["status"],
        held.json()["clock"]["state"],
    )
    assert "jumped by +3456000 s" in held.json()["reason"]
    assert abs(JUMP.total_seconds() - held.json()["clock"]["jump_seconds"]) < 60
    assert abs(reading.time_of(held.json()["clock"]["since"]) - during) < NEAR
    assert [1, pytest.approx(JUMP.total_seconds(), abs=60)] == metrics
    assert abs(reading.time_of(still_at) - during) < NEAR
    assert ("ok", "trusted") == (after["status"], after["clock"]["state"])

    assert [] == [each for each in recorded if each["type"] in CLOCK_S]
    for each in recorded:
        for name in ("time", "recordedtime"):
            assert began - NEAR < reading.time_of(each[name]) < ended + NEAR, each
    assert {"on_track"} == {each["state"] for each in clocks}
    assert ["clock_held"] == [line["event"] for line in complaints(api.server)]
    assert "clock_came_back" in api.server.log


def test_the_clock_of_one_host_writes_no_time_into_a_stream_that_another_host_has_to_follow(
    tmp_path: Path,
) -> None:
    with (
        jumping(tmp_path) as (api, clock),
        Server(api.server.data_dir, log_name="other") as other,
        client(other, api.operator.headers["Authorization"].removeprefix("Bearer ")) as beside,
    ):
        told = api.report("Two hosts work on it")
        clock.set_off(JUMP)
        api.command(told["id"], "contain", {"action": "Stopped it"}).raise_for_status()
        path = f"/v1/incidents/{told['id']}/communicate"
        beside.post(path, json={"audience": "all", "message": "Known"}).raise_for_status()
        now = datetime.now(UTC)
        recorded = reading.events(api.reader, subject=f"incident/{told['id']}")
        state = httpx.get(f"{other.url}/health/ready").json()["clock"]["state"]

    assert 3 == len(recorded)
    for each in recorded:
        assert abs(reading.time_of(each["recordedtime"]) - now) < NEAR, each
    assert "trusted" == state


def test_a_signature_is_fresh_by_the_machine_s_clock_or_by_the_one_that_goes_on(
    tmp_path: Path,
) -> None:
    signing = Signing(secret="shared", timestamp_header="X-Time")
    token = add_source(tmp_path / "data", "grafana", kind=SourceKind.GRAFANA, signing=signing)

    def sent(at: datetime) -> int:
        """The status of a body that was signed then."""
        body, seconds = b"{}", str(int(at.timestamp()))
        signed = hmac.new(b"shared", f"{seconds}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Grafana-Alerting-Signature": signed, "X-Time": seconds}
        with client(api.server, token) as source:
            return source.post("/v1/signals/grafana", content=body, headers=headers).status_code

    with jumping(tmp_path) as (api, clock):
        clock.set_off(JUMP)
        now = datetime.now(UTC)
        assert [202, 202, 401, 401] == [
            sent(now + apart) for apart in (timedelta(), JUMP, JUMP / 2, -JUMP)
        ]
