"""The audit names the first bad index, whatever was done to the log."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import NotFound, SettingsError, Unavailable
from ledger.transparency.audit import Audit, LogReader, audit
from ledger.transparency.keys import generate
from ledger.transparency.merkle import EMPTY_ROOT
from ledger.transparency.notes import sign_checkpoint
from tests.unit.transparency.sample_log import SIGNER, VKEY, SampleLog, build, numbered

ENTRIES = numbered(1_000)
LOG = build(ENTRIES)
LARGE = build([n.to_bytes(4, "big") for n in range(66_000)])
OLD = LOG.at(600).signed

Damage = Callable[[SampleLog], None]


def check(log: LogReader, older: bytes | None = None) -> Audit:
    result = audit(log, VKEY, older=older)
    assert (not result.problems) == result.ok
    return result


def damaged(damage: Damage, log: SampleLog = LOG) -> SampleLog:
    log = log.copy()
    damage(log)
    return log


def change(index: int) -> Damage:
    """One other byte in an entry."""

    def damage(log: SampleLog) -> None:
        entry = bytearray(log.stored[index])
        entry[-1] ^= 1
        log.stored[index] = bytes(entry)

    return damage


def swap(one: int, other: int) -> Damage:
    def damage(log: SampleLog) -> None:
        log.stored[one], log.stored[other] = log.stored[other], log.stored[one]

    return damage


def remove(index: int) -> Damage:
    return lambda log: log.stored.__delitem__(index)


def cut(size: int) -> Damage:
    return lambda log: log.stored.__delitem__(slice(size, None))


def add(index: int) -> Damage:
    return lambda log: log.stored.insert(index, b"never appended")


def rewrite(index: int, *levels: int) -> Damage:
    """One other entry, and with it the tiles of these levels as they would follow from it."""

    def damage(log: SampleLog) -> None:
        change(index)(log)
        forged = build(log.stored)
        for (level, at), row in forged.tiles.items():
            if level in levels:
                log.tiles[level, at] = row

    return damage


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, 999, 1_000])
def test_a_sound_log_passes(size: int) -> None:
    log = LOG.at(size)
    assert check(log) == Audit(True, size, LOG.root(size), None, ())


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 66_000])
def test_a_sound_log_of_three_levels_passes(size: int) -> None:
    older = LARGE.at(65_500).signed
    assert check(LARGE.at(size), older) == Audit(True, size, LARGE.root(size), None, ())


@settings(max_examples=30)
@given(st.integers(0, 1_000), st.data())
def test_every_older_checkpoint_of_the_log_fits(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    assert check(LOG.at(size), LOG.at(old).signed).ok


@pytest.mark.parametrize(
    ("damage", "first", "says"),
    [
        (change(0), 0, "Entry 0 does not have the leaf hash stored for it; 1 of 1000"),
        (change(255), 255, "Entry 255 does not"),
        (change(700), 700, "Entry 700 does not"),
        (change(999), 999, "Entry 999 does not"),
        (swap(300, 800), 300, "Entry 300 does not have the leaf hash stored for it; 2 of 1000"),
        (remove(0), 0, "Entry 0 does not"),
        (remove(700), 700, "Entry 700 does not have the leaf hash stored for it; 300 of 1000"),
        (remove(999), 999, "Entry 999 is missing; 1 of 1000"),
        (cut(900), 900, "Entry 900 is missing; 100 of 1000"),
        (cut(768), 768, "Entry 768 is missing; 232 of 1000"),
        (cut(300), 300, "Entry 300 is missing; 700 of 1000"),
        (cut(0), 0, "Entry 0 is missing; 1000 of 1000"),
        (add(40), 40, "Entry 40 does not have the leaf hash stored for it; 960 of 1000"),
    ],
)
def test_damaged_entries_are_named(damage: Damage, first: int, says: str) -> None:
    result = check(damaged(damage))
    assert result.first_bad_index == first
    assert result.problems[0].startswith(says)
    assert (result.size, result.root) == (1_000, LOG.root(1_000))


@settings(max_examples=40)
@given(st.sampled_from([change, remove, cut, add]), st.integers(0, 999))
def test_the_first_bad_index_is_where_it_begins(kind: Callable[[int], Damage], index: int) -> None:
    result = check(damaged(kind(index)))
    assert (result.ok, result.first_bad_index) == (False, index)


def test_what_is_behind_the_checkpoint_is_not_its_concern() -> None:
    assert check(damaged(lambda log: log.stored.append(b"not sealed yet"))).ok


def test_an_entry_behind_a_full_bundle_is_a_problem() -> None:
    class Long(SampleLog):
        def entries(self, index: int, width: int) -> bytes:
            return super().entries(index, width) + (b"\x00\x01x" if index == 0 else b"")

    log = Long(LOG.stored, LOG.tiles, LOG.size, LOG.signed)
    assert check(log).problems == ("Entry bundle 0 is malformed behind entry 256 of it.",)


def test_a_bundle_cut_within_an_entry_is_named() -> None:
    class Short(SampleLog):
        def entries(self, index: int, width: int) -> bytes:
            return super().entries(index, width)[: -5 if index == 1 else None]

    result = check(Short(LOG.stored, LOG.tiles, LOG.size, LOG.signed))
    assert result.first_bad_index == 511
    assert "Entry 511 is missing; 1 of 1000" in result.problems[0]


def test_a_changed_leaf_hash_is_named_and_the_entries_acquitted() -> None:
    result = check(damaged(lambda log: log.flip_tile(0, 2, 7)))
    assert result.first_bad_index == 519
    assert result.problems[-1] == "The entries give the signed root: only tiles are damaged."


@pytest.mark.parametrize(("level", "index", "place"), [(1, 0, 5), (1, 1, 0), (2, 0, 0)])
def test_a_changed_upper_tile_is_named_and_the_entries_acquitted(
    level: int, index: int, place: int
) -> None:
    result = check(damaged(lambda log: log.flip_tile(level, index, place), LARGE))
    assert (result.ok, result.first_bad_index) == (False, None)
    assert f"hash tile {level}/{index} holds" in result.problems[0]
    assert result.problems[-1] == "The entries give the signed root: only tiles are damaged."


@pytest.mark.parametrize(("level", "index"), [(0, 1), (0, 257), (1, 0), (1, 1), (2, 0)])
def test_a_missing_tile_is_a_problem(level: int, index: int) -> None:
    result = check(damaged(lambda log: log.tiles.__delitem__((level, index)), LARGE))
    assert not result.ok
    assert result.first_bad_index == (index * 256 if level == 0 else None)


def test_a_log_without_tiles_lists_few_of_them() -> None:
    result = check(damaged(lambda log: log.tiles.clear(), LARGE))
    assert result.first_bad_index == 0
    assert len(result.problems) < 20


def test_an_entry_rewritten_with_its_leaf_hash_is_found_by_the_level_above() -> None:
    result = check(damaged(rewrite(700, 0)))
    assert result.first_bad_index == 512
    assert "The first bad entry can be any of 512 to 767." in result.problems
    assert len([text for text in result.problems if "tiles contradict" in text]) == 0


def test_a_rewrite_up_to_the_second_level_is_found_by_the_third() -> None:
    result = check(damaged(rewrite(40_000, 0, 1), LARGE))
    assert result.first_bad_index == 0
    assert "The first bad entry can be any of 0 to 65535." in result.problems


def test_a_rewrite_with_all_tiles_contradicts_the_checkpoint() -> None:
    result = check(damaged(rewrite(700, 0, 1, 2)))
    assert (result.ok, result.first_bad_index) == (False, None)
    assert result.problems[0] == "The root over the entries contradicts the checkpoint's."
    assert "rewritten together" in result.problems[1]
    assert "compare it with a copy" in result.problems[2]


def test_an_older_checkpoint_narrows_a_rewrite_down() -> None:
    result = check(damaged(rewrite(700, 0, 1, 2)), OLD)
    assert result.first_bad_index == 600
    assert result.problems[-1] == "The first bad entry can be any of 600 to 999."


def test_damage_in_a_log_that_was_also_rewritten_says_that_there_may_be_more() -> None:
    log = damaged(rewrite(100, 0, 1, 2))
    change(700)(log)
    result = check(log)
    assert result.first_bad_index == 700
    assert "an earlier entry may have been rewritten" in result.problems[-1]


def test_a_resigned_rewrite_contradicts_the_older_checkpoint() -> None:
    stored = ENTRIES.copy()
    stored[80] = b"history, improved"
    forged = build(stored)
    assert check(forged).ok
    result = check(forged, OLD)
    assert (result.ok, result.first_bad_index) == (False, None)
    assert "rewritten at an index below 600" in result.problems[0]


def test_a_resigned_cut_contradicts_the_older_checkpoint() -> None:
    result = check(LOG.at(590), OLD)
    assert (result.ok, result.first_bad_index) == (False, 590)
    assert "The log was cut: an older checkpoint has 600 entries" in result.problems[0]


def test_an_older_checkpoint_needs_its_entries() -> None:
    result = check(damaged(cut(300)), OLD)
    assert result.first_bad_index == 300
    assert "Not all of the older checkpoint's 600 entries could be read." in result.problems


def test_an_older_checkpoint_by_another_key_proves_nothing() -> None:
    stranger = sign_checkpoint(generate("stranger"), 600, LOG.root(600))
    result = check(LOG, stranger)
    assert (result.ok, result.first_bad_index) == (False, None)
    assert "The older checkpoint cannot be trusted" in result.problems[0]


@pytest.mark.parametrize(
    "signed",
    [
        b"",
        LOG.signed.replace(b"1000", b"1001"),
        sign_checkpoint(generate(SIGNER.name), 1_000, LOG.root(1_000)),
    ],
)
def test_a_checkpoint_that_does_not_verify_ends_the_audit(signed: bytes) -> None:
    result = check(SampleLog(LOG.stored, LOG.tiles, 1_000, signed))
    assert (result.ok, result.size, result.root, result.first_bad_index) == (False, 0, b"", None)
    assert "The checkpoint cannot be trusted" in result.problems[0]


def test_a_checkpoint_of_another_root_contradicts_entries_and_tiles() -> None:
    for size in (0, 1_000):
        signed = sign_checkpoint(SIGNER, size, LOG.root(7))
        result = check(SampleLog(LOG.stored, LOG.tiles, size, signed))
        assert (result.ok, result.first_bad_index) == (False, None)


def test_a_log_that_is_not_there_is_no_sound_log() -> None:
    class Nothing(SampleLog):
        def checkpoint(self) -> bytes:
            raise NotFound("There is no checkpoint.")

    assert not check(Nothing([], {}, 0, b"")).ok


def test_a_log_that_cannot_be_read_is_not_called_damaged() -> None:
    class Gone(SampleLog):
        def entries(self, index: int, width: int) -> bytes:
            raise Unavailable("The server is gone.")

    with pytest.raises(Unavailable):
        check(Gone(LOG.stored, LOG.tiles, LOG.size, LOG.signed))


def test_a_verifier_key_that_is_none_is_a_settings_error() -> None:
    with pytest.raises(SettingsError):
        audit(LOG, "no key")


def test_progress_is_told_after_each_bundle() -> None:
    seen: list[tuple[int, int]] = []
    audit(LOG.at(600), VKEY, progress=lambda done, size: seen.append((done, size)))
    assert seen == [(256, 600), (512, 600), (600, 600)]


def test_the_empty_log_has_the_empty_root() -> None:
    assert check(build([])).root == EMPTY_ROOT
