"""Where tiles lie and what they hold: C2SP tlog-tiles, as pure functions.

A hash tile is up to 256 hashes of the tree's level 8 * L, concatenated; an entry bundle is up to
256 entries, each behind its length in two bytes, big-endian. A tile with fewer than 256 is
*partial* and its path says its width. What comes from outside and is malformed is `None` (paths)
or raises `Invalid` (bundles).
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import EventTooLarge, Invalid

TILE_HEIGHT = 8
"""Levels of the tree in one tile."""

TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile, entries in a full bundle."""

MAX_ENTRY_SIZE = 0xFFFF
"""Bytes in the longest entry: its length has 16 bits."""

MAX_TILE_INDEX = (1 << 55) - 1
"""Leaf indices stay below 2**63, so that stores can hold them as signed 64-bit integers."""

TOP_LEVEL = 7
"""The highest level of tiles that a tree of less than 2**63 leaves has."""

_length = struct.Struct(">H").pack

_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])"
    r"/(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, slots=True)
class TilePath:
    """The coordinates of one hash tile, or of an entry bundle (`level` None)."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    def __str__(self) -> str:
        """The path below the log's prefix: `tile/0/x001/x234/067.p/8`."""
        level = "entries" if self.level is None else self.level
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{format_index(self.index)}{partial}"


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """The path of a hash tile: `tile/<L>/<N>[.p/<W>]`."""
    return str(TilePath(level, index, width))


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """The path of an entry bundle: `tile/entries/<N>[.p/<W>]`."""
    return str(TilePath(None, index, width))


def format_index(index: int) -> str:
    """A tile's index as path elements of three digits: 1234067 is `x001/x234/067`."""
    rest, last = divmod(index, 1000)
    elements = [f"{last:03}"]
    while rest:
        rest, digits = divmod(rest, 1000)
        elements.append(f"x{digits:03}")
    return "/".join(reversed(elements))


def parse_tile_path(path: str) -> TilePath | None:
    """The coordinates that `path` (`tile/...`, no leading slash) names, or None.

    Only the one spelling that the specification gives a tile is taken: no further zeroes in
    front, no width of 0 or 256.
    """
    match = _PATH.fullmatch(path)
    if match is None or match["index"].startswith("x000"):
        return None
    index = int(match["index"].replace("x", "").replace("/", ""))
    width = int(match["width"] or TILE_WIDTH)
    if index > MAX_TILE_INDEX or (match["width"] and width >= TILE_WIDTH):
        return None
    return TilePath(None if match["level"] == "entries" else int(match["level"]), index, width)


def level_size(level: int, size: int) -> int:
    """How many hashes the tiles of `level` hold in a tree of `size` leaves."""
    return size >> TILE_HEIGHT * level


def tile_count(level: int, size: int) -> int:
    """How many tiles, the partial one included, `level` has in a tree of `size` leaves."""
    return -(-level_size(level, size) // TILE_WIDTH)


def width_in(level: int, index: int, size: int) -> int:
    """How wide that tile is in a tree of `size` leaves: 0 (not there) to 256."""
    return max(0, min(TILE_WIDTH, level_size(level, size) - index * TILE_WIDTH))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle's bytes; `EventTooLarge` for one above 65,535 bytes."""
    longest = max(map(len, entries), default=0)
    if longest > MAX_ENTRY_SIZE:
        raise EventTooLarge(
            f"An entry of {longest} bytes does not fit into the log, "
            f"whose entries have at most {MAX_ENTRY_SIZE}.",
            remedy="Keep its body outside the log and refer to it by digest.",
        )
    return b"".join([part for entry in entries for part in (_length(len(entry)), entry)])


def decode_bundle(bundle: bytes) -> list[bytes]:
    """A bundle's entries; `Invalid` when its bytes do not end where an entry ends."""
    entries, rest = split_bundle(bundle)
    if rest:
        raise Invalid(
            f"The entry bundle is cut off: {len(rest)} bytes follow its entry {len(entries) - 1}."
            if entries
            else "The entry bundle is cut off within its first entry.",
            remedy="Fetch it again; if it stays so, the stored log is damaged.",
        )
    return entries


def split_bundle(bundle: bytes) -> tuple[list[bytes], bytes]:
    """A bundle's whole entries, and the bytes behind them, which are none in a sound bundle."""
    entries = []
    at, size = 0, len(bundle)
    while at + 2 <= size:
        end = at + 2 + (bundle[at] << 8 | bundle[at + 1])
        if end > size:
            break
        entries.append(bundle[at + 2 : end])
        at = end
    return entries, bundle[at:]
