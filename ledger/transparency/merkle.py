"""The Merkle tree of RFC 6962 section 2.1 (SHA-256) and its proofs.

Pure functions. A hash is 32 bytes. A *row* is such hashes one after the other in one byte string,
the form in which tiles hold them. Proofs read the tree through a `HashReader`, so they do not
care where hashes are kept. Sizes count leaves, indices start at 0. An argument outside its range
is a ValueError, for it is the caller's mistake; a proof from outside that does not hold is `False`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from hashlib import sha256

HASH_SIZE = 32
"""Bytes in a hash."""

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""

LeafRange = tuple[int, int]
"""Leaves start to end - 1."""

HashReader = Callable[[int, int], bytes]
"""(level, index) -> the hash over the 2**level leaves from index * 2**level on, all in the tree."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf: SHA-256 over 0x00 and the entry."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The leaf hash of each entry, in order."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node: SHA-256 over 0x01, the left hash and the right one."""
    return sha256(b"\x01" + left + right).digest()


@lru_cache(maxsize=4)
def row_root(row: bytes) -> bytes:
    """The root over a row of at least one hash, each taken as a leaf hash.

    Level by level, neighbours become their parent and a last one without neighbour moves up as it
    is; that gives the same tree as splitting at the largest power of two. The last hash may
    therefore stand for fewer leaves than the others. The last few are kept: an audit asks for a
    sound row's root twice, as that of the stored tile and as that over the entries.
    """
    if not row or len(row) % HASH_SIZE:
        raise ValueError(f"a row holds whole hashes, not {len(row)} bytes")
    while len(row) > HASH_SIZE:
        paired = len(row) - len(row) % (2 * HASH_SIZE)
        parents = [sha256(b"\x01" + row[at : at + 64]).digest() for at in range(0, paired, 64)]
        parents.append(row[paired:])
        row = b"".join(parents)
    return row


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root of the tree over these leaf hashes."""
    return row_root(b"".join(leaves)) if leaves else EMPTY_ROOT


def largest_power_of_two_below(size: int) -> int:
    """Where the RFC splits a tree of `size` > 1 leaves: the largest power of two below it."""
    if size < 2:
        raise ValueError(f"a tree of {size} leaves is not split")
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, read: HashReader) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, from the leaf up (2.1.1)."""
    return [_range_root(start, end, read) for start, end in _beside_leaf(index, size)]


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `proof` shows that the tree with this size and root has `leaf` (a hash) there."""
    if not 0 <= index < size:
        return False
    beside = _beside_leaf(index, size)
    if len(proof) != len(beside):
        return False
    node = leaf
    for (start, _), sibling in zip(beside, proof, strict=True):
        node = node_hash(sibling, node) if start <= index else node_hash(node, sibling)
    return node == root


def consistency_proof(old: int, new: int, read: HashReader) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the one of `old` leaves (2.1.2).

    Empty when the sizes are equal, and for an empty old tree, with which every tree agrees.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves has no beginning of {old}")
    if old in (0, new):
        return []
    shared, beside = _beside_beginning(old, new)
    return [
        _range_root(start, end, read) for start, end in ([shared] if shared[0] else []) + beside
    ]


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the new tree only appended to the old one."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if old == new:
        return not proof and old_root == new_root
    shared, beside = _beside_beginning(old, new)
    hashes = list(proof) if shared[0] else [old_root, *proof]
    if len(hashes) != 1 + len(beside):
        return False
    old_node = new_node = hashes[0]
    for (start, _), sibling in zip(beside, hashes[1:], strict=True):
        if start < shared[0]:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
        else:
            new_node = node_hash(new_node, sibling)
    return old_node == old_root and new_node == new_root


def _beside_leaf(index: int, size: int) -> list[LeafRange]:
    """The leaf ranges (start, end) of the siblings on the way from leaf `index` to the root."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    beside = []
    start, end = 0, size
    while end - start > 1:
        middle = start + largest_power_of_two_below(end - start)
        if index < middle:
            beside.append((middle, end))
            end = middle
        else:
            beside.append((start, middle))
            start = middle
    return beside[::-1]


def _beside_beginning(old: int, new: int) -> tuple[LeafRange, list[LeafRange]]:
    """The last subtree that both trees have, and its siblings on the way up to the new root.

    When that subtree starts at leaf 0 it is the whole old tree, and a proof leaves it out.
    """
    beside = []
    start, end = 0, new
    while end != old:
        middle = start + largest_power_of_two_below(end - start)
        if old <= middle:
            beside.append((middle, end))
            end = middle
        else:
            beside.append((start, middle))
            start = middle
    return (start, end), beside[::-1]


def _range_root(start: int, end: int, read: HashReader) -> bytes:
    """The root over leaves start to end - 1, a range that the RFC's splitting leads to."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + largest_power_of_two_below(size)
    return node_hash(_range_root(start, middle, read), _range_root(middle, end, read))
