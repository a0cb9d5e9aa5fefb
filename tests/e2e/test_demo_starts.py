"""`airledger demo`, as people start it: twice on one directory, and on one that is no demo's."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.store.sqlite import SQLiteStore
from ledger.vocabulary import Scope
from tests.e2e.played_demo import PLAYED_WITHIN_SECONDS, environment, named, run, said
from tests.e2e.server import Server, add_token, client
from tests.harness.process import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.only_on("sqlite", "a demo is embedded, whatever store the settings name"),
]


def test_started_again_it_serves_what_was_played(tmp_path: Path) -> None:
    with Server(tmp_path / "data", command="demo") as server:
        reader = named(said(server), "Token to audit")
        before = events(server, reader)
        assert 0 == server.terminate()
        server.log_path.unlink()
        server.start()
        second = said(server)
        assert "served as it is" in second
        assert "/login#token=" in second
        assert before == events(server, reader)[: len(before)]


def events(server: Server, token: str) -> list[str]:
    with client(server, token) as api:
        return api.get("/v1/events").raise_for_status().text.splitlines()


def test_it_stays_out_of_a_ledger_that_is_no_demo(tmp_path: Path) -> None:
    add_token(tmp_path / "real", "ada", Scope.ADMIN)
    before = (tmp_path / "real" / "ledger.db").read_bytes()
    refused = run(["demo", "--data-dir", str(tmp_path / "real")])
    assert (1, "") == (refused.returncode, refused.stdout)
    assert "holds a ledger that is no demo" in refused.stderr
    assert before == (tmp_path / "real" / "ledger.db").read_bytes()


@pytest.mark.parametrize("name", ["views.db", "log.key"])
def test_it_stays_out_of_the_directory_of_a_ledger_that_is_elsewhere(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(b"of a ledger on PostgreSQL")
    refused = run(["demo", "--data-dir", str(tmp_path)])
    assert (1, "") == (refused.returncode, refused.stdout)
    assert f"holds {name} of a ledger that is elsewhere" in refused.stderr
    assert [name] == [each.name for each in tmp_path.iterdir()]


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


def begun(data_dir: Path) -> bool:
    """Whether more than the first policy is in a demo's ledger."""
    path = data_dir / "ledger.db"
    if not path.exists():
        return False
    store = SQLiteStore(path)
    try:
        return store.size() > 1
    finally:
        store.close()


def test_what_was_not_played_to_its_end_is_not_played_again(tmp_path: Path) -> None:
    with Server(tmp_path / "data", command="demo") as server:
        until(lambda: begun(tmp_path / "data"), "the play began", within=PLAYED_WITHIN_SECONDS)
        server.kill()
        assert "Ctrl-C ends" not in server.log
        server.log_path.unlink()
        server.start()
        assert "did not play to its end" in said(server)
        assert "Playing" not in server.log


def test_a_start_that_could_not_listen_played_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run(["demo", "--data-dir", str(tmp_path / "data"), "--port", port])
    assert refused.returncode == 2, refused.stderr
    with Server(tmp_path / "data", command="demo") as server:
        until(lambda: "Playing" in server.log, "the play begins", within=PLAYED_WITHIN_SECONDS)
