"""The proof of the topic: with the verifier key alone, every sealed leaf is in airledger.events.

Each record is hashed as it is and kept by the leaf index that it names, in a file of 32 bytes a
leaf, so that memory stays as it is however long the log. What comes again has to be the same. In
the end the hashes, in their order, have the root that the newest checkpoint was signed for.
"""

import mmap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from tempfile import TemporaryFile
from typing import Any

import msgspec

from consumers.kafka.clients import assigned_consumer, translate_read_errors
from consumers.kafka.offsets import offset_ranges, read_from
from consumers.topics.topics import CHECKPOINTS, EVENTS
from ledger.errors import Invalid, Unavailable
from ledger.settings import KafkaSettings
from ledger.transparency.audit import Audit
from ledger.transparency.keys import Verifier
from ledger.transparency.merkle import HASH_SIZE, leaf_hash
from ledger.transparency.notes import Checkpoint, open_checkpoint
from ledger.transparency.tiles import TILE_WIDTH
from ledger.transparency.tree import Frontier

MOST_PROBLEMS = 20
POLL_MS = 5_000
NOTHING = bytes(HASH_SIZE)

Step = Callable[[int, int], None]


class _Named(msgspec.Struct):
    subject: str


_named = msgspec.json.Decoder(_Named)


async def audit_topic(kafka: KafkaSettings, verifier: Verifier, step: Step) -> Audit:
    """Reads the whole topic. Raises Unavailable; what is wrong is in the result."""
    with translate_read_errors():
        try:
            return await _audit(kafka, verifier, step)
        except Invalid as error:
            return _nothing(error.message)


async def _audit(kafka: KafkaSettings, verifier: Verifier, step: Step) -> Audit:
    """Raises Invalid for a checkpoint that is none of this log's, KafkaError, Unavailable."""
    note = None
    async with _all_records(kafka, CHECKPOINTS) as records:
        async for record in records:
            note = record.value
    if note is None:
        return _nothing(f"There is no checkpoint in {CHECKPOINTS}.")
    signed = open_checkpoint(note, verifier)
    with _Leaves.of(signed) as leaves:
        async with _all_records(kafka, EVENTS) as records:
            async for record in records:
                leaves.add(record)
                step(min(leaves.found, signed.size), signed.size)
        return leaves.conclude()


def _nothing(problem: str) -> Audit:
    return Audit(ok=False, size=0, root=b"", first_bad_index=None, problems=(problem,))


@asynccontextmanager
async def _all_records(kafka: KafkaSettings, topic: str) -> AsyncIterator[AsyncIterator[Any]]:
    """Every record of a topic that is there now, in the order of each partition."""
    async with assigned_consumer(kafka, "airledger-verify", topic) as consumer:
        yield _records(consumer)


async def _records(consumer: Any) -> AsyncIterator[Any]:
    partitions = consumer.assignment()
    ranges = await offset_ranges(consumer, partitions)
    for each, extent in ranges.items():
        read_from(consumer, each, extent.begin)
    left = set(partitions)
    while left := {each for each in left if await consumer.position(each) < ranges[each].end}:
        found = await consumer.getmany(*left, timeout_ms=POLL_MS)
        if not found:
            raise Unavailable("Kafka gave nothing to read.", remedy="Try again in a moment.")
        for partition, records in found.items():
            for record in records:
                if record.offset < ranges[partition].end:
                    yield record


class _Leaves:
    """The hash of every leaf that was found, in a file."""

    def __init__(self, signed: Checkpoint, hashes: mmap.mmap) -> None:
        self._signed = signed
        self._hashes = hashes
        self._problems: list[str] = []
        self._first_bad: int | None = None
        self.found = 0

    @classmethod
    @contextmanager
    def of(cls, signed: Checkpoint) -> Iterator["_Leaves"]:
        """None found yet, of so many as were signed."""
        with TemporaryFile() as file:
            file.truncate(max(1, signed.size) * HASH_SIZE)
            with mmap.mmap(file.fileno(), 0) as hashes:
                yield cls(signed, hashes)

    def add(self, record: Any) -> None:
        """A record: new, the same again, or wrong."""
        where = f"partition {record.partition}, offset {record.offset}"
        headers = dict(record.headers)
        try:
            leaf = int(headers["leaf-index"])
            if leaf < 0:
                raise ValueError(f"leaf {leaf}")  # noqa: TRY301 - told with the others
            value = bytes(record.value)
            subject = _named.decode(value).subject
        except (KeyError, ValueError, TypeError, msgspec.MsgspecError) as error:
            return self._problem(f"The record at {where} is no event of a ledger: {error!r}.")
        if leaf >= self._signed.size:
            return None  # newer than the checkpoint
        hashed = leaf_hash(value)
        if headers.get("leaf-hash", b"") != hashed.hex().encode():
            return self._problem(f"The event at leaf {leaf} ({where}) was altered.", leaf)
        if record.key != subject.encode():
            return self._problem(
                f"The event at leaf {leaf} ({where}) has the key {record.key!r} of another "
                f"stream than its own, {subject}.",
                leaf,
            )
        at = slice(leaf * HASH_SIZE, (leaf + 1) * HASH_SIZE)
        kept = self._hashes[at]
        if kept == NOTHING:
            self._hashes[at] = hashed
            self.found += 1
        elif kept != hashed:
            return self._problem(
                f"Two different events are at leaf {leaf}; one is at {where}.", leaf
            )
        return None

    def conclude(self) -> Audit:
        """What was found, compared with what was signed."""
        if self.found < self._signed.size:
            leaf = next(n for n in range(self._signed.size) if self._hash(n) == NOTHING)
            missing = self._signed.size - self.found
            self._problem(f"{missing} events are missing, the first at leaf {leaf}.", leaf)
        elif not self._problems and self._root() != self._signed.root:
            self._problem("The events are not those that were signed: their root is another.")
        return Audit(
            ok=not self._problems,
            size=self._signed.size,
            root=self._signed.root,
            first_bad_index=self._first_bad,
            problems=tuple(self._problems),
        )

    def _hash(self, leaf: int) -> bytes:
        return self._hashes[leaf * HASH_SIZE : (leaf + 1) * HASH_SIZE]

    def _root(self) -> bytes:
        frontier, row = Frontier(), TILE_WIDTH * HASH_SIZE
        full, rest = divmod(self._signed.size * HASH_SIZE, row)
        for number in range(full):
            frontier.add(self._hashes[number * row : (number + 1) * row])
        return frontier.root_with(self._hashes[full * row : full * row + rest])

    def _problem(self, text: str, leaf: int | None = None) -> None:
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(text)
        if leaf is not None and (self._first_bad is None or leaf < self._first_bad):
            self._first_bad = leaf
