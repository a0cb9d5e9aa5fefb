"""A decision as a statement: over HTTP, from another machine, and verified as the docs say."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from consumers.container.ledger import open_ledger
from ledger.domain.release.words import Decision
from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token, client
from tests.harness.gated_release import MODEL, PROMPT, REF, RELEASE_ID, GatedRelease
from tests.harness.homes import settings_of
from tests.unit.cli.processes import Airledger

pytestmark = pytest.mark.only_on("sqlite", "tests/unit/releases has both stores")

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "prove-a-release.md"
STATEMENT, KEY = f"/v1/releases/{REF}/statement", "/v1/releases/key"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Airledger]]:
    """A server with a decision, a reader, and the command line of another machine."""
    directory = tmp_path_factory.mktemp("stated")
    ledger = open_ledger(settings_of(directory / "data"))
    gated = GatedRelease(ledger, 12)
    gated.sign()
    gated.decide()
    ledger.close()
    token = add_token(directory / "data", scope=Scope.READ)
    with ExitStack() as opened:
        server = opened.enter_context(Server(directory / "data"))
        env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": token}
        away = opened.enter_context(Airledger(directory / "away", env=env))
        yield opened.enter_context(client(server, token)), away


def test_a_statement_needs_a_token_that_reads_and_its_key_none(
    served: tuple[httpx.Client, Airledger],
) -> None:
    api, _ = served

    first, again = api.get(STATEMENT), api.get(f"/v1/releases/{RELEASE_ID}/statement")
    with httpx.Client(base_url=api.base_url) as stranger:
        unread, key = stranger.get(STATEMENT), stranger.get(KEY)

    assert (200, first.content) == (first.status_code, again.content)
    assert ["payload", "payloadType", "signatures"] == sorted(first.json())
    assert 401 == unread.status_code
    assert (200, "-----BEGIN PUBLIC KEY-----") == (key.status_code, key.text.splitlines()[0])
    absent = api.get(STATEMENT, params={"leaf": 0})
    assert (404, "not_found") == (absent.status_code, absent.json()["code"])


def test_it_is_the_same_from_another_machine(served: tuple[httpx.Client, Airledger]) -> None:
    api, away = served

    exported, key = away.run("release", "export", REF), away.run("release", "key")

    assert (0, api.get(STATEMENT).json()) == (exported.status, exported.json)
    assert (0, api.get(KEY).text) == (key.status, key.text)
    assert 2 == away.run("release", "key", "init").status


def test_the_programs_of_the_how_to_accept_it_and_refuse_a_changed_one(
    served: tuple[httpx.Client, Airledger], tmp_path: Path
) -> None:
    api, _ = served
    origin = api.get("/log/checkpoint").text.splitlines()[0]
    [script] = re.findall(r"^```python\n(.*?)^```$", HOW_TO.read_text(), re.MULTILINE | re.DOTALL)
    script = script.replace("support-assistant", "assistant").replace("ORIGIN", origin)
    (tmp_path / "release-key.pub.pem").write_text(api.get(KEY).text)
    (tmp_path / "decision.json").write_bytes(api.get(STATEMENT).content)

    def accepts(digest: str) -> bool:
        program = [sys.executable, "-c", script.replace("DIGEST", digest)]
        return subprocess.run(program, cwd=tmp_path, check=False).returncode == 0

    assert accepts(MODEL)
    assert accepts(PROMPT)
    assert not accepts(sha256(b"another model").hexdigest())
    (tmp_path / "release-key.pub.pem").write_text(
        "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
        "-----END PUBLIC KEY-----\n"
    )
    assert not accepts(MODEL)


def test_the_tile_of_the_log_has_the_leaf_that_it_names(
    served: tuple[httpx.Client, Airledger],
) -> None:
    api, _ = served
    payload = json.loads(base64.b64decode(api.get(STATEMENT).json()["payload"]))
    named = payload["predicate"]["airledger:decision"]
    size = int(api.get("/log/checkpoint").text.splitlines()[1])
    tile, place = divmod(named["leaf"], 256)
    width = "" if size >= (tile + 1) * 256 else f".p/{size % 256}"

    hashes = api.get(f"/log/tile/0/{tile:03}{width}").raise_for_status().content

    assert named["leafHash"] == hashes[place * 32 : (place + 1) * 32].hex()


def test_a_server_without_the_key_says_what_to_do(tmp_path: Path) -> None:
    ledger = open_ledger(settings_of(tmp_path / "data"))
    GatedRelease(ledger, 12).decide(Decision.NO_GO, "No.")
    ledger.close()
    (tmp_path / "data" / "release-key.pem").write_text("no key")
    token = add_token(tmp_path / "data", scope=Scope.READ)
    with Server(tmp_path / "data") as server, client(server, token) as api:
        for path in (STATEMENT, KEY):
            answer = api.get(path)
            assert (404, "not_found") == (answer.status_code, answer.json()["code"])
            assert "airledger release key init" in answer.json()["remedy"]
