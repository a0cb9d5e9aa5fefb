"""Texts beside the log: shown, written with a replay, checked, and put back from there."""

import io
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from consumers.container.ledger import open_ledger
from ledger.domain.incident.commands import Amend, Report
from ledger.store.side_records import Person
from tests.harness.commands import command_incident, report_incident
from tests.harness.homes import settings_of, store_of
from tests.harness.kept_texts import context, erase, ids_named
from tests.harness.tampering import copy_of, put_back, tamper
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_verify_beside import told

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def ledger(run: Run, data_dir: Path) -> Run:
    """Two incidents whose texts lie beside the log; the title of one was corrected."""
    with closing(open_ledger(settings_of(data_dir))) as opened:
        for incident in (ONE, OTHER):
            said = Report(title="It broke", system="chat", description=f"Ann saw {incident}\n\x07")
            opened.executor.execute(report_incident(incident=incident, report=said), context())
        amend = Amend(field="title", to="It broke down", reason="Said better")
        asked = command_incident(incident=ONE, command=amend)
        opened.executor.execute(asked, context("person/2"))
        opened.seal_and_react()
    return run


@pytest.fixture
def texts(ledger: Run, data_dir: Path) -> list[str]:
    with closing(store_of(data_dir)) as store:
        return ids_named(store)


def erase_sealed(data_dir: Path, texts: list[str]) -> None:
    with closing(open_ledger(settings_of(data_dir))) as opened:
        erase(opened.store, texts)
        opened.seal_and_react()


def replayed(run: Run, path: Path) -> list[dict[str, Any]]:
    """The texts of a replay; its events are in `events.jsonl` beside them."""
    ended = run("replay", "--texts", str(path))
    assert 0 == ended.status, ended.err
    path.with_name("events.jsonl").write_bytes(ended.out.encode())
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_replay_writes_the_texts_that_its_events_name_once_and_in_their_order(
    ledger: Run, texts: list[str], data_dir: Path, tmp_path: Path
) -> None:
    with closing(store_of(data_dir)) as store:
        erase(store, texts[1:2])
    tamper(data_dir, f"DELETE FROM texts WHERE id = '{texts[2]}'")
    plain = ledger("replay").out

    lines = replayed(ledger, tmp_path / "texts.jsonl")

    assert plain == (tmp_path / "events.jsonl").read_text("utf-8")
    assert texts == [each["id"] for each in lines]
    states = ["readable", "erased", "missing", *["readable"] * (len(texts) - 3)]
    assert states == [each["state"] for each in lines]
    assert ("It broke", f"incident/{ONE}", "person/1") == (
        lines[0]["content"],
        lines[0]["stream"],
        lines[0]["author"],
    )
    assert {"key": None, "content": None, "stream": f"incident/{ONE}"}.items() <= lines[1].items()
    assert 0o600 == (tmp_path / "texts.jsonl").stat().st_mode & 0o777
    some = ledger("replay", "--subject", f"incident/{OTHER}", "--texts", str(tmp_path / "some"))
    assert 0 == some.status
    assert 2 == len((tmp_path / "some").read_bytes().splitlines())


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_printed(
    ledger: Run, tmp_path: Path
) -> None:
    refused = ledger("replay", "--texts", str(tmp_path / "absent" / "texts"))

    assert (2, "") == (refused.status, refused.out)
    assert "cannot be written" in refused.err


def test_a_text_is_shown_with_whether_it_is_the_one_that_was_recorded(
    ledger: Run, texts: list[str], data_dir: Path
) -> None:
    shown, plain = ledger("text", "show", texts[1], "--json"), ledger("text", "show", texts[1])
    with closing(store_of(data_dir)) as store:
        erase(store, texts[2:3])
    tamper(
        data_dir,
        f"UPDATE texts SET content = replaced(content, 'It', 'He') WHERE id = '{texts[0]}'",
    )
    altered = ledger("text", "show", texts[0], "--json")
    erased = ledger("text", "show", texts[2], "--json")
    missing = ledger("text", "show", str(ONE), "--json")
    wrong = ledger("text", "show", "INC-1")

    assert (0, True) == (shown.status, shown.json["matches"])
    assert f"Ann saw {ONE}\n\x07" == shown.json["text"]["content"]
    assert (0, True) == (plain.status, "\x07" not in plain.out and f"Ann saw {ONE}" in plain.out)
    assert (1, False) == (altered.status, altered.json["matches"])
    assert (0, "erased", None) == (
        erased.status,
        erased.json["text"]["state"],
        erased.json["matches"],
    )
    assert (1, "missing") == (missing.status, missing.json["text"]["state"])
    assert (2, True) == (wrong.status, "no id of a text" in wrong.err)


def test_texts_are_checked_offline_against_events_alone(
    ledger: Run, texts: list[str], data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase_sealed(data_dir, texts[1:2])
    lines = replayed(ledger, tmp_path / "texts.jsonl")
    events = str(tmp_path / "events.jsonl")

    def check(*given: dict[str, Any]) -> dict[str, Any]:
        monkeypatch.setattr(
            sys,
            "stdin",
            io.TextIOWrapper(io.BytesIO("\n".join(map(json.dumps, given)).encode())),
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AIRLEDGER_DATA_DIR", str(tmp_path / "nothing"))
            patch.delenv("AIRLEDGER_STORE__URL", raising=False)
            ended = ledger("text", "check", "-", "--events", events, "--json")
        assert (1 if ended.json["faulty"] else 0) == ended.status
        return dict(ended.json)

    assert {"matching": len(texts) - 1, "erased": 1, "faulty": 0, "problems": []} == check(*lines)
    here = ledger("text", "check", str(tmp_path / "texts.jsonl"))
    assert (0, True) == (here.status, "Every text is as its events say." in here.out)
    one, erased, *_ = lines
    for given, said in (
        (one | {"content": "It worked"}, "is not the one that event"),
        (one | {"key": None}, "is not the one that event"),
        (one | {"key": "?"}, "is not the one that event"),
        (one | {"author": "person/2"}, "is kept as written by person/2"),
        (one | {"stream": f"incident/{OTHER}"}, f"is kept as one of incident/{OTHER}"),
        (one | {"id": str(ONE)}, f"No event names the text {ONE}."),
        (one | {"state": "erased", "content": None}, "is empty, and no event erased it"),
        ({"id": one["id"], "state": "missing"}, "is missing, and no event erased it"),
        (one | {"id": erased["id"]}, "and is still there"),
    ):
        found = check(given)
        assert (1, True) == (found["faulty"], said in found["problems"][0]), found


def test_a_line_that_is_no_text_is_named(ledger: Run, tmp_path: Path) -> None:
    (tmp_path / "texts").write_text("\n{}\n")

    refused = ledger("text", "check", str(tmp_path / "texts"))

    assert (2, True) == (refused.status, "Line 2 is no text beside the log" in refused.err)


def test_missing_texts_come_back_from_a_replay_and_erased_ones_stay_erased(
    ledger: Run, texts: list[str], data_dir: Path, tmp_path: Path
) -> None:
    lines = replayed(ledger, tmp_path / "texts.jsonl")
    with closing(store_of(data_dir)) as store:
        whole = store.texts.rows(texts)
    erase_sealed(data_dir, texts[1:2])
    tamper(
        data_dir,
        f"DELETE FROM texts WHERE id IN ('{texts[0]}', '{texts[1]}', '{texts[2]}')",
        f"UPDATE texts SET key = NULL, content = NULL WHERE id = '{texts[3]}'",
    )
    assert 3 == len(told(ledger))

    repaired = ledger("store", "repair", "--texts", str(tmp_path / "texts.jsonl"), "--json")

    assert {
        "put_back": 3,
        "in_place": len(texts) - 4,
        "erased": 1,
        "refused": 0,
        "problems": [],
    } == repaired.json["texts"]
    assert [] == told(ledger)
    with closing(store_of(data_dir)) as store:
        after = store.texts.rows(texts)
    assert {of: row for of, row in whole.items() if of != texts[1]} == after
    again = ledger("store", "repair", "--texts", str(tmp_path / "texts.jsonl"))
    assert (0, True) == (again.status, "Texts restored 0" in " ".join(again.out.split()))
    assert len(lines) == len(texts)


def test_a_text_that_is_not_the_recorded_one_is_refused_and_the_others_come_back(
    ledger: Run, texts: list[str], data_dir: Path, tmp_path: Path
) -> None:
    one, other, *rest = replayed(ledger, tmp_path / "texts.jsonl")
    changed = [one | {"content": "It worked"}, one | {"id": str(ONE)}, other, *rest]
    (tmp_path / "changed").write_text("".join(f"{json.dumps(each)}\n" for each in changed))
    tamper(data_dir, "DELETE FROM texts")

    repaired = ledger("store", "repair", "--texts", str(tmp_path / "changed"), "--json")

    found = repaired.json["texts"]
    assert (1, len(texts) - 1, 2) == (repaired.status, found["put_back"], found["refused"])
    assert "is not the one that event" in found["problems"][0]
    assert f"No event of this ledger names the text {ONE}." == found["problems"][1]
    assert "2 texts were not put back." in repaired.err


def test_an_older_copy_gets_events_and_texts_back_and_what_was_erased_since_stays_so(
    ledger: Run, texts: list[str], data_dir: Path, tmp_path: Path
) -> None:
    backup = copy_of(data_dir)
    replayed(ledger, tmp_path / "before.jsonl")
    with closing(open_ledger(settings_of(data_dir))) as opened:
        erase(opened.store, texts[:1])
        said = Report(title="Later", system="chat", description="Later still")
        opened.executor.execute(report_incident(incident=UUID(int=3), report=said), context())
        opened.seal_and_react()
    replayed(ledger, tmp_path / "texts.jsonl")
    put_back(data_dir, backup)

    alone = ledger("store", "repair", "--texts", str(tmp_path / "texts.jsonl"))
    both = ledger(
        "store",
        "repair",
        str(tmp_path / "events.jsonl"),
        "--texts",
        str(tmp_path / "texts.jsonl"),
        "--json",
    )

    assert (1, True) == (alone.status, "cannot be put back: the lines end before it" in alone.err)
    assert (0, 2, 1) == (
        both.status,
        both.json["texts"]["put_back"],
        both.json["texts"]["erased"],
    )
    assert [] == told(ledger)
    older = ledger("store", "repair", "--texts", str(tmp_path / "before.jsonl"), "--json")
    assert (0, 0, 1) == (older.status, *(older.json["texts"][n] for n in ("put_back", "erased")))


@pytest.mark.parametrize("given", [(), ("-", "--texts", "-")], ids=["nothing", "stdin twice"])
def test_a_repair_needs_something_to_repair_with(run: Run, given: tuple[str, ...]) -> None:
    assert 2 == run("store", "repair", *given).status


def test_the_name_of_a_person_who_was_erased_since_the_copy_is_erased_again(
    ledger: Run, data_dir: Path, tmp_path: Path
) -> None:
    with closing(open_ledger(settings_of(data_dir))) as opened:
        opened.store.append([], [Person(id="person/7", name="Ann", os_user="ann")])
    backup = copy_of(data_dir)
    with closing(open_ledger(settings_of(data_dir))) as opened:
        erase(opened.store, ids_named(opened.store)[:1], person="person/7")
        opened.seal_and_react()
    (tmp_path / "events.jsonl").write_text(ledger("replay").out, encoding="utf-8")
    put_back(data_dir, backup)

    repaired = ledger("store", "repair", str(tmp_path / "events.jsonl"))

    assert (0, True) == (repaired.status, "texts beside the log (--texts)" in repaired.out)
    with closing(store_of(data_dir)) as store:
        person = store.access.person("person/7")
    assert person is not None
    assert ("erased (7)", None) == (person.name, person.os_user)
    assert [] == told(ledger)
