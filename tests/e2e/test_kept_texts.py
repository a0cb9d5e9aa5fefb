"""Texts beside the log over HTTP: asked for by their ids, on the command line from away."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from consumers.container.ledger import open_ledger
from consumers.read_service.kept_texts import TEXTS_AT_ONCE
from ledger.domain.incident.commands import Report
from ledger.domain.text import commitment_to
from ledger.transparency.keys import from_base64
from tests.e2e.reading import settled
from tests.e2e.served import Served, problem, served, wrong_fields
from tests.harness.commands import report_incident
from tests.harness.homes import settings_of, store_of
from tests.harness.kept_texts import context, erase, ids_named
from tests.unit.cli.processes import Airledger

ONE, ABSENT = UUID(int=1), str(UUID(int=9))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three texts beside the log, the first of them erased."""
    data = tmp_path_factory.mktemp("texts") / "data"
    with closing(open_ledger(settings_of(data))) as opened:
        said = Report(
            title="It broke", system="chat", description="Ann saw it", system_action="It hung"
        )
        opened.executor.execute(report_incident(incident=ONE, report=said), context())
        erase(opened.store, ids_named(opened.store)[:1])
    return data


@pytest.fixture(scope="module")
def api(data: Path) -> Iterator[Served]:
    with served(data) as api:
        yield api


@pytest.fixture(scope="module")
def texts(api: Served, data: Path) -> list[str]:
    with closing(store_of(data)) as store:
        return ids_named(store)


def test_texts_are_given_by_their_ids_once_each_and_in_that_order(
    api: Served, texts: list[str]
) -> None:
    asked = [ABSENT, texts[1], texts[0], texts[1]]

    items = api.reader.get("/v1/texts", params={"id": asked}).json()["items"]

    assert [ABSENT, texts[1], texts[0]] == [each["id"] for each in items]
    assert ["missing", "readable", "erased"] == [each["state"] for each in items]
    assert "Ann saw it" in {each["content"] for each in items}
    missing, readable, erased = items
    assert (f"incident/{ONE}", "person/1") == (readable["stream"], readable["author"])
    assert {"key": None, "content": None, "author": "person/1"}.items() <= erased.items()
    assert {None} == {missing[name] for name in ("stream", "author", "key", "content")}
    stored = api.reader.get("/v1/events", params={"subject": f"incident/{ONE}"}).text
    key = from_base64(readable["key"])
    assert key is not None
    named = f'{{"text":"{texts[1]}","commitment":"{commitment_to(readable["content"], key)}"}}'
    assert named in stored


def test_so_many_are_given_at_once(api: Served) -> None:
    ids = [str(UUID(int=n)) for n in range(TEXTS_AT_ONCE + 1)]

    most = api.reader.get("/v1/texts", params={"id": ids[:-1]})
    more = api.reader.get("/v1/texts", params={"id": [each[:2] for each in ids]})

    assert (200, TEXTS_AT_ONCE) == (most.status_code, len(most.json()["items"]))
    assert ["id"] == wrong_fields(more)


@pytest.mark.parametrize("query", ["", "id=INC-1", "id=%00", "id=", "ids=1"])
def test_what_is_no_id_is_refused(api: Served, query: str) -> None:
    problem(api.reader.get(f"/v1/texts?{query}"), 422)


def test_other_scopes_read_no_text(api: Served, texts: list[str]) -> None:
    problem(api.operator.get("/v1/texts", params={"id": texts}), 403)


def test_the_command_line_shows_and_fetches_them_from_away(
    api: Served, texts: list[str], tmp_path: Path
) -> None:
    token = api.reader.headers["authorization"].removeprefix("Bearer ")
    settled(api.reader)

    env = {"AIRLEDGER_URL": api.server.url, "AIRLEDGER_TOKEN": token}
    written, events = str(tmp_path / "texts.jsonl"), tmp_path / "events.jsonl"
    with Airledger(tmp_path / "away", env) as away:
        shown = away.done("text", "show", texts[1], "--json").json
        events.write_bytes(away.done("replay", "--texts", written).out)
        checked = away.done("text", "check", written, "--json").json
    with Airledger(tmp_path / "offline", {"AIRLEDGER_DATA_DIR": str(tmp_path / "none")}) as offline:
        alone = offline.done("text", "check", written, "--events", str(events), "--json").json

    assert shown["matches"]
    lines = Path(written).read_text("utf-8").splitlines()
    assert texts == [json.loads(line)["id"] for line in lines]
    found = {"matching": len(texts) - 1, "erased": 1, "faulty": 0, "problems": []}
    assert [found, found] == [checked, alone]
