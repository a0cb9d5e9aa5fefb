"""Sealing: one log however many seal, kept outside before it is published, whole or not at all."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.errors import Fork, NotFound, Refused, SettingsError, Unavailable
from ledger.sealing import KeptCheckpoint, Sealer, StoreLogReader, open_signer, sealer
from ledger.store.port import LogState, LogTransaction, NewEvent
from ledger.transparency.keys import generate
from ledger.transparency.merkle import leaf_hashes, root_of
from ledger.transparency.notes import open_checkpoint, sign_checkpoint
from ledger.transparency.tree import append
from tests.harness.homes import store_of
from tests.unit.sealing.conftest import House

DEADLINE = 10


def root_and_size(house: House) -> tuple[bytes, int]:
    signer = open_signer(house.key, origin=None, create=False)
    checkpoint = open_checkpoint(house.state().checkpoint, signer.verifier)
    return checkpoint.root, checkpoint.size


def root(house: House) -> bytes:
    entries = house.store.read(0, 1_000_000, sealed=False)
    return root_of(leaf_hashes(entry.stored for entry in entries))


def test_a_log_begins_with_a_signed_checkpoint_of_size_0(house: House) -> None:
    with pytest.raises(NotFound):
        StoreLogReader(house.store).checkpoint()

    state = house.sealer().start()

    assert (0, state) == (state.size, house.state())
    assert (root_of([]), 0) == root_and_size(house)
    assert state.checkpoint == StoreLogReader(house.store).checkpoint()
    assert house.audit().ok


def test_everything_appended_is_sealed_under_one_root(house: House) -> None:
    own = house.sealer()
    own.start()
    for count in (1, 255, 1, 300):
        house.append(count)
        assert house.count == own.seal().size
        assert (root(house), house.count) == root_and_size(house)

    assert house.state().checkpoint == house.kept.read()
    assert house.audit().ok
    assert house.state() == own.seal()


def test_more_events_than_one_seal_takes_are_sealed_in_several(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealer, "EVENTS_PER_SEAL", 100)
    house.append(1_000)

    assert 1_000 == house.sealer().start().size
    assert (root(house), 1_000) == root_and_size(house)
    house.append(99)
    assert 1_099 == house.sealer().seal().size
    assert house.audit().ok


def test_many_sealers_and_writers_make_one_log(house: House) -> None:
    house.sealer().start()
    writing = threading.Event()
    writing.set()

    def seal(_: int) -> list[bytes]:
        store = store_of(house.directory)
        own = Sealer(store, open_signer(house.key, origin=None, create=False), house.kept)
        seen = []
        while writing.is_set():
            seen.append(own.seal().checkpoint)
        seen.append(own.seal().checkpoint)
        store.close()
        return seen

    with ThreadPoolExecutor(3) as threads:
        seals = [threads.submit(seal, number) for number in range(3)]
        for _ in range(60):
            house.append(7)
        writing.clear()
        checkpoints = {note for each in seals for note in each.result(DEADLINE)}

    assert (root(house), 420) == root_and_size(house)
    audits = [house.audit(older=checkpoint) for checkpoint in sorted(checkpoints)]
    assert [()] * len(audits) == [each.problems for each in audits]


def test_another_logs_key_is_refused(house: House) -> None:
    house.append(3)
    house.sealer().start()
    house.append(1)
    stranger = Sealer(house.store, generate("other.example/log"), house.kept)

    for attempt in (stranger.start, stranger.seal):
        with pytest.raises(SettingsError) as refused:
            attempt()
        assert "sealed with another key" in refused.value.message

    assert 3 == house.state().size


def test_a_log_that_was_not_begun_is_not_sealed(house: House) -> None:
    with pytest.raises(SettingsError):
        house.sealer().seal()


def test_a_checkpoint_that_cannot_be_kept_leaves_everything_unsealed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = house.sealer()
    own.start()
    house.append(3)

    def full(_: KeptCheckpoint, checkpoint: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(KeptCheckpoint, "write", full)
        with pytest.raises(Unavailable) as refused:
            own.seal()

    assert "cannot be kept" in refused.value.message
    assert (0, None) == (house.state().size, house.kept.read())
    assert b"" == house.store.tile(0, 0)
    assert 3 == own.seal().size


def test_a_directory_in_the_checkpoints_place_is_told_and_nothing_is_sealed(house: House) -> None:
    own = house.sealer()
    own.start()
    house.append(3)
    house.kept.path.mkdir()

    with pytest.raises(Unavailable):
        own.seal()

    assert 0 == house.state().size


def test_a_crash_between_keeping_the_checkpoint_and_the_commit_does_no_harm(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = house.sealer()
    own.start()
    house.append(300)
    write = KeptCheckpoint.write

    def crash(kept: KeptCheckpoint, checkpoint: bytes) -> None:
        write(kept, checkpoint)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(KeptCheckpoint, "write", crash)
        with pytest.raises(KeyboardInterrupt):
            own.seal()
    ahead = house.kept.read()
    assert 0 == house.state().size
    house.append(20)

    assert 320 == house.sealer().start().size
    assert house.audit(older=ahead).ok


def test_a_kept_checkpoint_of_another_log_is_refused(house: House) -> None:
    house.append(3)
    house.sealer().start()
    house.kept.write(house.state().checkpoint.replace(b"\n3\n", b"\n4\n"))

    with pytest.raises(SettingsError) as refused:
        house.sealer().start()

    assert "Put the one back" in refused.value.remedy


def test_a_lost_checkpoint_is_kept_again_with_the_next_seal(house: House) -> None:
    house.append(3)
    house.sealer().start()
    house.kept.path.unlink()
    house.append(1)

    assert house.sealer().start().checkpoint == house.kept.read()


def test_a_damaged_tile_is_never_signed_over(house: House) -> None:
    house.append(300)
    house.sealer().start()
    house.kept.path.unlink()
    house.tamper("UPDATE log_tiles SET hashes = zeroblob(32) WHERE level = 1")
    house.append(1)

    with pytest.raises(Fork):
        house.sealer().seal()

    assert 300 == house.state().size


NO_EVENTS = (b"", b"\x00\xff", b"{}", b"[1]", b'{"specversion":"1.0"}', b"not json")


@pytest.mark.parametrize("stored", NO_EVENTS)
def test_bytes_that_are_no_event_are_not_sealed_and_their_leaf_is_named(
    house: House, stored: bytes
) -> None:
    own = house.sealer()
    own.start()
    house.append(3)
    foreign = NewEvent("a", 4, "test.happened.v1", stored)
    house.store.append([foreign])
    house.count += 1
    house.append(2)

    for _ in range(2):
        with pytest.raises(Refused, match="The bytes at leaf 3 are no event"):
            own.seal()
        assert 3 == house.state().size
    assert 3 == house.sealer().start().size
    assert house.audit().ok


def test_what_is_no_event_and_was_sealed_before_is_not_judged_again(house: House) -> None:
    house.store.append([NewEvent("b", 1, "test.happened.v1", b"{}")])
    own = house.sealer()
    with house.store.sealing() as log:
        note = sign_checkpoint(own._signer, 1, leaf_hashes([b"{}"])[0])
        log.start(LogState(own._signer.name, str(own._signer.verifier), 1, note))
        log.advance(
            house_state(log), house_state(log), append(0, leaf_hashes([b"{}"]), log.tile).tiles
        )
    house.append(2)

    assert 3 == own.seal().size


def house_state(log: LogTransaction) -> LogState:
    state = log.state()
    assert state is not None
    return state
