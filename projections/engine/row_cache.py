"""The rows of a generation that is being built, as far as memory holds them."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Table

from projections.engine.projection import Key, Row
from projections.engine.statements import read_rows

MOST_ROWS = 4_000


class Rows:
    """The rows that were touched last, at most 4,000; the others are read when they are needed.

    It belongs to the one who fills the table, from its first row on: until one had to be let go,
    what is not here is nowhere.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._kept: OrderedDict[Key, Row] = OrderedDict()
        self._whole = True

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, connection: Connection, keys: Sequence[Key]) -> dict[Key, Row]:
        """The rows of these keys that are there."""
        kept = self._kept
        found = {key: kept[key] for key in keys if key in kept}
        if not self._whole and len(found) < len(keys):
            missing = [key for key in keys if key not in found]
            found |= read_rows(connection, self._table, missing)
        return found

    def keep(self, changed: Mapping[Key, Row]) -> None:
        """Takes in rows once they are committed, and lets go of those touched longest ago."""
        for key, row in changed.items():
            self._kept[key] = row
            self._kept.move_to_end(key)
        while len(self._kept) > MOST_ROWS:
            self._kept.popitem(last=False)
            self._whole = False
