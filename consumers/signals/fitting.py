"""Making a signal fit an event: a log entry holds 65,535 bytes, an annotation may hold more.

The longest texts are cut first, and named; the body that carried them in full is kept.
"""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from ledger.domain.alert import Signal

BUDGET_BYTES = 52_000
"""What a signal's own texts may take in an event, as JSON; the rest is the envelope's."""
CUT_CHARACTERS = 1_000
SHORTEST_CUT = 50
MOST_NAMED = 20


def fitted(signal: Signal) -> Signal:
    """The signal with its longest texts cut until it fits; `shortened` names what was cut."""
    size = len(msgspec.json.encode(signal))
    if size <= BUDGET_BYTES:
        return signal
    texts = {
        **{("labels", name): value for name, value in signal.labels.items()},
        **{("annotations", name): value for name, value in signal.annotations.items()},
        ("generator_url", ""): signal.generator_url,
    }
    cut: list[str] = []
    for length in (CUT_CHARACTERS, SHORTEST_CUT, 0):
        for place in sorted(texts, key=lambda at: len(texts[at]), reverse=True):
            if size <= BUDGET_BYTES or len(texts[place]) <= length:
                break
            before = len(msgspec.json.encode(texts[place]))
            texts[place] = texts[place][:length] + ("…" if length else "")
            size -= before - len(msgspec.json.encode(texts[place]))
            cut.append(".".join(part for part in place if part)[:200])
    signal = replace(
        signal,
        labels=_part(texts, "labels"),
        annotations=_part(texts, "annotations"),
        generator_url=texts["generator_url", ""],
        shortened=_named(cut),
    )
    if len(msgspec.json.encode(signal)) <= BUDGET_BYTES:
        return signal
    return replace(signal, labels={}, annotations={}, shortened=("labels", "annotations"))


def _part(texts: Mapping[tuple[str, str], str], part: str) -> dict[str, str]:
    return {name: value for (of, name), value in texts.items() if of == part}


def _named(cut: list[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(cut))
    more = len(names) - MOST_NAMED
    return names if more <= 0 else (*names[:MOST_NAMED], f"and {more} more")
