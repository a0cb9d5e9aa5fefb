"""From what an audit saw to what it says: which leaf is the first bad one, and why.

Two roots decide who is believed. Entries that give the signed root are all sound, so whatever
differs is a stored tile. Else tiles that give the signed root vouch for the leaf hashes they
hold, and an entry that differs from its own was changed, moved or lost.
"""

from ledger.transparency.merkle import HASH_SIZE
from ledger.transparency.notes import Checkpoint
from ledger.transparency.tiles import TILE_WIDTH

_LISTED = 10
"""Tiles named one by one; the others are only counted."""


class Findings:
    """What differs in one log, collected while it is read. Memory does not grow with damage."""

    def __init__(self, signed: Checkpoint) -> None:
        self.signed = signed
        self.older: Checkpoint | None = None
        self.entries_root: bytes | None = None
        """The root over all entries; None when some are missing."""
        self.tiles_root: bytes | None = None
        """The root over the tiles at the right edge; None when one of them is missing."""
        self.past_root: bytes | None = None
        """The root over the first `older.size` entries; None when they could not be read."""
        self._problems: list[str] = []
        self._bad_leaves = 0
        self._first_leaf: tuple[int, str] | None = None
        self._suspects: tuple[int, int] | None = None
        self._bad_tiles = 0
        self._tile_problems: list[str] = []

    def problem(self, text: str) -> None:
        """Something that is wrong whatever else is found."""
        self._problems.append(text)

    def tile_damage(self, text: str) -> None:
        """A stored tile that is missing, short or wrong."""
        self._bad_tiles += 1
        if self._bad_tiles <= _LISTED:
            self._tile_problems.append(text)

    def compare_leaves(self, base: int, width: int, leaves: bytes, row: bytes) -> None:
        """Leaf hashes that the entries from `base` on give, and those that their tile stores."""
        for at in range(width):
            where = slice(at * HASH_SIZE, (at + 1) * HASH_SIZE)
            entry, stored = leaves[where], row[where]
            if entry == stored and entry:
                continue
            self._bad_leaves += 1
            if self._first_leaf is None:
                if len(entry) < HASH_SIZE:
                    what = "is missing"
                elif len(stored) < HASH_SIZE:
                    what = "has no leaf hash stored for it"
                else:
                    what = "does not have the leaf hash stored for it"
                self._first_leaf = base + at, what

    def parent_differs(self, level: int, index: int, sound: bool) -> None:
        """A full tile whose root is not what the level above holds; `sound` entries are.

        Of the ranges under suspicion only the first, and there the narrowest, is kept.
        """
        span = TILE_WIDTH ** (level + 1)
        start, end = index * span, (index + 1) * span - 1
        self.tile_damage(
            f"Hash tile {level}/{index} (entries {start} to {end}) does not have the root that "
            f"hash tile {level + 1}/{index // TILE_WIDTH} holds for it."
        )
        if not sound and (self._suspects is None or (start, end) < self._suspects):
            self._suspects = start, end

    def conclude(self) -> tuple[int | None, tuple[str, ...]]:
        """The first bad leaf's index as far as it can be known, and all problems."""
        proven = self._compare_older()
        first = None
        if self._first_leaf is not None:
            first, what = self._first_leaf
            self._problems.insert(
                0,
                f"Entry {first} {what}; {self._bad_leaves} of {self.signed.size} entries are "
                "missing or differ.",
            )
        self._problems += self._tile_problems
        if self._bad_tiles > _LISTED:
            self.problem(f"{self._bad_tiles - _LISTED} more hash tiles do not fit.")
        if self.entries_root != self.signed.root:
            first = self._blame(first, proven)
        elif self.tiles_root != self.signed.root or first is not None or self._bad_tiles:
            self.problem("The entries give the signed root: only tiles are damaged.")
        if first is None and self.older is not None and self.older.size > self.signed.size:
            first = self.signed.size
        return first, tuple(self._problems)

    def _blame(self, first: int | None, proven: int) -> int | None:
        """The first bad leaf of a log whose entries do not give the signed root."""
        if self.entries_root is not None:
            self.problem("The root over the entries contradicts the checkpoint's.")
        if self._suspects is not None and (first is None or self._suspects[0] < first):
            first = max(self._suspects[0], proven)
            self.problem(f"The first bad entry can be any of {first} to {self._suspects[1]}.")
        if self.tiles_root == self.signed.root:
            return first
        if first is not None:
            self.problem(
                "The tiles contradict the checkpoint as well, so an earlier entry may have been "
                "rewritten together with its tiles."
            )
            return first
        self.problem(
            "Entries and tiles agree with each other and together contradict the checkpoint, so "
            "they were rewritten together."
        )
        if proven:
            self.problem(f"The first bad entry can be any of {proven} to {self.signed.size - 1}.")
            return proven
        self.problem(
            "Nothing in the log tells which entry was changed first: compare it with a copy, or "
            "with an older checkpoint kept elsewhere."
        )
        return None

    def _compare_older(self) -> int:
        """How many first entries the older checkpoint proves; 0 without one or when it differs."""
        older, size = self.older, self.signed.size
        if older is None:
            return 0
        if older.size > size:
            self.problem(
                f"The log was cut: an older checkpoint has {older.size} entries, this one {size}."
            )
        elif self.past_root is None:
            self.problem(f"Not all of the older checkpoint's {older.size} entries could be read.")
        elif self.past_root != older.root:
            self.problem(
                f"The first {older.size} entries contradict the older checkpoint: history was "
                f"rewritten at an index below {older.size}."
            )
        else:
            return older.size
        return 0
