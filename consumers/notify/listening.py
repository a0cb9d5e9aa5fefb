"""What people are told of sources and of the quarantine, from the events of one stream.

What happened since is said as well: a message that waited for the morning does not call a source
silent that was heard at night.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ledger.domain.envelope import Recorded
from ledger.domain.intake import QuarantineGrown, QuarantineReduced
from ledger.domain.source import SilenceEnded, SourceHeard, SourceSilent


class Said(NamedTuple):
    """What `told` is in words, and the page about it. `began` is the event that began it.

    `source` is empty for the quarantine.
    """

    told: Recorded
    began: Recorded
    words: str
    path: str
    source: str = ""


def said_of(recorded: Sequence[Recorded], leaf: int) -> Said | None:
    """What the event at a leaf is in words; None for one of another kind of stream.

    `recorded` are all events of its stream.
    """
    told = next((each for each in recorded if each.leaf == leaf), None)
    match told:
        case Recorded(event=SourceSilent() as event):
            ends = (each.event for each in recorded if each.leaf > leaf)
            end = next(
                (each for each in ends if isinstance(each, SourceHeard | SilenceEnded)), None
            )
            words = _ended(end) if end else _goes_on(event)
            return Said(told, told, words, "/coverage", event.source)
        case Recorded(event=(SourceHeard() | SilenceEnded()) as event):
            began = _last(recorded, leaf, SourceSilent) or told
            return Said(told, began, _ended(event), "/coverage", event.source)
        case Recorded(event=QuarantineGrown() as event):
            reduced = _last(recorded, leaf, QuarantineReduced)
            since = reduced.leaf if reduced else -1
            grown = (each for each in recorded if isinstance(each.event, QuarantineGrown))
            began = next(each for each in grown if each.leaf > since)
            return Said(told, began, _growth(event), "/quarantine")
        case _:
            return None


def _last(recorded: Sequence[Recorded], leaf: int, kind: type) -> Recorded | None:
    """The last event of a type before a leaf."""
    before = (each for each in reversed(recorded) if each.leaf < leaf)
    return next((each for each in before if isinstance(each.event, kind)), None)


def _goes_on(event: SourceSilent) -> str:
    return f"Source {event.source} is silent since {_minute(event.since)}"


def _ended(event: SourceHeard | SilenceEnded) -> str:
    was = f"it was silent from {_minute(event.silent_since)}"
    if isinstance(event, SilenceEnded):
        over = "until its token was revoked or expired"
        return f"Source {event.source} may send no more: {was} {over} at {_minute(event.at)}"
    return f"Source {event.source} is heard again: {was} to {_minute(event.heard_at)}"


def _growth(event: QuarantineGrown) -> str:
    bodies = (
        "1 body that nobody could read waits"
        if event.open == 1
        else (f"{event.open:,} bodies that nobody could read wait")
    )
    return f"{bodies} in quarantine, the oldest since {_minute(event.oldest)}"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
