"""The guide to mappings: its examples do as it says, and it describes every key."""

import re
from pathlib import Path

import msgspec
import pytest

from consumers.evaluations import ReadEvaluation, parse_mapping, read_evaluation
from consumers.evaluations.mapping_file import (
    Condition,
    Level,
    MappedText,
    MappedTime,
    MappedValue,
    MappingFile,
    Shape,
)
from tests.unit.evaluations.samples import numbers, reasons, sample

GUIDE = (Path(__file__).parents[3] / "docs/how-to/import-evaluations.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(json|csv|toml)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
(_, NIGHTLY), (_, NIGHTLY_MAPPING), (_, CHUNKS), (_, CHUNKS_MAPPING) = BLOCKS


def read(content: str, mapping: str) -> ReadEvaluation:
    """What an example of the guide says by its mapping."""
    return read_evaluation(content.encode(), mapping=parse_mapping(mapping))


def test_the_nightly_check_has_the_values_that_the_guide_says() -> None:
    found = read(NIGHTLY, NIGHTLY_MAPPING)
    assert {
        "pass_rate": (0.94, 200, "1", "higher"),
        "p95": (1.84, 9_120, "s", "lower"),
    } == numbers(found)
    assert {"suite": "billing"} == found.values[0].segment
    assert ("nightly 3.1", "bot-7", "gpt-4o") == (
        *(found.tool_version, found.values[0].model),
        found.values[0].judge_model,
    )
    assert {"suites.claims.passed": "it is a share of 0: there were no samples"} == reasons(found)
    unfinished = read(NIGHTLY.replace("true", "false"), NIGHTLY_MAPPING)
    assert ((), "the check did not finish") == (unfinished.values, unfinished.refused[0].reason)


def test_the_chunks_have_the_values_that_the_guide_says() -> None:
    found = read(CHUNKS, CHUNKS_MAPPING)
    [value] = found.values
    assert ("drift_jensen_shannon", 0.12, 5_000, "lower") == (
        *(value.found, value.value),
        *(value.n, value.direction),
    )
    assert "2026-02-28T23:59:59+00:00" == (value.until.isoformat() if value.until else None)
    assert {"line 4: age_jensen_shannon_value": "the value is no number"} == reasons(found)


def test_the_chunks_mapping_reads_several_features() -> None:
    found = read(sample("nannyml.csv").decode(), CHUNKS_MAPPING)
    assert [("age", 0.12), ("city", 0.03), ("city", 0.04)] == sorted(
        (each.segment["feature"], each.value) for each in found.values
    )


@pytest.mark.parametrize(
    "kind", [MappingFile, Shape, MappedValue, MappedText, MappedTime, Level, Condition]
)
def test_the_guide_describes_every_key(kind: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(kind):
        assert re.search(rf"[`{{\[, ]{field.encode_name}\b", GUIDE), field.encode_name
