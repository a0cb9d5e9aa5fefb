"""The tree as tiles: however it grew, it is the tree from scratch."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Invalid
from ledger.transparency.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    leaf_hashes,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from ledger.transparency.tiles import tile_count, width_in
from ledger.transparency.tree import Frontier, append, changed_tiles, hash_reader, root_at
from tests.unit.transparency.sample_log import no_tile

MANY = leaf_hashes(n.to_bytes(4, "big") for n in range(66_100))
TILES = changed_tiles(0, MANY, no_tile)
SIZES = st.integers(0, 1200) | st.integers(65_000, 66_100) | st.sampled_from([65_535, 65_536])


def stored(level: int, index: int) -> bytes:
    return TILES[level, index]


@given(st.lists(st.integers(0, 700), max_size=6))
def test_a_tree_grown_in_batches_is_the_tree_from_scratch(batches: list[int]) -> None:
    tiles: dict[tuple[int, int], bytes] = {}
    size = 0

    def read(level: int, index: int) -> bytes:
        return tiles[level, index]

    for batch in batches:
        grown = append(size, MANY[size : size + batch], read)
        tiles.update(grown.tiles)
        size += batch
        assert size == grown.size
        assert root_of(MANY[:size]) == grown.root
    assert changed_tiles(0, MANY[:size], no_tile) == tiles


@settings(max_examples=20)
@given(st.integers(64_000, 66_000), st.integers(0, 2_000))
def test_the_second_level_of_tiles_grows_as_well(size: int, batch: int) -> None:
    leaves = MANY[size : size + batch]
    reads: list[int] = []

    def read(level: int, index: int) -> bytes:
        reads.append(level)
        width = width_in(level, index, size)
        return stored(level, index)[: width * 32]

    grown = append(size, leaves, read)
    assert len(reads) <= 6
    assert root_at(grown.size, stored) == grown.root
    for (level, index), row in grown.tiles.items():
        assert stored(level, index)[: width_in(level, index, grown.size) * 32] == row


@settings(max_examples=30)
@given(SIZES)
def test_the_tiles_of_a_large_tree_give_the_root_of_every_smaller_one(size: int) -> None:
    assert root_of(MANY[:size]) == root_at(size, stored)


def test_there_is_a_tile_for_each_place_that_the_layout_has() -> None:
    expected = {(level, n) for level in range(3) for n in range(tile_count(level, len(MANY)))}
    assert expected == TILES.keys()


@settings(max_examples=30)
@given(st.lists(st.integers(0, 400), max_size=8), st.integers(0, 300))
def test_a_stream_has_the_root_of_its_leaves(batches: list[int], ahead: int) -> None:
    frontier = Frontier()
    size = 0
    for batch in batches:
        frontier.add(b"".join(MANY[size : size + batch]))
        size += batch
    more = b"".join(MANY[size : size + ahead])
    assert root_of(MANY[: size + ahead]) == frontier.root_with(more)
    assert root_of(MANY[:size]) == frontier.root()


def test_a_long_stream_has_the_root_of_its_leaves() -> None:
    frontier = Frontier()
    for at in range(0, len(MANY), 256):
        frontier.add(b"".join(MANY[at : at + 256]))
    assert root_at(len(MANY), stored) == frontier.root()


@settings(max_examples=30)
@given(st.data())
def test_proofs_made_from_tiles_hold(data: st.DataObject) -> None:
    size = data.draw(SIZES.filter(bool))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    read = hash_reader(stored)
    root = root_at(size, stored)
    proof = inclusion_proof(index, size, read)
    assert verify_inclusion(index, size, MANY[index], proof, root)
    proof = consistency_proof(old, size, read)
    assert verify_consistency(old, size, root_at(old, stored), root, proof)


def test_an_empty_append_changes_nothing() -> None:
    grown = append(300, [], stored)
    assert (300, root_of(MANY[:300]), {}) == (grown.size, grown.root, grown.tiles)
    assert append(0, [], no_tile).root == EMPTY_ROOT


def test_a_tile_that_is_too_short_is_damage() -> None:
    with pytest.raises(Invalid, match="Hash tile 0/1 has 64 bytes where the tree has 44 hashes"):
        root_at(300, lambda level, index: stored(level, index)[:64])


def test_a_leaf_hash_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        changed_tiles(0, [b"short"], no_tile)
