"""Segments: which part of what a system does was measured, as labels with their values."""

from collections.abc import Mapping

import msgspec


def segment_text(segment: Mapping[str, str]) -> str:
    """The labels of a segment as one text: "route=chat, tier=2"; empty for the whole.

    What could be taken for another label stands in quotes, as in JSON: no two segments have one
    text.
    """
    return ", ".join(f"{_word(name, '=')}={_word(value)}" for name, value in segment.items())


def _word(text: str, ends: str = "") -> str:
    plain = not any(each in text for each in f',"{ends}')
    return text if plain else msgspec.json.encode(text).decode()
