"""The tools whose files are read: each is a mapping file that is shipped."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from consumers.evaluations.mapping import EvaluationMapping, parse_mapping
from ledger.errors import NotFound


class EvaluationTool(NamedTuple):
    """A tool by its name, and what of it is read, in one line."""

    name: str
    title: str


@cache
def mapping_texts() -> dict[str, str]:
    """The text of each shipped mapping, by the tool's name."""
    folder = files("consumers.evaluations").joinpath("mappings")
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): folder.joinpath(name).read_text(encoding="utf-8")
        for name in found
    }


@cache
def mapping_of(tool: str) -> EvaluationMapping:
    """The shipped mapping of a tool. Raises NotFound."""
    if (text := mapping_texts().get(tool)) is None:
        known = ", ".join(mapping_texts())
        raise NotFound(
            f"There is no tool {tool[:80]!r} whose files are read.",
            remedy=f"Use one of {known}, or a mapping of your own.",
        )
    return parse_mapping(text)


def tools() -> tuple[EvaluationTool, ...]:
    """The tools, by name."""
    return tuple(
        EvaluationTool(name, str(tomllib.loads(text)["title"]))
        for name, text in mapping_texts().items()
    )
