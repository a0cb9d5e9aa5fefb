"""The check of a whole log, from inside or outside: entries, tiles, checkpoint.

`audit` reads every entry bundle once, in order and in constant memory, and compares

- each entry's leaf hash with the one stored in its level 0 tile,
- the root of each full tile with the hash stored for it one level up,
- the root over the tiles, and the root over the entries, with the signed checkpoint,
- the root over the first entries with an older checkpoint that was kept elsewhere, if given.

Hashing is RFC 6962's, the layout C2SP tlog-tiles. Damage is a result, not an exception; only a
log that cannot be read at all (no connection, no right, no usable key) raises.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ledger.errors import Invalid, NotFound
from ledger.transparency.findings import Findings
from ledger.transparency.keys import Verifier, parse_verifier
from ledger.transparency.merkle import HASH_SIZE, leaf_hashes, row_root
from ledger.transparency.notes import Checkpoint, open_checkpoint
from ledger.transparency.tiles import (
    TILE_WIDTH,
    TOP_LEVEL,
    level_size,
    split_bundle,
    tile_count,
    width_in,
)
from ledger.transparency.tree import ROW_SIZE, Frontier, root_at


class LogReader(Protocol):
    """A log as the auditor reads it: a store, a directory, a server.

    What is not there raises `NotFound` or comes back shorter than asked for; wider is fine.
    """

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        ...

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a hash tile, 32 bytes each."""
        ...

    def entries(self, index: int, width: int) -> bytes:
        """The bundle of the first `width` entries from `index` * 256 on."""
        ...


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found: `problems` are sentences for people, none when `ok`.

    `size` and `root` are the verified checkpoint's (0 and empty bytes when it did not verify).
    `first_bad_index` is the index of the first leaf that is not what was signed. Where that can
    only be narrowed to a range of leaves it is the range's start, and `problems` name the range;
    None means that nothing narrows it.
    """

    ok: bool
    size: int
    root: bytes
    first_bad_index: int | None
    problems: tuple[str, ...]


def audit(
    reader: LogReader,
    vkey: str,
    *,
    older: bytes | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """Check the whole log behind `reader` against its verifier key.

    `older` is a signed checkpoint of the same log from an earlier day, kept where the log's
    operator could not change it: it tells a rewritten or shortened history. `progress` is called
    with (entries read, all entries) after each bundle.
    """
    verifier = parse_verifier(vkey)
    try:
        signed = open_checkpoint(reader.checkpoint(), verifier)
    except (Invalid, NotFound) as error:
        return Audit(False, 0, b"", None, (f"The checkpoint cannot be trusted: {error}",))
    findings = Findings(signed)
    past = _open_older(older, verifier, findings)
    rows = _Tiles(reader, signed.size)
    _walk_entries(reader, rows, past, findings, progress)
    for level in range(1, TOP_LEVEL):
        for index in range(level_size(level + 1, signed.size)):
            _check_parent(rows, level, index, rows.read(level, index), b"", findings)
    try:
        findings.tiles_root = root_at(signed.size, rows.read)
    except Invalid as error:
        findings.tile_damage(error.message)
    first, problems = findings.conclude()
    return Audit(not problems, signed.size, signed.root, first, problems)


class _Tiles:
    """The stored rows, cut to the checkpoint's size; a missing one is an empty row."""

    def __init__(self, reader: LogReader, size: int) -> None:
        self._reader = reader
        self._size = size
        self._recent: dict[int, tuple[int, bytes]] = {}

    def read(self, level: int, index: int) -> bytes:
        """A row; the last one of each level is kept, for its children come one after the other."""
        recent = self._recent.get(level)
        if recent is not None and recent[0] == index:
            return recent[1]
        width = width_in(level, index, self._size)
        try:
            row = self._reader.tile(level, index, width)[: width * HASH_SIZE]
        except (Invalid, NotFound):
            row = b""
        self._recent[level] = (index, row)
        return row


def _open_older(older: bytes | None, verifier: Verifier, findings: Findings) -> int:
    """The older checkpoint's size, or -1 when there is none to compare with."""
    if older is None:
        return -1
    try:
        past: Checkpoint = open_checkpoint(older, verifier)
    except Invalid as error:
        findings.problem(f"The older checkpoint cannot be trusted: {error}")
        return -1
    findings.older = past
    return past.size


def _walk_entries(
    reader: LogReader,
    rows: _Tiles,
    past: int,
    findings: Findings,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Stream the bundles: leaf hashes against level 0, its rows against level 1, the roots."""
    size = findings.signed.size
    frontier: Frontier | None = Frontier()
    for index in range(tile_count(0, size)):
        base = index * TILE_WIDTH
        width = width_in(0, index, size)
        leaves = _read_leaves(reader, index, width, findings)
        row = rows.read(0, index)
        if leaves != row:
            findings.compare_leaves(base, width, leaves, row)
        if len(row) == ROW_SIZE:
            _check_parent(rows, 0, index, row, leaves, findings)
        if base <= past < base + width and frontier is not None:
            findings.past_root = frontier.root_with(leaves[: (past - base) * HASH_SIZE])
        if len(leaves) < width * HASH_SIZE:
            frontier = None
        elif frontier is not None:
            frontier.add(leaves)
        if progress is not None:
            progress(base + width, size)
    if frontier is not None:
        findings.entries_root = frontier.root()
        if past == size:
            findings.past_root = findings.entries_root


def _read_leaves(reader: LogReader, index: int, width: int, findings: Findings) -> bytes:
    """The leaf hashes of a bundle's entries, as a row; shorter where entries are missing."""
    try:
        entries, rest = split_bundle(reader.entries(index, width))
    except (Invalid, NotFound):
        return b""
    if rest or len(entries) > TILE_WIDTH:
        findings.problem(
            f"Entry bundle {index} is malformed behind entry {len(entries) - 1} of it."
        )
    return b"".join(leaf_hashes(entries[:width]))


def _check_parent(
    rows: _Tiles, level: int, index: int, row: bytes, leaves: bytes, findings: Findings
) -> None:
    """A full row's root against the hash stored for it one level up.

    `leaves` are level 0's hashes as the entries give them: entries that agree with the parent
    are no suspects when only the stored row does not.
    """
    parent, place = divmod(index, TILE_WIDTH)
    stored = rows.read(level + 1, parent)[place * HASH_SIZE : (place + 1) * HASH_SIZE]
    root = row_root(row) if len(row) == ROW_SIZE else b""
    if root == stored and root:
        return
    sound = len(leaves) == ROW_SIZE and leaves != row and row_root(leaves) == stored
    findings.parent_differs(level, index, sound)
