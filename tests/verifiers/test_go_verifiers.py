"""Verifiers that others wrote accept our logs of every awkward size, and refuse damaged ones."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from ledger.transparency.keys import generate
from ledger.transparency.notes import sign_checkpoint
from tests.unit.transparency.sample_log import SIGNER, VKEY, SampleLog, build, numbered
from tests.verifiers.go import Verdict, fsck, note_tlog
from tests.verifiers.log_server import serve, write_files

pytestmark = pytest.mark.component("go")

SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537]
VERIFIERS = pytest.mark.parametrize("verify", [note_tlog, fsck])
LOG = build(numbered(1_000))

Verify = Callable[[str, str], Verdict]


@cache
def large() -> SampleLog:
    return build(numbered(SIZES[-1]))


@pytest.mark.parametrize("size", SIZES)
@VERIFIERS
def test_a_sound_log_is_accepted(verify: Verify, size: int) -> None:
    log = (large() if size > LOG.size else LOG).at(size)
    with serve(log) as server:
        verdict = verify(f"{server.url}/log", VKEY)
    assert verdict.size == size, verdict.output


def change_entry(log: SampleLog) -> None:
    log.stored[700] = log.stored[700].replace(b"e", b"E")


def remove_entry(log: SampleLog) -> None:
    del log.stored[700]


def swap_entries(log: SampleLog) -> None:
    log.stored[300], log.stored[301] = log.stored[301], log.stored[300]


def cut_tail(log: SampleLog) -> None:
    del log.stored[768:]


def change_leaf_hash(log: SampleLog) -> None:
    log.flip_tile(0, 1, 9)


def change_upper_hash(log: SampleLog) -> None:
    log.flip_tile(1, 0, 2)


def lose_a_tile(log: SampleLog) -> None:
    del log.tiles[0, 2]


def rewrite_entry_and_tiles(log: SampleLog) -> None:
    change_entry(log)
    log.tiles = build(log.stored).tiles


def change_root(log: SampleLog) -> None:
    log.signed = sign_checkpoint(SIGNER, log.size, log.root(999))


def sign_with_another_key(log: SampleLog) -> None:
    log.signed = sign_checkpoint(generate(SIGNER.name), log.size, log.root(log.size))


def claim_another_size(log: SampleLog) -> None:
    log.signed = log.signed.replace(b"\n1000\n", b"\n999\n")


@pytest.mark.parametrize(
    "damage",
    [
        change_entry,
        remove_entry,
        swap_entries,
        cut_tail,
        change_leaf_hash,
        change_upper_hash,
        lose_a_tile,
        rewrite_entry_and_tiles,
        change_root,
        sign_with_another_key,
        claim_another_size,
    ],
)
@VERIFIERS
def test_a_damaged_log_is_refused(verify: Verify, damage: Callable[[SampleLog], None]) -> None:
    log = LOG.copy()
    damage(log)
    with serve(log) as server:
        verdict = verify(f"{server.url}/log", VKEY)
    assert not verdict.accepted
    assert any(word in verdict.output for word in ("refused: ", "fsck failed: ", "panic: "))


@VERIFIERS
def test_the_wrong_verifier_key_is_refused(verify: Verify) -> None:
    with serve(LOG) as server:
        verdict = verify(f"{server.url}/log", str(generate(SIGNER.name).verifier))
    assert not verdict.accepted


@pytest.mark.parametrize("verify", [note_tlog, fsck])
def test_a_log_in_a_directory_is_accepted(
    verify: Callable[[Path, str], Verdict], tmp_path: Path
) -> None:
    write_files(LOG, tmp_path)
    assert verify(tmp_path, VKEY).size == 1_000


@pytest.mark.parametrize("old", [0, 1, 256, 600, 1_000])
def test_an_older_checkpoint_of_the_log_is_continued(old: int) -> None:
    with serve(LOG) as server:
        verdict = note_tlog(f"{server.url}/log", VKEY, older=LOG.at(old).signed)
    assert verdict.size == 1_000, verdict.output


def test_an_older_checkpoint_of_another_history_is_refused() -> None:
    other = build([*numbered(599), b"another"]).signed
    with serve(LOG) as server:
        assert not note_tlog(f"{server.url}/log", VKEY, older=other).accepted
        cut = note_tlog(f"{server.url}/log", VKEY, older=large().signed)
    assert "it has 65537 entries, the log only 1000" in cut.output


@pytest.mark.parametrize("verify", [note_tlog, fsck])
def test_a_log_that_asks_for_a_token_gets_it(verify: Callable[..., Verdict]) -> None:
    with serve(LOG, token="secret") as server:
        assert verify(f"{server.url}/log", VKEY, token="secret").size == 1_000
        refused = verify(f"{server.url}/log", VKEY)
    assert not refused.accepted
    assert "401" in refused.output
