"""Verification of a store: every kind of tampering is named, and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from consumers.cli import main
from consumers.container.ledger import open_ledger
from ledger import logs
from ledger.transparency.keys import generate
from tests.harness.homes import duplicate, environment, home, key_of, settings_of
from tests.harness.tampering import copy_of, lose, put_back, tamper
from tests.unit.cli.conftest import Run

Tamper = Callable[[Path], None]
SIZE = 5
ADD = (
    "INSERT INTO stored_events"
    " (notification_id, originator_id, originator_version, topic, state) VALUES ({})"
)


def sql(*statements: str) -> Tamper:
    """Statements on the store, behind the program's back."""
    return lambda data_dir: tamper(data_dir, *statements)


def files(*names: str, content: bytes | None = None) -> Tamper:
    """Removes files, or gives them other content."""

    def lose(data_dir: Path) -> None:
        for name in names:
            file = data_dir / name if name == "ledger.db" else key_of(data_dir).with_name(name)
            if content is None:
                file.unlink()
            else:
                file.write_bytes(content)

    return lose


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a log of SIZE events."""
    data_dir = tmp_path_factory.mktemp("original") / "data"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(logs, "configure", lambda *_: None)
        for name, value in environment(data_dir).items():
            patched.setenv(name, value)
        assert 0 == main(["incident", "report", "--title", "Toxic answers", "--system", "chat"])
        for message in ("one", "two", "three"):
            told = ["INC-1", "--audience", "staff", "--message", message]
            assert 0 == main(["incident", "communicate", *told])
    return data_dir


@pytest.fixture
def sealed(run: Run, original: Path, data_dir: Path) -> Run:
    """Runs commands on a copy of it."""
    duplicate(original, data_dir)
    return run


def test_a_replay_ends_with_a_refusal_before_a_sealed_event_that_is_missing(
    sealed: Run, data_dir: Path
) -> None:
    whole = sealed("replay").out.splitlines()
    tamper(data_dir, "DELETE FROM stored_events WHERE notification_id = 3")

    cut = sealed("replay")

    assert (1, whole[:2]) == (cut.status, cut.out.splitlines())
    assert "Event 2 is missing, and 5 were sealed" in cut.err


def test_a_replay_of_a_log_that_lost_its_end_is_refused(sealed: Run, data_dir: Path) -> None:
    tamper(data_dir, f"DELETE FROM stored_events WHERE notification_id = {SIZE}")

    cut = sealed("replay")

    assert (1, True) == (cut.status, "missing" in cut.err)


def test_a_whole_log_is_verified(sealed: Run, data_dir: Path) -> None:
    told = sealed("verify")
    found = sealed("verify", "--json").json

    assert (0, "The log is whole.") == (told.status, told.out.splitlines()[0])
    assert {"ok": True, "size": SIZE, "unsealed": 0, "first_bad_index": None}.items() <= (
        found.items()
    )
    assert ([], []) == (found["problems"], found["beside"])
    without_amcheck = home(data_dir) is not None  # the server of the tests has none, and says so
    assert [True] * without_amcheck == ["amcheck" in note for note in found["notes"]]


@pytest.mark.parametrize(
    ("change", "first", "said"),
    [
        (
            sql(
                "UPDATE stored_events SET state = replaced(state, 'staff', 'STAFF')"
                " WHERE notification_id = 3"
            ),
            2,
            "does not have the leaf hash stored for it",
        ),
        (sql("DELETE FROM stored_events WHERE notification_id = 2"), 1, "Entry 1 is missing"),
        (sql("DELETE FROM stored_events WHERE notification_id = 5"), 4, "Entry 4 is missing"),
        (sql("DELETE FROM stored_events"), 0, "5 of 5 entries are missing"),
        (
            sql("UPDATE stored_events SET topic = 'incident.closed.v1' WHERE notification_id = 4"),
            3,
            "Event 3 is stored under another stream, version or type than its bytes contain",
        ),
        (
            sql("UPDATE stored_events SET originator_id = 'incident/x' WHERE notification_id = 3"),
            2,
            "such events: 1",
        ),
        (sql(ADD.format("8, 'a/x', 1, 't', '{}'")), 5, "not sealed yet"),
        (sql("UPDATE log SET size = 3"), 3, "its checkpoint 5"),
        (sql("UPDATE log SET size = 30"), 5, "The store says that 30 events are sealed"),
        (sql("DELETE FROM log"), None, "The store holds no log"),
        (sql("UPDATE log SET checkpoint = 'x'"), None, "The checkpoint cannot be trusted"),
        (sql("UPDATE log SET vkey = '7'"), None, "names another key as its own"),
        (sql("UPDATE log_tiles SET hashes = 'x'"), 0, "has no leaf hash stored for it"),
        (sql("DELETE FROM log_tiles"), 0, "only tiles are damaged"),
        (files("log.checkpoint", content=b"x"), None, "kept beside the key is damaged"),
    ],
)
def test_tampering_is_named(
    sealed: Run, data_dir: Path, change: Tamper, first: int | None, said: str
) -> None:
    assert_named(sealed, data_dir, change, first, said)


@pytest.mark.only_on("sqlite", "what types and checks refuse on PostgreSQL, and its file")
@pytest.mark.parametrize(
    ("change", "first", "said"),
    [
        (sql(ADD.format("-1, 'incident/x', 9, 't', '{}'")), 0, "numbered -2"),
        (sql("UPDATE log SET size = 'x'"), 0, "The store says that 0 events are sealed"),
        (files("ledger.db"), 0, "ledger.db is missing"),
        (files("ledger.db", content=b""), None, "the row of the sealed state is missing"),
    ],
)
def test_tampering_with_the_file_is_named(
    sealed: Run, data_dir: Path, change: Tamper, first: int | None, said: str
) -> None:
    assert_named(sealed, data_dir, change, first, said)


def assert_named(sealed: Run, data_dir: Path, change: Tamper, first: int | None, said: str) -> None:
    change(data_dir)

    told = sealed("verify")
    found = sealed("verify", "--json")

    assert (1, 1) == (told.status, found.status)
    assert (False, first) == (found.json["ok"], found.json["first_bad_index"])
    assert said in told.out
    assert "airledger: Verification failed" in told.err
    assert first is None or f"from event {first}." in told.err


@pytest.mark.parametrize(
    ("lost", "note"),
    [("log.key", "the store's own"), ("log.checkpoint", "There is no checkpoint at")],
)
def test_what_could_not_be_checked_is_told(
    sealed: Run, data_dir: Path, lost: str, note: str
) -> None:
    key_of(data_dir).with_name(lost).unlink()

    found = sealed("verify", "--json")

    assert 0 == found.status
    assert any(note in each for each in found.json["notes"])


def test_a_store_restored_from_an_older_copy_is_found_out(sealed: Run, data_dir: Path) -> None:
    older = copy_of(data_dir)
    sealed("incident", "communicate", "INC-1", "--audience", "a", "--message", "later")
    put_back(data_dir, older)

    told = sealed("verify")

    assert 1 == told.status
    assert (
        f"The log was cut: {SIZE + 1} events were signed, and the store holds {SIZE}." in told.out
    )
    assert f"from event {SIZE}." in told.err
    assert "contradicts the last signed checkpoint" in sealed("run", "sealer").err


def test_an_older_checkpoint_from_outside_tells_a_rewritten_log(
    sealed: Run, data_dir: Path
) -> None:
    """Whoever has the key can sign another history, but not over a checkpoint held elsewhere."""
    outside = data_dir.with_name("checkpoint")
    kept = key_of(data_dir).with_name("log.checkpoint")
    shutil.copy(kept, outside)
    assert 0 == sealed("verify", "--checkpoint", str(outside)).status
    lose(data_dir)
    kept.unlink()
    assert 0 == sealed("log", "init").status
    for number in range(SIZE + 1):
        sealed("incident", "report", "--title", f"Other {number}", "--system", "chat")

    assert 0 == sealed("verify").status
    found = sealed("verify", "--checkpoint", str(outside))

    assert 1 == found.status
    assert "history was rewritten at an index below 5" in found.out


def test_a_checkpoint_ahead_of_its_seal_is_no_damage(sealed: Run, data_dir: Path) -> None:
    """It is kept before the seal commits: a crash in between leaves it ahead by that seal."""
    tamper(data_dir, "CREATE TABLE before AS SELECT size, checkpoint FROM log")
    sealed("incident", "communicate", "INC-1", "--audience", "later", "--message", "m")
    tamper(
        data_dir,
        "UPDATE log SET size = (SELECT size FROM before),"
        " checkpoint = (SELECT checkpoint FROM before)",
    )

    found = sealed("verify", "--json")
    tamper(
        data_dir,
        "UPDATE stored_events SET state = replaced(state, 'later', 'other')"
        " WHERE notification_id = 6",
    )

    assert (0, SIZE, 1) == (found.status, found.json["size"], found.json["unsealed"])
    assert "not those that the checkpoint kept beside the key" in sealed("verify").out


def test_events_that_wait_to_be_sealed_are_counted(sealed: Run, data_dir: Path) -> None:
    from consumers.access.people import AIRLEDGER
    from consumers.container.ledger import new_id, now
    from ledger.domain.incident.commands import Report
    from ledger.execute import Context
    from tests.harness.commands import report_incident

    ledger = open_ledger(settings_of(data_dir))
    context = Context(at=now(), actor=AIRLEDGER, source=AIRLEDGER, correlation=new_id())
    report = Report(title="Late", system="chat")
    ledger.executor.execute(report_incident(incident=uuid4(), report=report), context)
    ledger.close()

    assert (SIZE, 1) == tuple(
        sealed("verify", "--json").json[field] for field in ("size", "unsealed")
    )


def test_a_key_from_outside_is_believed_over_the_store(sealed: Run, data_dir: Path) -> None:
    own, other = data_dir.with_name("own.vkey"), data_dir.with_name("other.vkey")
    own.write_text(sealed("verify", "--json").json["vkey"] + "\n")
    other.write_text(str(generate("airledger/other").verifier))

    assert 0 == sealed("verify", "--vkey", str(own)).status
    assert 1 == sealed("verify", "--vkey", str(other)).status


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--url", "http://127.0.0.1:9"], "--url needs --vkey"),
        (["--token", "t"], "--token goes with --url"),
        (["--vkey", "absent"], "absent cannot be read: No such file or directory"),
        (["--checkpoint", "absent"], "absent cannot be read"),
        (["--vkey", "empty"], "The verifier key is malformed"),
        (
            ["--vkey", "vkey", "--url", "http://127.0.0.1:9", "--token", "two\nlines"],
            "The token has characters that no token has.",
        ),
        (["--vkey", "vkey", "--url", "ftp://x"], "'ftp://x' is not the URL of a server."),
    ],
)
def test_wrong_usage_of_verify_is_2(sealed: Run, typed: list[str], said: str) -> None:
    Path("empty").write_text("")
    Path("vkey").write_text(str(generate("airledger/other").verifier))

    ended = sealed("verify", *typed)

    assert 2 == ended.status
    assert said in ended.err


def test_a_server_that_is_not_there_is_1(sealed: Run) -> None:
    Path("vkey").write_text(str(generate("airledger/other").verifier))

    ended = sealed("verify", "--vkey", "vkey", "--url", "http://127.0.0.1:9")

    assert 1 == ended.status
    assert "cannot be reached" in ended.err


@pytest.mark.only_on("sqlite", "on PostgreSQL nothing is begun by itself")
@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("replay",),
        ("incidents",),
        ("quarantine", "list"),
        ("source", "list"),
        ("token", "list"),
        ("policy", "show"),
        ("rca",),
        ("incident", "show", "INC-1"),
    ],
    ids=" ".join,
)
def test_who_reads_in_a_wrong_directory_makes_no_ledger_there(
    run: Run, data_dir: Path, command: tuple[str, ...]
) -> None:
    ended = run(*command)

    assert 2 == ended.status
    assert f"There is no ledger in {data_dir}" in ended.err
    assert "--data-dir" in ended.err
    assert not data_dir.exists()


@pytest.mark.only_on("sqlite", "the file of the ledger")
def test_a_file_that_is_no_database_is_told_in_a_sentence(sealed: Run, data_dir: Path) -> None:
    (data_dir / "ledger.db").write_bytes(b"x" * 5_000)

    ended = sealed("verify")

    assert 1 == ended.status
    assert "file is not a database. Restore ledger.db from a backup" in ended.err
