"""RFC 6962's tree: known answers, proofs that hold, and proofs that do not."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.transparency.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    largest_power_of_two_below,
    leaf_hash,
    leaf_hashes,
    node_hash,
    root_of,
    row_root,
    verify_consistency,
    verify_inclusion,
)

# The leaves and roots that Certificate Transparency implementations test themselves with.
KNOWN_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MAX_SIZE = 40
LEAVES = leaf_hashes(bytes([n]) for n in range(MAX_SIZE))
ROOTS = [root_of(LEAVES[:size]) for size in range(MAX_SIZE + 1)]


def read(level: int, index: int) -> bytes:
    return root_of(LEAVES[index << level : index + 1 << level])


def by_definition(leaves: list[bytes]) -> bytes:
    """Section 2.1, word for word."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = largest_power_of_two_below(len(leaves))
    return node_hash(by_definition(leaves[:middle]), by_definition(leaves[middle:]))


def flipped(value: bytes, bit: int) -> bytes:
    number = int.from_bytes(value, "big") ^ 1 << bit % (8 * len(value))
    return number.to_bytes(len(value), "big")


@pytest.mark.parametrize("size", range(9))
def test_known_trees_have_their_known_roots(size: int) -> None:
    assert bytes.fromhex(KNOWN_ROOTS[size]) == root_of(leaf_hashes(KNOWN_LEAVES[:size]))


def test_the_empty_tree_and_the_empty_leaf_differ() -> None:
    assert sha256().digest() == EMPTY_ROOT
    assert sha256(b"\x00").digest() == leaf_hash(b"")


def test_a_known_inclusion_proof() -> None:
    hashes = leaf_hashes(KNOWN_LEAVES)
    proof = inclusion_proof(5, 8, lambda level, at: root_of(hashes[at << level : at + 1 << level]))
    assert [hash_.hex() for hash_ in proof] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.integers(0, MAX_SIZE))
def test_a_root_is_what_the_definition_says(size: int) -> None:
    assert by_definition(LEAVES[:size]) == ROOTS[size]


@pytest.mark.parametrize(("size", "expected"), [(2, 1), (3, 2), (4, 2), (5, 4), (256, 128)])
def test_a_tree_splits_at_the_largest_power_of_two_below_its_size(size: int, expected: int) -> None:
    assert expected == largest_power_of_two_below(size)


def test_every_leaf_of_every_tree_has_a_proof_that_holds_there_alone() -> None:
    for size in range(1, MAX_SIZE + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, read)
            leaf, root = LEAVES[index], ROOTS[size]
            held = [at for at in range(size) if verify_inclusion(at, size, leaf, proof, root)]
            assert [index] == held


def test_every_two_trees_have_a_proof_that_holds_for_them_alone() -> None:
    for new in range(MAX_SIZE + 1):
        for old in range(new + 1):
            proof = consistency_proof(old, new, read)
            assert verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            assert old == new or not verify_consistency(old, new, ROOTS[new], ROOTS[new], proof)
            assert old in (0, new) or not verify_consistency(
                old - 1, new, ROOTS[old - 1], ROOTS[new], proof
            )


@given(st.data())
def test_an_inclusion_proof_with_one_other_bit_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MAX_SIZE))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, read)
    parts = [LEAVES[index], ROOTS[size], *proof]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flipped(parts[at], data.draw(st.integers(0, 255)))
    leaf, root, *forged = parts
    assert verify_inclusion(index, size, LEAVES[index], proof, ROOTS[size])
    assert not verify_inclusion(index, size, leaf, forged, root)


@given(st.data())
def test_a_consistency_proof_with_one_other_bit_is_refused(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, MAX_SIZE))
    old = data.draw(st.integers(1, new))
    parts = [ROOTS[old], ROOTS[new], *consistency_proof(old, new, read)]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flipped(parts[at], data.draw(st.integers(0, 255)))
    old_root, new_root, *forged = parts
    assert not verify_consistency(old, new, old_root, new_root, forged)


@given(st.integers(1, MAX_SIZE), st.data())
def test_a_proof_that_is_longer_or_shorter_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    index = data.draw(st.integers(0, new - 1))
    path = inclusion_proof(index, new, read)
    link = consistency_proof(old, new, read)
    for other in ([*path, EMPTY_ROOT], path[:-1]):
        assert other == path or not verify_inclusion(index, new, LEAVES[index], other, ROOTS[new])
    for other in ([*link, EMPTY_ROOT], link[:-1]):
        assert other == link or not verify_consistency(old, new, ROOTS[old], ROOTS[new], other)


def test_a_proof_outside_the_tree_is_refused_or_not_made() -> None:
    assert not verify_inclusion(3, 3, LEAVES[0], [], ROOTS[3])
    assert not verify_inclusion(-1, 3, LEAVES[0], [], ROOTS[3])
    assert not verify_consistency(4, 3, ROOTS[4], ROOTS[3], [])
    assert not verify_consistency(0, 3, ROOTS[1], ROOTS[3], [])
    with pytest.raises(ValueError, match="no leaf 3"):
        inclusion_proof(3, 3, read)
    with pytest.raises(ValueError, match="no beginning of 4"):
        consistency_proof(4, 3, read)
    with pytest.raises(ValueError, match="not split"):
        largest_power_of_two_below(1)
    with pytest.raises(ValueError, match="33 bytes"):
        row_root(bytes(33))
