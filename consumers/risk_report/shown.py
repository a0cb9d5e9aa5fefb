"""Values of the report in its page: each is marked with its path in the JSON.

So `report check` compares what a reader sees, and names what was changed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from consumers.text_safety import lines_for_people

NONE = Markup('<span class="none">none</span>')


class Shown:
    """A value and its path. Attributes and items of it are of its parts."""

    __slots__ = ("json_path", "raw")

    def __init__(self, value: Any, path: str = "$") -> None:
        self.raw = value
        self.json_path = path

    def __getattr__(self, name: str) -> "Shown":
        """A part of a struct."""
        return Shown(getattr(self.raw, name), f"{self.json_path}.{name}")

    def __getitem__(self, place: int | str) -> "Shown":
        """A part of a list, or of a table."""
        return Shown(self.raw[place], f"{self.json_path}[{place}]")

    def __iter__(self) -> Iterator["Shown"]:
        """The parts of a list."""
        return (self[place] for place in range(len(self.raw)))

    def __len__(self) -> int:
        """How many parts a list has."""
        return len(self.raw)

    def __html__(self) -> Markup:
        """The value as it is shown."""
        match self.raw:
            case None | () | "":
                return marked(self, NONE)
            case bool():
                return marked(self, "yes" if self.raw else "no")
            case tuple():
                return marked(self, ", ".join(map(str, self.raw)))
            case _:
                return marked(self, str(self.raw))


def marked(value: Shown, text: str) -> Markup:
    """A text that stands for a value, with the value's path."""
    inner = text if isinstance(text, Markup) else escape(lines_for_people(text))
    return Markup('<bdi data-path="{}">{}</bdi>').format(value.json_path, inner)


def time_shown(value: Shown) -> Markup:
    """A time, to the minute, in UTC."""
    if value.raw is None:
        return marked(value, NONE)
    at = str(value.raw)
    return marked(value, f"{at[:10]} {at[11:16]}")


def day_shown(value: Shown) -> Markup:
    """The day of a time, in UTC."""
    return marked(value, NONE if value.raw is None else str(value.raw)[:10])


def word_shown(value: Shown, labels: Mapping[str, str]) -> Markup:
    """A word of a vocabulary by its label; one that is in none as it is."""
    if value.raw is None:
        return marked(value, NONE)
    return marked(value, labels.get(str(value.raw), str(value.raw)))


def number_shown(value: Shown) -> Markup:
    """A number as people write it: at most six digits."""
    return marked(value, f"{value.raw:.6g}" if isinstance(value.raw, float) else str(value.raw))
