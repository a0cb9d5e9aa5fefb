"""The command line beside a running server, and as it is installed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import Server
from tests.harness.homes import environment
from tests.unit.cli.processes import Airledger

INSTALLED = Path(sys.executable).with_name("airledger")


@pytest.fixture(scope="module")
def airledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airledger]:
    with Airledger(tmp_path_factory.mktemp("served") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def server(airledger: Airledger) -> Iterator[Server]:
    with Server(airledger.data_dir) as started:
        yield started


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_tokens_act_at_once(airledger: Airledger, server: Server) -> None:
    token = airledger.done("token", "add", "at-once", "--scope", "read", "--json").json["token"]
    there = httpx.get(f"{server.url}/v1/incidents", headers=bearer(token))
    airledger.done("token", "revoke", "at-once")
    gone = httpx.get(f"{server.url}/v1/incidents", headers=bearer(token))

    assert (200, 401) == (there.status_code, gone.status_code)


def test_what_a_command_wrote_is_served_and_read_when_it_returns(
    airledger: Airledger, server: Server
) -> None:
    token = airledger.done("token", "add", "reader", "--scope", "read", "--json").json["token"]
    made = airledger.done("incident", "report", "--title", "T", "--system", "beside", "--json").json

    served = httpx.get(f"{server.url}/v1/incidents/{made['reference']}", headers=bearer(token))

    assert made == served.json()
    listed = airledger.done("incidents", "--system", "beside", "--json").json["items"]
    assert [made["id"]] == [each["id"] for each in listed]
    assert listed == [{name: made[name] for name in listed[0]}]


def test_a_body_that_was_not_understood_is_listed_and_dismissed(
    airledger: Airledger, server: Server
) -> None:
    token = airledger.done("source", "add", "am", "--kind", "alertmanager", "--json").json["token"]
    url = f"{server.url}/v1/signals/alertmanager"
    answer = httpx.post(url, content=b'{"alerts": "none"}', headers=bearer(token))

    [entry] = airledger.done("quarantine", "list", "--state", "open", "--json").json["items"]
    retried = airledger.run("quarantine", "retry", entry["id"])
    airledger.done("quarantine", "dismiss", entry["id"], "--reason", "A test")
    shown = airledger.done("quarantine", "show", entry["id"], "--json").json

    assert 1 == answer.json()["quarantined"]
    assert ("am", 1) == (entry["source"], retried.status)
    assert "(rule: still_not_understood)" in retried.err
    assert '{"alerts": "none"}' == shown["body"]
    assert ("dismissed", "A test") == (shown["entry"]["state"], shown["entry"]["close_reason"])


def test_a_running_server_is_verified_from_outside(
    airledger: Airledger, server: Server, tmp_path: Path
) -> None:
    token = airledger.done("token", "add", "auditor", "--scope", "audit", "--json").json["token"]
    (tmp_path / "vkey").write_bytes(httpx.get(f"{server.url}/log/vkey").content)
    (tmp_path / "older").write_bytes(httpx.get(f"{server.url}/log/checkpoint").content)
    airledger.done("incident", "report", "--title", "Later", "--system", "s")
    outside = ["verify", "--url", server.url, "--vkey", str(tmp_path / "vkey")]

    told = airledger.run(*outside, "--token", token, "--checkpoint", str(tmp_path / "older"))
    found = airledger.done(*outside, "--token", token, "--json").json
    refused = airledger.run(*outside, "--token", "x" * 32)

    assert (0, "") == (told.status, told.err)
    own = airledger.done("verify", "--json").json
    assert [True, None] == [found["ok"], found["unsealed"]]
    assert own["root"] == found["root"]
    assert 2 == refused.status
    assert "Give a token of scope audit: --token." in refused.err


@pytest.mark.only_on("sqlite", "on PostgreSQL nothing of the ledger is in its data directory")
def test_a_demo_stays_out_of_a_ledger(airledger: Airledger, server: Server) -> None:
    airledger.done("incident", "report", "--title", "Real", "--system", "s")

    ended = airledger.run("demo", "--data-dir", str(airledger.data_dir), "--port", "0")

    assert 1 == ended.status
    assert "(rule: not_a_demo)" in ended.err


def test_a_port_that_is_taken_is_refused(airledger: Airledger, server: Server) -> None:
    ended = airledger.run("serve", "--port", str(server.port))

    assert 2 == ended.status
    assert f"Cannot listen on 127.0.0.1:{server.port}" in ended.err


def test_two_first_commands_at_once_both_succeed(tmp_path: Path) -> None:
    """Both make the data directory, the key, the log, the person and the read models."""
    typed = ["incident", "report", "--title", "T", "--system", "s"]
    both = [
        subprocess.Popen(
            [INSTALLED, *typed],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment(tmp_path / "data"),
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=60) for each in both]

    assert [0, 0] == [each.returncode for each in both], said
    assert ["", ""] == [err for _, err in said]
    assert {"INC-1: reported.", "INC-2: reported."} == {out.splitlines()[0] for out, _ in said}


def test_it_runs_as_it_is_installed(tmp_path: Path) -> None:
    ended = subprocess.run(
        [INSTALLED, "config", "show", "--nope"], capture_output=True, text=True, check=False
    )

    assert (2, "") == (ended.returncode, ended.stdout)
    assert "airledger: Unknown option: --nope. See airledger config show --help.\n" == ended.stderr
