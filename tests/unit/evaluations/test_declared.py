"""What whoever sends a file declares fills what the file lacks, and contradicts nothing in it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consumers.evaluations import Declared, read_evaluation
from ledger.errors import Invalid
from ledger.vocabulary import Direction, Origin
from tests.unit.evaluations.samples import numbers, only, read, reasons, sample

AT = datetime(2026, 2, 25, 6, 21, 40, tzinfo=UTC)
METRIC = "mlflow-metric"


def test_what_the_file_lacks_is_declared_and_said_to_be() -> None:
    value = only(
        read(
            METRIC,
            "mlflow",
            names={"metric": "quality"},
            unit="1",
            direction=Direction.HIGHER,
            n=250,
            model="bot-7",
            dataset_name="holdout",
            dataset_digest="ab12",
            judge_model="gpt-4o",
            segment={"language": "de"},
        )
    )
    assert ("metric", "quality", 0.88) == (value.found, value.metric, value.value)
    assert ("1", "higher", 250, True) == (value.unit, value.direction, value.n, value.judgeable)
    assert {"language": "de"} == value.segment
    assert ("bot-7", "holdout", "ab12", "gpt-4o") == (
        *(value.model, value.dataset_name),
        *(value.dataset_digest, value.judge_model),
    )
    declared = {name for name, origin in value.origins.items() if origin is Origin.DECLARED}
    assert declared == {
        *("metric", "unit", "direction", "n", "model", "dataset_name"),
        *("dataset_digest", "judge_model"),
    }
    assert Origin.FILE == value.origins["value"] == value.origins["measured_at"]


def test_without_a_declaration_it_is_not_judgeable() -> None:
    value = only(read(METRIC, "mlflow"))
    assert ("unit", "direction", "n") == value.undecided
    assert not value.judgeable


def test_the_time_is_the_files_or_the_declared_one_or_that_of_receipt() -> None:
    assert AT == only(read(METRIC, "mlflow", measured_at=AT)).until
    silent = {"names": {"Toxicity": "toxicity"}}
    assert (None, Origin.RECEIPT) == time(silent)
    assert (AT, Origin.DECLARED) == time({**silent, "measured_at": AT})


def time(declared: dict[str, Any]) -> tuple[datetime | None, Origin]:
    """The time of a value of a file that says none, and its origin."""
    value = only(read("deepeval-run.json", "deepeval", **declared))
    return value.until, value.origins["measured_at"]


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"unit": "%"}, "the mapping says the unit is 1, and % was declared"),
        (
            {"direction": Direction.LOWER},
            "the file says the direction is higher, and lower was declared",
        ),
        ({"n": 1000}, "the file says the number of samples is 200, and 1000 was declared"),
        ({"model": "c/d"}, "the file says the model is a/b, and c/d was declared"),
        ({"dataset_name": "mmlu"}, "the dataset name is openai/gsm8k, and mmlu was declared"),
        ({"dataset_digest": "00"}, "the dataset digest is 77aa, and 00 was declared"),
        ({"measured_at": AT}, "the file says it was measured at 2026-01-01 10:00:00.500000"),
    ],
)
def test_a_contradiction_is_refused(declared: dict[str, Any], reason: str) -> None:
    name = "gsm8k.exact_match.strict-match"
    found = read("lm-eval.json", "lm-eval", names={name: "quality"}, **declared)
    assert () == found.values
    [why] = reasons(found).values()
    assert reason in why


def test_a_contradiction_concerns_one_value_alone() -> None:
    found = numbers(read("lm-eval.json", "lm-eval", n=62))
    assert {"wikitext.word_perplexity.none"} == found.keys()


def test_a_label_of_the_file_is_not_overwritten() -> None:
    found = read("evidently-0.7.json", "evidently", segment={"column": "age", "country": "de"})
    labels = [each.segment for each in found.values]
    assert [{"column": "age", "country": "de"}] * len(labels) == labels
    assert {"metrics[2].value": "the file says column income, and age was declared"} == reasons(
        found
    )


def test_only_named_values_are_taken_and_a_name_that_is_not_there_is_refused() -> None:
    names = {"Toxicity": "harmful output rate", "Bias": "bias"}
    found = read("deepeval-run.json", "deepeval", names=names)
    assert ["harmful output rate"] == [each.metric for each in found.values]
    assert {"": "no value of the file has this name"} == reasons(found)
    assert "Answer Relevancy" in found.left_out


@pytest.mark.parametrize(
    ("zone", "until"),
    [
        ("UTC", datetime(2026, 2, 1, 10, 20, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 2, 1, 15, 20, tzinfo=UTC)),
    ],
)
def test_times_without_an_offset_are_of_the_declared_zone(zone: str, until: datetime) -> None:
    assert until == read("garak-0.14.report.jsonl", "garak", zone=zone).values[0].until


def test_a_declared_time_goes_with_a_time_without_an_offset_if_some_zone_allows_it() -> None:
    near = datetime(2026, 2, 1, 15, 20, tzinfo=UTC)
    value = read("garak-0.14.report.jsonl", "garak", measured_at=near).values[0]
    assert (near, Origin.DECLARED) == (value.until, value.origins["measured_at"])
    far = datetime(2026, 2, 3, 15, 20, tzinfo=UTC)
    found = read("garak-0.14.report.jsonl", "garak", measured_at=far)
    assert () == found.values
    assert "was declared" in reasons(found)["line 4: passed"]


@pytest.mark.parametrize("wall", ["2026-10-25T02:30:00", "2026-03-29T02:30:00"])
def test_a_time_that_is_twice_or_never_on_the_clocks_is_refused(wall: str) -> None:
    content = sample("garak-0.14.report.jsonl").replace(
        b"2026-02-01T10:20:00.000000", wall.encode()
    )
    found = read_evaluation(content, tool="garak", declared=Declared(zone="Europe/Berlin"))
    assert () == found.values
    assert "twice or never" in found.refused[0].reason


@pytest.mark.parametrize(
    "declared",
    [
        Declared(zone="Mars/Olympus"),
        Declared(zone="../etc/passwd"),
        Declared(n=0),
        Declared(measured_at=datetime(2026, 1, 1)),  # noqa: DTZ001 - that is what is refused
    ],
)
def test_what_can_be_true_of_no_file_is_refused(declared: Declared) -> None:
    with pytest.raises(Invalid):
        read_evaluation(sample(METRIC), tool="mlflow", declared=declared)
