"""Whole lists in batches: the rows and their order are those of one moment.

The keys of all rows are read in one transaction and kept packed, 8 or 16 bytes each. The rows
follow in short transactions, so that a slow reader holds up neither writers nor rebuilds. Each row
comes once, as it is when it is read.
"""

from array import array
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from projections.engine.database import ViewsDatabase
from projections.engine.projection import Row
from projections.queries.lookup import KEYS_PER_QUERY, rows_for
from projections.queries.plan import Planned

ROWS_PER_BATCH = KEYS_PER_QUERY
UUID_BYTES = 16


def whole(views: ViewsDatabase, planned: Planned) -> Iterator[list[Row]]:
    """The rows of a list in order, in batches."""
    packed = _Packed()
    with views.begin() as connection:
        if (plan := planned(connection)) is None:
            return
        keys = plan.ordered(None).with_only_columns(plan.key)
        for key in connection.execute(keys, execution_options={"yield_per": 1_000}).scalars():
            packed.add(key)
    for some in packed.batches():
        with views.begin() as connection:
            if (plan := planned(connection)) is None:
                return
            rows = {
                row[plan.key.name]: row for row in rows_for(connection, plan.every, plan.key, some)
            }
        yield [rows[each] for each in some if each in rows]


class _Packed:
    """Integers or UUIDs as text, in few bytes."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._ids = bytearray()

    def add(self, key: int | str) -> None:
        """Adds the last key."""
        if isinstance(key, int):
            self._numbers.append(key)
        else:
            self._ids += UUID(key).bytes

    def batches(self) -> Iterator[list[Any]]:
        """The keys in order, ROWS_PER_BATCH at a time."""
        for start in range(0, len(self._numbers), ROWS_PER_BATCH):
            yield list(self._numbers[start : start + ROWS_PER_BATCH])
        size = UUID_BYTES * ROWS_PER_BATCH
        for start in range(0, len(self._ids), size):
            some = bytes(self._ids[start : start + size])
            places = range(0, len(some), UUID_BYTES)
            yield [str(UUID(bytes=some[at : at + UUID_BYTES])) for at in places]
