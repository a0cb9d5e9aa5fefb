"""Texts beside the log put back from another copy: those that are missing, as they were recorded.

Each is checked against the commitments of the events that name it. One that an event erased is
never put back, whatever the other copy has.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing

import msgspec

from consumers.container.progress import ProgressCallback
from consumers.maintenance.named_texts import NamedTexts
from consumers.maintenance.side_texts import faults_of, matches
from consumers.maintenance.text_lines import read_texts
from consumers.read_service.kept_texts import KeptText, TextState
from ledger.store.port import Store
from ledger.store.text_records import TextRestored, TextRow, TextsErased

EVENTS_PER_READ = 1_000
MOST_NAMED = 20
"""So many refused texts are named, the others counted."""


class TextsRepaired(msgspec.Struct, frozen=True, kw_only=True):
    """`put_back` texts were missing; `in_place` were there, `erased` are erased here or there.

    `refused` are not what an event commits to, or of no event here; `problems` names the first.
    """

    put_back: int
    in_place: int
    erased: int
    refused: int
    problems: tuple[str, ...]


class TextRepair:
    """Puts the missing texts of a store back. Nothing else may write meanwhile."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._named = NamedTexts()
        self._next = 0
        self._counts = dict.fromkeys(("put_back", "in_place", "erased", "refused"), 0)
        self._problems: list[str] = []

    def run(self, lines: Iterable[bytes], step: ProgressCallback) -> TextsRepaired:
        """Reads texts, one a line, and writes those that are missing.

        Run again it does the rest. Raises Invalid for a line that is no text, Unavailable.
        """
        with closing(self._named):
            self._follow(step)
            for some in read_texts(lines):
                self._repair(some)
                step("Putting texts back", sum(self._counts.values()), 0)
        return TextsRepaired(**self._counts, problems=tuple(self._problems))

    def _follow(self, step: ProgressCallback | None = None) -> None:
        while entries := self._store.read(self._next, EVENTS_PER_READ, sealed=False):
            self._named.follow((entry.leaf, entry.stored) for entry in entries)
            self._next = entries[-1].leaf + 1
            if step is not None:
                step("Reading the events", self._next, 0)

    def _repair(self, texts: Sequence[KeptText]) -> None:
        by_id = {text.id: text for text in texts}
        named, erased = self._named.by_id(by_id), self._named.erased(by_id)
        here = self._store.texts.rows(by_id)
        missing: list[TextRow] = []
        for of, text in by_id.items():
            row, held, events = text.row(), here.get(of), named.get(of, [])
            if of in erased or text.state is TextState.ERASED:
                self._counts["erased"] += 1
            elif not events:
                self._refuse([f"No event of this ledger names the text {of}."])
            elif row is None:
                self._refuse([f"The text {of} is missing in the other copy as well."])
            elif faults := [each.sentence for each in faults_of(events, row, None)]:
                self._refuse(faults)
            elif held is not None and all(matches(held, each.commitment) for each in events):
                self._counts["in_place"] += 1
            else:
                missing.append(row)
        self._write(missing)

    def _write(self, missing: Sequence[TextRow]) -> None:
        """Writes these rows; one that was erased in the meantime is emptied again."""
        if not missing:
            return
        self._store.append([], [TextRestored(row=row) for row in missing])
        self._follow()
        if erased := self._named.erased(row.id for row in missing):
            self._store.append([], [TextsErased(ids=tuple(erased))])
        self._counts["put_back"] += len(missing) - len(erased)
        self._counts["erased"] += len(erased)

    def _refuse(self, why: Sequence[str]) -> None:
        self._counts["refused"] += 1
        self._problems += why[: MOST_NAMED - len(self._problems)]
