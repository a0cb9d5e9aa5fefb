"""A new source format is one file, one line of the vocabulary and one registration."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token, client
from tests.house.copies import Copy, copied

HERE = Path(__file__).parent
ADDED = {"consumers/intake/formats/watchtower.py": HERE / "watchtower/format.py"}
LINES = {
    "ledger/vocabulary.py": {
        '    NATIVE = "native"': '    WATCHTOWER = "watchtower", "Watchtower alerts", REPEATS',
    },
    "consumers/intake/formats/registry.py": {
        "from consumers.intake.formats.native": (
            "from consumers.intake.formats.watchtower import WATCHTOWER"
        ),
        "    NATIVE,": "    WATCHTOWER,",
    },
}
NAMES = re.compile(r"\bwatchtower\b", re.IGNORECASE)
PATH = "/v1/signals/watchtower"


class World(NamedTuple):
    """A server of the copy, a source of the new format, its token, and an administrator."""

    copy: Copy
    server: Server
    token: str
    added: str
    source: httpx.Client
    admin: httpx.Client


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return copied(tmp_path_factory.mktemp("copy"), ADDED, LINES)


@pytest.fixture(scope="module")
def world(copy: Copy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("watchtower") / "data"
    admin = add_token(data, "ada", Scope.ADMIN)
    added = copy.run("source", "add", "dog", "--kind", "watchtower", data_dir=data)
    assert 0 == added.returncode, added.stderr
    [token] = re.findall(r"^    (\w+)$", added.stdout, re.MULTILINE)
    with (
        Server(data, env=copy.env) as server,
        client(server, token) as sends,
        client(server, admin) as administers,
    ):
        yield World(copy, server, token, added.stdout, sends, administers)


def alert(key: str, transition: str = "Triggered", **members: str) -> dict[str, str]:
    return {"alert_id": key, "alert_transition": transition, "title": key, **members}


def sent(world: World, *alerts: object, path: str = PATH) -> dict[str, int]:
    answer = world.source.post(path, content=json.dumps(alerts))
    assert 202 == answer.status_code, answer.text
    counts: dict[str, int] = answer.json()
    return counts


def test_only_its_own_file_and_its_lines_name_it(copy: Copy) -> None:
    naming = {
        str(path.relative_to(copy.root)): lines
        for path in copy.root.rglob("*.py")
        if (lines := [each for each in path.read_text().splitlines() if NAMES.search(each)])
    }
    assert {*ADDED, *LINES} == set(naming)
    for registry, inserted in copy.lines.items():
        assert list(inserted) == naming[registry]
    assert [1, 2] == [len(copy.lines[registry]) for registry in LINES]


def test_adding_a_source_prints_its_set_up(world: World) -> None:
    assert f"/v1/signals/watchtower/{world.token}" in world.added
    refused = world.copy.run(
        "source",
        "add",
        "signed",
        "--kind",
        "watchtower",
        "--hmac-secret-file",
        "/dev/null",
        data_dir=world.server.data_dir,
    )
    assert (2, True) == (refused.returncode, "kind watchtower cannot sign" in refused.stderr)


def test_its_bodies_are_recorded_over_http_and_repeats_are_repeats(world: World) -> None:
    first = sent(world, alert("cpu"))
    assert (1, 1) == (first["recorded"], len(first["incidents"]))  # type: ignore[arg-type]
    assert 1 == sent(world, alert("cpu"))["repeats"]
    by_path = httpx.post(
        f"{world.server.url}{PATH}/{world.token}", content=json.dumps([alert("disk")])
    )
    assert (202, 1) == (by_path.status_code, by_path.json()["recorded"])
    assert 1 == sent(world, alert("cpu", "Recovered"))["recorded"]
    assert 403 == world.source.post("/v1/signals/native", content=b"[]").status_code


def test_its_limit_and_its_summary_are_those_of_the_registration(world: World) -> None:
    assert 202 == world.source.post(PATH, content=b" " * 2_048).status_code
    assert 413 == world.source.post(PATH, content=b" " * 2_049).status_code
    paths = world.admin.get("/v1/openapi.json").json()["paths"]
    operation = paths[PATH]["post"]
    assert "Receive alerts of watchtower" == operation["summary"]
    assert "application/json" in operation["requestBody"]["content"]


def test_what_it_refuses_is_quarantined_and_retried(world: World) -> None:
    wrong = sent(world, alert("net"), alert("net-2", "Flapping"))
    assert (1, 1) == (wrong["recorded"], wrong["quarantined"])
    listed = world.admin.get("/v1/quarantine", params={"state": "open"}).json()["items"]
    [entry] = [each for each in listed if "Flapping" in json.dumps(each["parts"])]
    assert ("watchtower", [1]) == (entry["source_kind"], [each["index"] for each in entry["parts"]])
    again = world.copy.run("quarantine", "retry", entry["id"], data_dir=world.server.data_dir)
    assert (1, True) == (again.returncode, "still_not_understood" in again.stderr)

    parser = world.copy.root / next(iter(ADDED))
    released = parser.read_text()
    parser.write_text(released.replace('"Triggered":', '"Flapping": FIRING,\n    "Triggered":'))
    try:
        done = world.copy.run("quarantine", "retry", entry["id"], data_dir=world.server.data_dir)
    finally:
        parser.write_text(released)
    assert (0, True) == (done.returncode, "1 recorded" in done.stdout), done.stderr


def test_a_dry_run_parses_it(world: World, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(json.dumps([alert("new")]))
    tried = world.copy.run("source", "try", "dog", str(body), data_dir=world.server.data_dir)
    assert (0, True) == (tried.returncode, "1 would be recorded" in tried.stdout), tried.stderr


def test_a_policy_may_say_after_which_silence_its_alerts_are_stale(
    world: World, tmp_path: Path
) -> None:
    shown = world.copy.run("policy", "show", data_dir=world.server.data_dir).stdout
    line = "[alerts.stale_after_by_kind]\n"
    assert line in shown
    for kind, status in (("watchtower", 0), ("native", 1)):
        text = tmp_path / f"{kind}.toml"
        text.write_text(shown.replace(line, f'{line}{kind} = "PT8H"\n'))
        checked = world.copy.run("policy", "check", str(text), data_dir=world.server.data_dir)
        assert bool(status) == bool(checked.returncode), checked.stdout + checked.stderr
