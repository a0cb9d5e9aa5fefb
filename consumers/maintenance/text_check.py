"""The check of texts from anywhere against the events that name them; no store is needed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing

import msgspec

from consumers.container.progress import ProgressCallback
from consumers.maintenance.named_texts import NamedTexts
from consumers.maintenance.side_texts import faults_of
from consumers.maintenance.text_lines import read_texts
from consumers.read_service.kept_texts import TextState

MOST_NAMED = 20
"""So many faults are named, the others counted."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """`matching` texts are those that were recorded; `erased` ones are empty, by an event.

    `faulty` are all others; `problems` names the first of them.
    """

    matching: int
    erased: int
    faulty: int
    problems: tuple[str, ...]


def check_texts(
    lines: Iterable[bytes], events: Iterable[Iterable[bytes]], step: ProgressCallback
) -> Checked:
    """Compares texts, one a line, with the stored events of their log, some at a time.

    Raises Invalid for a line that is no text.
    """
    counts: Counter[str] = Counter()
    problems: list[str] = []
    with closing(NamedTexts()) as named:
        for leaf in follow(named, events):
            step("Reading the events", leaf, 0)
        for some in read_texts(lines):
            ids = [each.id for each in some]
            by_id, erased = named.by_id(ids), named.erased(ids)
            for text in some:
                found = (
                    [
                        each.sentence
                        for each in faults_of(by_id[text.id], text.row(), erased.get(text.id))
                    ]
                    if text.id in by_id
                    else [f"No event names the text {text.id}."]
                )
                readable = text.state is TextState.READABLE
                counts["faulty" if found else "matching" if readable else "erased"] += 1
                problems += found[: MOST_NAMED - len(problems)]
            step("Checking", counts.total(), 0)
    return Checked(
        matching=counts["matching"],
        erased=counts["erased"],
        faulty=counts["faulty"],
        problems=tuple(problems),
    )


def follow(named: NamedTexts, events: Iterable[Iterable[bytes]]) -> Iterator[int]:
    """Follows stored events in log order; yields how many were followed so far."""
    count = 0
    for chunk in events:
        some = list(chunk)
        named.follow(enumerate(some, start=count))
        count += len(some)
        yield count
