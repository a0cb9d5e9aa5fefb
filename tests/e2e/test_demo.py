"""`airledger demo`, as people start it: twice on one directory, and on one that is no demo's."""

import os
import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_source, add_token, client
from tests.rig.process import until

pytestmark = pytest.mark.slow

PLAYED_WITHIN_SECONDS = 20
STATUS = {"open": 9, "closed": 2, "dismissed": 1, "merged": 1}
IMPACT = {"ongoing": 2, "ended": 11}
RCA = {"at_risk": 1, "breached": 1, "met": 1, "met_late": 1, "cancelled": 2}
"""What the sample's README says the register is after a play."""


def said(server: Server) -> str:
    until(lambda: "Ctrl-C ends" in server.log, "the demo says how to go on", within=20)
    return server.log


def named(log: str, name: str) -> str:
    found = re.search(rf"^{name} +(\S+)$", log, re.MULTILINE)
    assert found is not None, log
    return found[1]


def items(server: Server, token: str) -> list[dict[str, Any]]:
    with client(server, token) as api:
        found: list[dict[str, Any]] = api.get("/v1/incidents?sort=detected_at").json()["items"]
        return found


def test_it_plays_the_sample_once_and_serves_it_from_then_on(tmp_path: Path) -> None:
    with Server(tmp_path / "data", command="demo") as server:
        first = said(server)
        reader = named(first, "Token to read")
        before = items(server, reader)
        fills_the_register_as_the_samples_readme_says(before, first)
        tells_what_opens_it(before, first, server.url, reader)
        suggests_what_works(first)
        verifies(tmp_path / "data")
        assert 0 == server.terminate()
        server.log_path.unlink()
        server.start()
        second = said(server)
        assert "served as it is" in second
        assert "/login#token=" in second
        for now, then in zip(items(server, reader), before, strict=True):
            assert (then["id"], then["alerts"]) == (now["id"], now["alerts"])
        with client(server, reader) as api:
            fired = api.get("/v1/events", params={"type": "alert.fired.v1"}).text.splitlines()
        assert len(fired) == 31


def fills_the_register_as_the_samples_readme_says(
    incidents: list[dict[str, Any]], log: str
) -> None:
    assert len(incidents) == 13
    assert STATUS == Counter(each["status"] for each in incidents)
    assert IMPACT == Counter(each["impact"] for each in incidents)
    assert RCA == {
        state: count
        for state, count in Counter(each["rca"]["state"] for each in incidents).items()
        if state in RCA
    }
    counted = [each for each in incidents if each["status"] in {"open", "closed"}]
    assert 5 == sum(each["system"] == "support-assistant" for each in counted)
    assert "59 recorded, 21 repeats" in log
    assert "sealed and verified" in log


def tells_what_opens_it(incidents: list[dict[str, Any]], log: str, url: str, reader: str) -> None:
    for each in incidents:
        assert f"{each['reference']} " in log
    assert f"{url}/login#token={reader}" == named(log, "Log-in link")
    for name in ("Token to command", "Token to publish"):
        assert 32 == len(named(log, name))


def suggests_what_works(log: str) -> None:
    curl = r"^  curl -s -H '(Authorization): ([^']+)' '?([^\s']+)'?$"
    suggested = re.findall(curl, log, re.MULTILINE)
    assert 2 == len(suggested)
    for name, value, url in suggested:
        answer = httpx.get(url, headers={name: value})
        assert answer.status_code == 200, answer.text
        assert answer.json()["items"]


def verifies(directory: Path) -> None:
    command = [sys.executable, "-m", "consumers.cli", "verify", "--data-dir", str(directory)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_it_stays_out_of_a_ledger_that_is_no_demo(tmp_path: Path) -> None:
    add_token(tmp_path / "real", "ada", Scope.ADMIN)
    before = (tmp_path / "real" / "ledger.db").read_bytes()
    refused = subprocess.run(
        [sys.executable, "-m", "consumers.cli", "demo", "--data-dir", tmp_path / "real"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PLAYED_WITHIN_SECONDS,
    )
    assert (1, "") == (refused.returncode, refused.stdout)
    assert "holds a ledger that is no demo" in refused.stderr
    assert before == (tmp_path / "real" / "ledger.db").read_bytes()


def test_it_stays_out_of_the_settings_files_directory_and_finds_a_port(tmp_path: Path) -> None:
    (tmp_path / "airledger.toml").write_text('data_dir = "real"\n')
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        with (tmp_path / "said").open("wb") as log:
            started = subprocess.Popen(
                [sys.executable, "-m", "consumers.cli", "demo"],
                cwd=tmp_path,
                env=environment(),
                stdout=log,
                stderr=log,
            )
        try:
            until(
                lambda: "Ctrl-C ends" in (tmp_path / "said").read_text(),
                "the demo is played",
                within=PLAYED_WITHIN_SECONDS,
            )
        finally:
            started.terminate()
            ended = started.wait(20)
    text = (tmp_path / "said").read_text()
    assert 0 == ended, text
    assert "Port 8080 is taken by another program" in text
    assert "ready http://127.0.0.1:8080\n" not in text
    assert ["airledger-demo", "airledger.toml", "said"] == sorted(
        each.name for each in tmp_path.iterdir()
    )


def test_what_was_not_played_to_its_end_is_not_played_again(tmp_path: Path) -> None:
    add_source(tmp_path / "data", "demo-alertmanager")
    with Server(tmp_path / "data", command="demo") as server:
        assert "did not play to its end" in said(server)
        assert "Playing" not in server.log


def environment() -> dict[str, str]:
    root = Path(__file__).resolve().parents[2]
    return {**os.environ, "PYTHONPATH": str(root)}
