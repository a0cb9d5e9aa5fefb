"""Headers whose names are no UTF-8 are read all the same.

aiokafka raises at such a record, in the middle of what it hands over: what it had taken out of
other partitions by then is forgotten, with their place moved on, and the record's own partition
never gets beyond it. Brokers take such records from anybody who may write to a topic.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH = struct.Struct(">8xi")
"""At the beginning of a batch: its first offset, and how many bytes follow."""


def decode_headers_leniently() -> None:
    """Has every consumer of this process read so. Safe to call again."""
    fetcher.MemoryRecords = _Records


class _Records:
    """The batches of an answer, as aiokafka's fetcher asks for them."""

    def __init__(self, raw: bytes) -> None:
        self._records = MemoryRecords(raw)
        self._rest = memoryview(raw)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def next_batch(self) -> "_Batch":
        """The next one."""
        [length] = _LENGTH.unpack_from(self._rest)
        raw, self._rest = (
            self._rest[: _LENGTH.size + length],
            self._rest[_LENGTH.size + length :],
        )
        return _Batch(self._records.next_batch(), raw)


class _Batch:
    """One batch. What cannot be read as it is, is read again by the slower reader."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                read += 1
                yield record
        except (UnicodeDecodeError, CorruptRecordException):
            again: Any = _DefaultRecordBatchPy(self._raw)
            again._maybe_uncompress()
            again._buffer = _Lenient(again._buffer)
            yield from islice(again, read, None)


class _Lenient(bytearray):
    """Its slices decode whatever they hold."""

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return _Text(found) if isinstance(key, slice) else found


class _Text(bytearray):
    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """The text; what is none of it as `\\xff`."""
        return super().decode(encoding, errors)
