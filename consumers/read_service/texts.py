"""The rows of incidents with the texts beside the log in place of their marks."""

from collections.abc import Sequence

from consumers.access.texts import filled_columns, filled_parts
from ledger.store.port import Store
from projections.engine.projection import Row

_TEXTS = ("title", "description", "system_action", "preliminary", "approval")
"""The columns of the register that are shown and may hold texts; `steps` holds those of notes."""
BARE = 3
"""The number of fields of a step's state without a label or a note."""


def register_with_texts(store: Store, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of the register: one query, or none where no text lies beside the log."""
    has_notes = any(len(step) > BARE for row in rows for step in row["steps"].values())
    return filled_columns(store, rows, (*_TEXTS, "steps") if has_notes else _TEXTS)


def detail_with_texts(
    store: Store, row: Row, written: Sequence[Row], alerts: Sequence[Row]
) -> list[list[Row]]:
    """The rows of one incident, of what was written in it and of its alerts: one query."""
    return filled_parts(
        store,
        ([row], (*_TEXTS, "steps")),
        (written, ("fields",)),
        (alerts, ("title", "context")),
    )
