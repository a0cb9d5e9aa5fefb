"""A log in memory that tests serve, audit and damage."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ledger.errors import NotFound
from ledger.transparency.keys import Signer
from ledger.transparency.merkle import HASH_SIZE, leaf_hashes
from ledger.transparency.notes import sign_checkpoint
from ledger.transparency.tiles import TILE_WIDTH, encode_bundle, width_in
from ledger.transparency.tree import append, root_at

SIGNER = Signer("sample.example/log", bytes(range(32)))
VKEY = str(SIGNER.verifier)


def numbered(count: int) -> list[bytes]:
    """That many entries of different content and length."""
    return [f"entry {n} {'.' * (n % 50)}".encode() for n in range(count)]


def no_tile(level: int, index: int) -> bytes:
    """The reader of an empty tree's tiles."""
    raise AssertionError(f"an empty tree has no tile {level}/{index}")


@dataclass
class SampleLog:
    """A `LogReader` whose parts can be changed one by one."""

    stored: list[bytes]
    tiles: dict[tuple[int, int], bytes]
    size: int
    signed: bytes = field(repr=False)

    def root(self, size: int) -> bytes:
        """The root at any size up to the stored one, from the tiles."""
        return root_at(size, lambda level, index: self.tiles[level, index])

    def at(self, size: int) -> "SampleLog":
        """The same log when it had `size` entries; entries and tiles are the same objects."""
        return replace(self, size=size, signed=sign_checkpoint(SIGNER, size, self.root(size)))

    def copy(self) -> "SampleLog":
        """One to damage."""
        return replace(self, stored=self.stored.copy(), tiles=self.tiles.copy())

    def flip_tile(self, level: int, index: int, place: int) -> None:
        """Change one bit of the hash at `place` in a tile."""
        row = bytearray(self.tiles[level, index])
        row[place * HASH_SIZE] ^= 1
        self.tiles[level, index] = bytes(row)

    def checkpoint(self) -> bytes:
        return self.signed

    def tile(self, level: int, index: int, width: int) -> bytes:
        if (level, index) not in self.tiles or width > width_in(level, index, self.size):
            raise NotFound(f"There is no tile {level}/{index}.")
        return self.tiles[level, index][: width * HASH_SIZE]

    def entries(self, index: int, width: int) -> bytes:
        entries = self.stored[index * TILE_WIDTH : index * TILE_WIDTH + width]
        if not entries or width > width_in(0, index, self.size):
            raise NotFound(f"There is no entry bundle {index}.")
        return encode_bundle(entries)


def build(entries: Sequence[bytes]) -> SampleLog:
    """The log of these entries, with its tiles and a checkpoint over all of them."""
    appended = append(0, leaf_hashes(entries), no_tile)
    signed = sign_checkpoint(SIGNER, appended.size, appended.root)
    return SampleLog(list(entries), dict(appended.tiles), appended.size, signed)
