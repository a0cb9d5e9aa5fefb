"""Truncates a signal to fit an event: a log entry holds 65,535 bytes, an annotation may hold more.

The longest texts are cut first, and named; the body with the full texts is kept. Labels are never
cut, for the policy's rules match them: a signal whose labels alone are too large is refused.
"""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from ledger.domain.alert import Sender, Signal

BUDGET_BYTES = 50_000
"""The size of a signal's own texts in an event, as JSON in bytes; the rest is the envelope's."""
LABELS_BYTES = 24_000
SENDER_CHARACTERS = 300
CUT_CHARACTERS = (1_000, 50, 0)
MOST_NAMED = 20
_URL = "generator_url"


class TooLarge(ValueError):
    """The reason why a signal is too large to be recorded."""


def none_if_zero_time(time: datetime | None) -> datetime | None:
    """The time; None for the year 1, which is Go's zero time."""
    return None if time is None or time.year == 1 else time


def sender(external_url: str, receiver: str, group_key: str) -> Sender:
    """The sender of a notification; each text is cut, for senders differ at its front."""
    return Sender(
        external_url=external_url[:SENDER_CHARACTERS],
        receiver=receiver[:SENDER_CHARACTERS],
        group_key=group_key[:SENDER_CHARACTERS],
    )


def truncate(signal: Signal) -> Signal:
    """The signal with its longest texts cut until it fits; `shortened` names what was cut.

    Raises TooLarge where its labels, or the names of its annotations, leave no room.
    """
    if (size := _size(signal.labels)) > LABELS_BYTES:
        raise TooLarge(f"its labels take {size} bytes; at most {LABELS_BYTES} can be recorded")
    size = _size(signal)
    if size <= BUDGET_BYTES:
        return signal
    texts = {f"annotations.{name}": text for name, text in signal.annotations.items()}
    texts[_URL] = signal.generator_url
    cut: dict[str, None] = {}
    for length in CUT_CHARACTERS:
        for name in sorted(texts, key=lambda each: len(texts[each]), reverse=True):
            if size <= BUDGET_BYTES or len(texts[name]) <= length:
                break
            before = _size(texts[name])
            texts[name] = texts[name][:length] + ("…" if length else "")
            size -= before - _size(texts[name])
            cut[name[:200]] = None
    if size > BUDGET_BYTES:
        raise TooLarge(f"its {len(signal.annotations)} annotations cannot be cut to fit an event")
    url = texts.pop(_URL)
    annotations = {name.removeprefix("annotations."): text for name, text in texts.items()}
    return replace(signal, annotations=annotations, generator_url=url, shortened=_named(list(cut)))


def _size(value: object) -> int:
    return len(msgspec.json.encode(value))


def _named(cut: list[str]) -> tuple[str, ...]:
    more = len(cut) - MOST_NAMED
    return tuple(cut) if more <= 0 else (*cut[:MOST_NAMED], f"and {more} more")
