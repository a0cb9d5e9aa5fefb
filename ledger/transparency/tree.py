"""The tree as tiles: appending to it, and its root and hashes at any size, in O(log n) reads.

A `TileReader` gives the stored row of a tile: 32-byte hashes concatenated, perhaps more of them
than the asked-for tree has. Stored rows only ever grow, so the tiles of a large tree hold those
of every smaller one as prefixes. A row that is too short raises `Invalid`, for then the stored
log is damaged. Layout: C2SP tlog-tiles; hashing: RFC 6962 section 2.1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from ledger.errors import Invalid
from ledger.transparency.merkle import EMPTY_ROOT, HASH_SIZE, HashReader, row_root
from ledger.transparency.tiles import TILE_HEIGHT, TILE_WIDTH, level_size

ROW_SIZE = TILE_WIDTH * HASH_SIZE
"""Bytes in a full tile."""

TileReader = Callable[[int, int], bytes]
"""(level, index) -> the row stored for that tile."""


@dataclass(frozen=True, slots=True)
class Appended:
    """A tree after an append: what to store with it, and what to sign."""

    size: int
    root: bytes
    tiles: dict[tuple[int, int], bytes]
    """(level, index) -> the whole new row of each tile that changed, 1 to 256 hashes."""


def append(size: int, leaves: Sequence[bytes], read: TileReader) -> Appended:
    """Append leaf hashes to the tree of `size` leaves that `read` gives; nothing is stored here."""
    tiles = changed_tiles(size, leaves, read)
    size += len(leaves)
    root = root_at(size, lambda level, index: tiles.get((level, index)) or read(level, index))
    return Appended(size, root, tiles)


def changed_tiles(
    size: int, leaves: Sequence[bytes], read: TileReader
) -> dict[tuple[int, int], bytes]:
    """The tiles, (level, index) -> row, that differ once `leaves` follow the first `size` ones.

    Reads at most one tile a level: the partial one that grows.
    """
    hashes = b"".join(leaves)
    if len(hashes) != len(leaves) * HASH_SIZE:
        raise ValueError("a leaf hash has 32 bytes")
    tiles: dict[tuple[int, int], bytes] = {}
    for level in count():
        if not hashes:
            break
        first, width = divmod(level_size(level, size), TILE_WIDTH)
        rows = _split((_row(read, level, first, width) if width else b"") + hashes)
        tiles.update(((level, first + at), row) for at, row in enumerate(rows))
        hashes = b"".join(row_root(row) for row in rows if len(row) == ROW_SIZE)
    return tiles


def root_at(size: int, read: TileReader) -> bytes:
    """The root of the tree of the first `size` leaves; reads at most one tile a level.

    From the lowest level up, what is right of a level's full tiles goes, as one hash, behind its
    partial row.
    """
    right = b""
    level = 0
    while level_size(level, size):
        index, width = divmod(level_size(level, size), TILE_WIDTH)
        row = (_row(read, level, index, width) if width else b"") + right
        right = row_root(row) if row else b""
        level += 1
    return right or EMPTY_ROOT


def hash_reader(read: TileReader) -> HashReader:
    """What proofs read the tree through, over tiles; keeps the last tiles it read."""
    row = lru_cache(maxsize=64)(read)

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile, first = divmod(index << height, TILE_WIDTH)
        end = first + (1 << height)
        return row_root(_row(row, tile_level, tile, end)[first * HASH_SIZE :])

    return node


class Frontier:
    """The root over leaf hashes that stream by, in constant memory: one partial row a level."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []

    def add(self, hashes: bytes) -> None:
        """Append a row of leaf hashes, of any width."""
        for level in count():
            if not hashes:
                return
            if level == len(self._rows):
                self._rows.append(b"")
            rows = _split(self._rows[level] + hashes)
            self._rows[level] = rows.pop() if len(rows[-1]) < ROW_SIZE else b""
            hashes = b"".join(row_root(row) for row in rows)

    def root(self) -> bytes:
        """The root over all leaf hashes so far."""
        right = b""
        for row in self._rows:
            right = row_root(row + right) if row or right else b""
        return right or EMPTY_ROOT

    def root_with(self, hashes: bytes) -> bytes:
        """The root as if this row of leaf hashes had been added."""
        ahead = Frontier()
        ahead._rows = self._rows.copy()
        ahead.add(hashes)
        return ahead.root()


def _split(hashes: bytes) -> list[bytes]:
    """Rows of 256 hashes, the last one perhaps shorter."""
    return [hashes[at : at + ROW_SIZE] for at in range(0, len(hashes), ROW_SIZE)]


def _row(read: TileReader, level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a stored tile."""
    row = read(level, index)[: width * HASH_SIZE]
    if len(row) < width * HASH_SIZE:
        raise Invalid(
            f"Hash tile {level}/{index} has {len(row)} bytes where the tree has {width} hashes.",
            remedy="The stored log is damaged: `airledger verify` says where.",
        )
    return row
