"""The missing end of a store that was restored from an older copy, put back byte for byte.

Lines from elsewhere (a replay, an auditor's archive) are events in log order. Those that the store
holds have to be the same bytes. The rest is proven before one of them is written: the store's
events and these lines together have the root that the log's own key signed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ledger.errors import Fork, Invalid, Refused
from ledger.sealing.event_lines import Line, events_in
from ledger.store.port import Store
from ledger.store.side_records import SideWrite
from ledger.transparency.merkle import HASH_SIZE, leaf_hash
from ledger.transparency.notes import Checkpoint
from ledger.transparency.tiles import TILE_WIDTH
from ledger.transparency.tree import append

EVENTS_PER_WRITE = 500
Beside = Callable[[Sequence[SideWrite]], Iterable[SideWrite]]


class Proven(NamedTuple):
    """What lines come to: the missing ones by their leaf hashes, from leaf `first` on.

    `skipped` lines the store holds in place; `beyond` ones are behind what was signed.
    """

    first: int
    hashes: list[bytes]
    skipped: int
    beyond: int


class Repair:
    """Puts the missing events of a store back; `signed` are the log's checkpoints, not none.

    `beside` gives what is written together with the side writes of some events.
    """

    def __init__(
        self, store: Store, signed: list[Checkpoint], beside: Beside = lambda _: ()
    ) -> None:
        self._store = store
        self._beside = beside
        self._signed = sorted(signed, key=lambda checkpoint: checkpoint.size)
        state = store.log_state()
        self._sealed = state.size if state else 0
        self._held = store.size()
        self._versions: dict[str, int] = {}

    @property
    def missing(self) -> range:
        """The leaves that were signed and are not in the store."""
        return range(self._held, max(self._held, self._signed[-1].size))

    def prove(self, lines: Iterable[bytes]) -> Proven:
        """Checks every line; nothing is written.

        Raises Refused for lines that are not the missing events, naming the first bad leaf as far
        as it can be known; Invalid for what is no event; Unavailable.
        """
        hashes: list[bytes] = []
        skipped = beyond = 0
        backwards: int | None = None
        last = None
        for at, some in self._placed(lines):
            held, rest = self._split(at, some)
            self._require_held(at, held)
            skipped += len(held)
            missing = rest[: max(0, self._signed[-1].size - at - len(held))]
            beyond += len(rest) - len(missing)
            self._require_next(at + len(held), missing)
            for leaf, line in enumerate(missing, start=at + len(held)):
                if last is not None and line.envelope.recordedtime < last and backwards is None:
                    backwards = leaf
                last = line.envelope.recordedtime
                hashes.append(leaf_hash(line.text))
                self._require_tile(leaf, line, hashes[-1])
        if len(hashes) < len(self.missing):
            first = self._held + len(hashes)
            raise _refused(
                first,
                f"the lines end before it, and {self._signed[-1].size} events were signed",
            )
        self._require_roots(hashes, backwards)
        return Proven(self._held, hashes, skipped, beyond)

    def write(self, lines: Iterable[bytes], proven: Proven) -> Iterator[int]:
        """Writes what was proven, some events at a time; yields how many are back so far.

        Raises Refused where the lines are not those of the proof, Conflict where another writes.
        """
        end = proven.first + len(proven.hashes)
        for at, some in self._placed(lines):
            missing = [
                (leaf, line)
                for leaf, line in enumerate(some, start=at)
                if proven.first <= leaf < end
            ]
            for leaf, line in missing:
                if leaf_hash(line.text) != proven.hashes[leaf - proven.first]:
                    raise _refused(leaf, f"line {line.number} changed while it was read")
            if missing:
                writes = [each for _, line in missing for each in line.side_writes()]
                self._store.restore(
                    missing[0][0],
                    [line.event() for _, line in missing],
                    [*writes, *self._beside(writes)],
                )
                yield missing[-1][0] + 1 - proven.first

    def _placed(self, lines: Iterable[bytes]) -> Iterator[tuple[int, list[Line]]]:
        """Lines, some at a time, with the leaf index of the first of them."""
        read = events_in(lines)
        at: int | None = None
        while some := list(islice(read, EVENTS_PER_WRITE)):
            if at is None:
                at = self._leaf_of(some[0])
            yield at, some
            at += len(some)

    def _leaf_of(self, line: Line) -> int:
        """Where the first line stands in the store; behind its end, if it does not."""
        stream = line.envelope.subject
        found = self._store.load({stream: line.version - 1})[stream][:1]
        return found[0].leaf if found and found[0].version == line.version else self._held

    def _split(self, at: int, some: list[Line]) -> tuple[list[Line], list[Line]]:
        here = max(0, min(len(some), self._held - at))
        return some[:here], some[here:]

    def _require_held(self, at: int, lines: list[Line]) -> None:
        entries = self._store.read(at, len(lines), sealed=False) if lines else []
        stored = {entry.leaf: entry.stored for entry in entries}
        for leaf, line in enumerate(lines, start=at):
            if stored.get(leaf) != line.text:
                raise _refused(
                    leaf,
                    f"line {line.number} is not the event that the store holds there",
                    "Lines of this very log, in its order, or a store without writes since it "
                    "was restored: airledger verify shows whether it is complete.",
                )

    def _require_next(self, first: int, lines: list[Line]) -> None:
        """Every line goes on from its stream's version before: none missing, none out of order."""
        new: dict[str, int] = {}
        for line in lines:
            if line.envelope.subject not in self._versions:
                new.setdefault(line.envelope.subject, line.version)
        found = self._store.load({stream: max(0, version - 2) for stream, version in new.items()})
        self._versions |= {
            stream: entries[-1].version if entries else 0 for stream, entries in found.items()
        }
        for leaf, line in enumerate(lines, start=first):
            stream = line.envelope.subject
            expected = self._versions[stream] + 1
            if line.version != expected:
                raise _refused(
                    leaf,
                    f"line {line.number} is version {line.version} of {stream}, and behind what "
                    f"is before it version {expected} would be next",
                )
            self._versions[stream] = line.version

    def _require_tile(self, leaf: int, line: Line, hashed: bytes) -> None:
        """A store whose events alone were cut still has the hashes of those that are missing."""
        if leaf >= self._sealed:
            return
        tile, place = divmod(leaf, TILE_WIDTH)
        sealed = self._store.tile(0, tile)[place * HASH_SIZE : (place + 1) * HASH_SIZE]
        if sealed != hashed:
            raise _refused(leaf, f"line {line.number} is not the event that was sealed there")

    def _require_roots(self, hashes: list[bytes], backwards: int | None) -> None:
        base = min(self._sealed, self._held)
        between = [
            leaf_hash(entry.stored)
            for first in range(base, self._held, EVENTS_PER_WRITE)
            for entry in self._store.read(
                first, min(EVENTS_PER_WRITE, self._held - first), sealed=False
            )
        ]
        proven = base
        for signed in self._signed:
            if signed.size <= base:
                continue
            try:
                leaves = [*between, *hashes][: signed.size - base]
                root = append(base, leaves, self._store.tile).root
            except Invalid as error:
                raise Fork(error.message, remedy=error.remedy) from error
            if len(leaves) < signed.size - base or root != signed.root:
                hint = (
                    f" Leaf {backwards} says that it was recorded before the one in front of it."
                    if backwards is not None
                    else ""
                )
                raise Refused(
                    "signed_root",
                    f"Of the leaves {proven} to {signed.size - 1} at least one is not what was "
                    f"signed: with these lines the first {signed.size} events have another root. "
                    f"No hash in the store shows which one.{hint}",
                    remedy="Nothing was written. Try lines from another copy of this log.",
                )
            proven = signed.size


def _refused(leaf: int, why: str, remedy: str = "") -> Refused:
    return Refused(
        "missing_events",
        f"The event of leaf {leaf} cannot be put back: {why}.",
        remedy=f"Nothing was written. {remedy or 'Give all lines of this log, in its order.'}",
    )
