"""The sample files of our own, and how tests read them."""

import json
from pathlib import Path
from typing import Any

from consumers.evaluations import Declared, FoundValue, ReadEvaluation, read_evaluation

SAMPLES = Path(__file__).parents[2] / "samples/evaluations"


def sample(name: str) -> bytes:
    """The bytes of a sample file."""
    return (SAMPLES / name).read_bytes()


def sample_json(name: str) -> Any:
    """A sample file's JSON."""
    return json.loads(sample(name))


def read(name: str, tool: str, **declared: Any) -> ReadEvaluation:
    """What a sample says."""
    return read_evaluation(sample(name), tool=tool, declared=Declared(**declared))


def read_json(document: Any, tool: str, **declared: Any) -> ReadEvaluation:
    """What a document says, once it is written as JSON."""
    content = json.dumps(document).encode()
    return read_evaluation(content, tool=tool, declared=Declared(**declared))


def only(read: ReadEvaluation) -> FoundValue:
    """The one value of a file."""
    assert 1 == len(read.values), (read.values, read.refused)
    return read.values[0]


def numbers(read: ReadEvaluation) -> dict[str, tuple[float, int | None, str | None, str | None]]:
    """By name: value, n, unit and direction."""
    return {each.found: (each.value, each.n, each.unit, each.direction) for each in read.values}


def reasons(read: ReadEvaluation) -> dict[str, str]:
    """Why values were refused, by their paths."""
    return {each.path: each.reason for each in read.refused}
