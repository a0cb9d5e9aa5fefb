"""A cache of the rows of a generation that is being built."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table

from projections.engine.projection import Key, Row
from projections.engine.statements import read_rows

MAX_ROWS = 4_000


class RowCache:
    """The rows that changed last, at most MAX_ROWS; others are read from the table on demand.

    It must see every row of the table from the first on: until a row was evicted, a key that is
    not cached has no row.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._kept: OrderedDict[Key, Row] = OrderedDict()
        self._complete = True

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, Row]:
        """The existing rows of these keys."""
        kept = self._kept
        found = {key: kept[key] for key in keys if key in kept}
        if not self._complete and len(found) < len(keys):
            missing = [key for key in keys if key not in found]
            found |= read_rows(connection, self._table, missing)
        return found

    def keep(self, changed: Mapping[Key, Row]) -> None:
        """Caches committed rows, and evicts those that changed longest ago."""
        for key, row in changed.items():
            self._kept[key] = row
            self._kept.move_to_end(key)
        while len(self._kept) > MAX_ROWS:
            self._kept.popitem(last=False)
            self._complete = False
