"""`airledger store repair`: a store restored from an older copy gets its missing events back."""

import io
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from consumers.maintenance.repair import repair
from ledger.sealing import KeptCheckpoint
from ledger.sealing import repair as sealing_repair
from ledger.settings import Settings
from tests.harness.full_ledger import stopping
from tests.unit.cli.conftest import Ended, Run

pytestmark = pytest.mark.only_on("sqlite", "copies the ledger's file; test_backup has PostgreSQL")


class Restored(NamedTuple):
    """A ledger of which an older copy was restored: what it held, and what is missing."""

    data_dir: Path
    lines: list[bytes]
    held: int
    root: str

    @property
    def ledger(self) -> Path:
        return self.data_dir / "ledger.db"

    def size(self) -> int:
        with closing(sqlite3.connect(self.ledger)) as connection:
            return int(connection.execute("SELECT count(*) FROM stored_events").fetchone()[0])


def copied(source: Path, target: Path) -> None:
    """A copy of a ledger that may be in use, as SQLite makes one."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def put_in_place(backup: Path, ledger: Path) -> None:
    for suffix in ("-wal", "-shm"):
        ledger.with_name(ledger.name + suffix).unlink(missing_ok=True)
    ledger.write_bytes(backup.read_bytes())


@pytest.fixture
def restored(run: Run, data_dir: Path, tmp_path: Path) -> Restored:
    """Three incidents and a token; a copy; three more, and the token revoked; the copy again."""
    run("token", "add", "ann", "--scope", "read")
    refs = []
    for number in range(6):
        if number == 3:
            copied(data_dir / "ledger.db", tmp_path / "backup.db")
            run("token", "revoke", "ann")
        made = run("incident", "report", "--title", f"T{number}", "--system", "chat", "--json")
        refs.append(made.json["reference"])
    run("incident", "contain", refs[0], "--action", "Off.")
    run("incident", "communicate", refs[0], "--audience", "all", "--message", "Off.")
    log = run("verify", "--json").json
    lines = run("replay").out.encode().splitlines(keepends=True)
    put_in_place(tmp_path / "backup.db", data_dir / "ledger.db")
    with closing(sqlite3.connect(data_dir / "ledger.db")) as connection:
        [held] = connection.execute("SELECT count(*) FROM stored_events").fetchone()
    assert log["size"] == len(lines)
    return Restored(data_dir, lines, held, log["root"])


@pytest.fixture
def repaired(run: Run, tmp_path: Path) -> "Repairing":
    return Repairing(run, tmp_path / "lines.jsonl")


class Repairing:
    """Runs a repair from lines."""

    def __init__(self, run: Run, file: Path) -> None:
        self._run = run
        self._file = file

    def __call__(self, lines: list[bytes], *more: str) -> Ended:
        self._file.write_bytes(b"".join(lines))
        return self._run("store", "repair", str(self._file), *more)


def test_the_refusal_names_the_command(run: Run, restored: Restored) -> None:
    refused = run("incidents")

    assert (1, True) == (refused.status, "airledger store repair FILE" in refused.err)
    assert f"{len(restored.lines)} events were signed, and the store holds {restored.held}" in (
        refused.err
    )


@pytest.mark.parametrize("before", [None, 1, 0], ids=["whole", "one before", "missing alone"])
def test_missing_events_come_back_byte_for_byte(
    before: int | None, run: Run, restored: Restored, repaired: Repairing
) -> None:
    first = 0 if before is None else restored.held - before
    done = repaired(restored.lines[first:], "--json")

    assert 0 == done.status
    assert {
        "origin": done.json["origin"],
        "size": len(restored.lines),
        "root": restored.root,
        "first": restored.held,
        "put_back": len(restored.lines) - restored.held,
        "in_place": restored.held - first,
        "left_out": 0,
    } == done.json
    assert b"".join(restored.lines).decode() == run("replay").out
    assert run("verify", "--json").json["ok"]
    assert 6 == len(run("incidents", "--json").json["items"])
    assert 0 == run("incident", "report", "--title", "T", "--system", "chat").status


def test_a_token_that_was_revoked_meanwhile_stays_revoked(
    run: Run, restored: Restored, repaired: Repairing
) -> None:
    with closing(sqlite3.connect(restored.ledger)) as connection:
        before = connection.execute("SELECT revoked FROM tokens").fetchall()

    repaired(restored.lines)

    with closing(sqlite3.connect(restored.ledger)) as connection:
        after = connection.execute("SELECT revoked FROM tokens").fetchall()
    assert ([(0,)], [(1,)]) == (before, after)


def test_lines_may_stream_in(run: Run, restored: Restored, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO(b"".join(restored.lines))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))

    assert restored.root in run("store", "repair", "-").out


def spoilt(lines: list[bytes], held: int, how: str) -> tuple[list[bytes], int]:
    """Lines with a fault, and the first leaf that it makes bad."""
    own = re.compile(rb'"subject":"([^"]+)","time":"[^"]+","recordedtime":"[^"]+","sequence":"0*2"')
    second = next(at for at in range(held, len(lines)) if own.search(lines[at]))
    match how:
        case "cut":
            return lines[:-1], len(lines) - 1
        case "none":
            return [], held
        case "a stream's event is missing":
            return lines[:-2] + lines[-1:], len(lines) - 2
        case "swapped in a stream":
            return [*lines[:-2], lines[-1], lines[-2]], len(lines) - 2
        case "twice":
            return lines[: second + 1] + lines[second:], second + 1
        case "other bytes in place":
            return [lines[0], lines[1].replace(b":", b": ", 1), *lines[2:]], 1
        case _:
            raise AssertionError(how)


@pytest.mark.parametrize(
    "how",
    [
        "cut",
        "none",
        "a stream's event is missing",
        "swapped in a stream",
        "twice",
        "other bytes in place",
    ],
)
def test_lines_that_are_not_the_missing_events_are_refused_with_the_first_bad_leaf(
    how: str, restored: Restored, repaired: Repairing
) -> None:
    lines, first = spoilt(restored.lines, restored.held, how)

    refused = repaired(lines)

    assert (1, True) == (refused.status, f"The event of leaf {first} cannot" in refused.err)
    assert "Nothing was written" in refused.err
    assert restored.held == restored.size()


def test_what_only_the_root_tells_is_refused_with_the_range(
    restored: Restored, repaired: Repairing
) -> None:
    lines, held = restored.lines, restored.held
    changed = [*lines[:-1], lines[-1].replace(b'"commitment":"', b'"commitment":"0')]
    assert changed != lines
    swapped = [*lines[:held], lines[held + 1], lines[held], *lines[held + 2 :]]

    refused = [repaired(each) for each in (changed, swapped)]

    assert [1, 1] == [each.status for each in refused]
    assert all(
        f"Of the leaves {held} to {len(lines) - 1} at least one is not" in each.err
        for each in refused
    )
    assert f"Leaf {held + 1} says that it was recorded before" in refused[1].err
    assert held == restored.size()


def test_a_line_that_is_no_event_is_named(restored: Restored, repaired: Repairing) -> None:
    refused = repaired([*restored.lines[:-1], b"{}\n"])

    assert (2, True) == (refused.status, f"Line {len(restored.lines)} is no" in refused.err)
    assert restored.held == restored.size()


def test_lines_behind_what_was_signed_are_left_out_and_said(
    run: Run, restored: Restored, repaired: Repairing, tmp_path: Path
) -> None:
    kept = KeptCheckpoint(restored.data_dir / "log.key")
    newest = kept.read()
    assert newest is not None
    repaired(restored.lines)
    whole = run("replay").out
    copied(restored.ledger, tmp_path / "whole.db")
    run("incident", "report", "--title", "Later", "--system", "chat")
    more = run("replay").out.encode().splitlines(keepends=True)
    put_in_place(tmp_path / "backup.db", restored.ledger)
    kept.write(newest)

    done = repaired(more)

    assert (0, True) == (done.status, "nothing proves them" in done.out)
    assert whole == run("replay").out


def test_a_checkpoint_from_elsewhere_proves_as_well(
    restored: Restored, repaired: Repairing, tmp_path: Path
) -> None:
    kept = restored.data_dir / "log.checkpoint"
    kept.rename(tmp_path / "elsewhere")

    unproven = repaired(restored.lines, "--json")
    done = repaired(restored.lines, "--checkpoint", str(tmp_path / "elsewhere"), "--json")

    assert (1, True) == (unproven.status, "Nothing proves the lines from leaf" in unproven.err)
    assert "with --checkpoint" in unproven.err
    assert (0, restored.root) == (done.status, done.json["root"])


def test_a_cut_tail_comes_back_and_each_bad_line_is_known_by_its_hash(
    run: Run, restored: Restored, repaired: Repairing
) -> None:
    repaired(restored.lines)
    with closing(sqlite3.connect(restored.ledger, isolation_level=None)) as connection:
        connection.execute("DELETE FROM stored_events WHERE notification_id > 3")
    changed = [*restored.lines[:5], restored.lines[5].replace(b":", b": ", 1), *restored.lines[6:]]

    refused, done = repaired(changed), repaired(restored.lines, "--json")

    assert (1, True) == (refused.status, "leaf 5 cannot be put back" in refused.err)
    assert (0, restored.root) == (done.status, done.json["root"])
    assert run("verify", "--json").json["ok"]


def test_a_store_that_was_lost_whole_comes_back_from_a_replay(
    run: Run, restored: Restored, repaired: Repairing
) -> None:
    for path in restored.data_dir.glob("ledger.db*"):
        path.unlink()

    done = repaired(restored.lines, "--json")

    assert (0, 0, restored.root) == (done.status, done.json["first"], done.json["root"])
    assert run("verify", "--json").json["ok"]


def test_a_repair_that_was_killed_goes_on_when_run_again(
    restored: Restored, repaired: Repairing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing_repair, "EVENTS_PER_WRITE", 2)
    lines = io.BytesIO(b"".join(restored.lines))
    with pytest.raises(InterruptedError):
        repair(Settings(data_dir=restored.data_dir), lines, None, stopping(2))
    half = restored.size()

    done = repaired(restored.lines, "--json")

    assert restored.held < half < len(restored.lines)
    assert (half, restored.root) == (done.json["first"], done.json["root"])


def test_a_store_that_others_wrote_to_since_is_refused(
    restored: Restored, repaired: Repairing
) -> None:
    with closing(sqlite3.connect(restored.ledger, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO stored_events VALUES (?, 'own/1', 1, 't', 'x')", (restored.held + 1,)
        )

    refused = repaired(restored.lines)

    assert (1, True) == (refused.status, f"leaf {restored.held} cannot" in refused.err)
    assert "a store without writes since it was restored" in refused.err


def test_a_store_that_lacks_nothing_is_left_as_it_is(
    restored: Restored, repaired: Repairing
) -> None:
    repaired(restored.lines)

    again = repaired(restored.lines, "--json")

    assert (0, 0, None) == (again.status, again.json["put_back"], again.json["first"])
    assert restored.root == again.json["root"]
