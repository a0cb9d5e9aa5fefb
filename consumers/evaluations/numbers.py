"""Numbers of files: finite, written plainly, and counts that count something."""

import json
import math
import re
from typing import Any

LARGEST = 1e300
"""Beyond it a value stands for an infinity: MLflow stores one as 1.797e308."""
MOST_SAMPLES = 10**12
SHOWN_CHARACTERS = 80
"""So much of a refused value is shown."""

MOST_BITS = 1_000
"""Of an integer; the largest has more digits than a value may have."""

_DECIMAL = re.compile(
    r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?"
)
_NOTHING = {"", "nan", "none", "null", "n/a", "na", "-"}


class NoNumber(ValueError):
    """Why something is no number that can be measured; continues "the value "."""


def number(value: Any, *, textual: bool) -> float:
    """The number that stands there; `textual` files write numbers as texts. Raises NoNumber."""
    if isinstance(value, str) and textual and _DECIMAL.fullmatch(value.strip()):
        value = float(value)
    match value:
        case None:
            raise NoNumber("is missing, or null")
        case bool() | str() | list() | dict():
            raise NoNumber("is no number")
        case int() if value.bit_length() > MOST_BITS:
            raise NoNumber("is too large to be measured")
    found = float(value)
    if math.isnan(found):
        raise NoNumber("is NaN")
    if math.isinf(found) or abs(found) > LARGEST:
        raise NoNumber("is infinite, or as good as infinite")
    return found


def count(value: Any, *, textual: bool) -> int:
    """The number of samples that stands there, one at least. Raises NoNumber."""
    found = number(value, textual=textual)
    if found != int(found) or found < 0:
        raise NoNumber("is no number of samples")
    if found == 0:
        raise NoNumber("is 0: there were no samples")
    if found > MOST_SAMPLES:
        raise NoNumber(f"is more than {MOST_SAMPLES:,} samples")
    return int(found)


def is_nothing(value: Any) -> bool:
    """Whether a sample has no value: empty, null, NaN or N/A."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and value.strip().lower() in _NOTHING)


def shown(value: Any) -> str:
    """What stands there, in a line, cut."""
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > 256:
        return "a very large number"
    text = json.dumps(value, default=str)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
