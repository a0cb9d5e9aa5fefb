"""What is read of each tool's files, in each of their shapes: numbers, and where they stand."""

from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from consumers.evaluations import Declared, FoundValue, detect, mapping_of, read_evaluation, tools
from ledger.errors import NotFound
from tests.unit.evaluations.samples import SAMPLES, read, reasons, sample

ZONE = "Europe/Berlin"


class Row(NamedTuple):
    """A value that a sample has."""

    found: str
    value: float
    n: int | None
    unit: str | None
    direction: str | None
    path: str


def row(value: FoundValue) -> Row:
    """A found value as these tables have it."""
    return Row(
        value.found,
        round(value.value, 12),
        value.n,
        value.unit,
        None if value.direction is None else value.direction.value,
        value.path,
    )


SCORES = "metricsScores"
UP, DOWN = "higher", "lower"
EXPECTED: dict[str, list[Row]] = {
    "deepeval-run.json": [
        Row("Answer Relevancy", 0.7, 3, "1", UP, f"{SCORES}[0].scores"),
        Row("Toxicity", 0.2, 2, "1", DOWN, f"{SCORES}[1].scores"),
        Row("Politeness [GEval]", 0.8, 1, "1", UP, f"{SCORES}[2].scores"),
        Row("Own Metric", 3.0, 1, "1", None, f"{SCORES}[3].scores"),
        Row("Answer Relevancy.pass_rate", 0.5, 4, "1", UP, f"{SCORES}[0].passes"),
        Row("Toxicity.pass_rate", 1.0, 2, "1", UP, f"{SCORES}[1].passes"),
        Row("Politeness [GEval].pass_rate", 1.0, 1, "1", UP, f"{SCORES}[2].passes"),
        Row("Own Metric.pass_rate", 1.0, 1, "1", UP, f"{SCORES}[3].passes"),
    ],
    "evidently-0.7.16.json": [
        Row("share_of_drifted_columns", 0.25, 1200, "1", DOWN, "metrics[1].value.share"),
        Row("drift_psi", 0.21, 1200, "1", DOWN, "metrics[2].value"),
        Row("drift_chi_square_p_value", 0.01, 1200, "1", UP, "metrics[3].value"),
        Row("drift", 0.9, 1200, "1", None, "metrics[4].value"),
        Row("RowCount()", 1200, 1200, None, None, "metrics[0].value"),
        Row("MeanValue(column=helpful)", 0.87, 1200, None, None, "metrics[5].value"),
    ],
    "evidently-0.7.json": [
        Row("share_of_drifted_columns", 0.5, None, "1", DOWN, "metrics[0].value.share"),
        Row("drift", 0.004, None, "1", None, "metrics[1].value"),
        Row("drift_psi", 0.31, None, "1", DOWN, "metrics[2].value"),
    ],
    "evidently-0.4.json": [
        Row(
            *("share_of_drifted_columns", 0.25, 500, "1", DOWN),
            "metrics[1].result.share_of_drifted_columns",
        ),
        Row(
            *("drift_psi", 0.15, 500, "1", DOWN),
            "metrics[2].result.drift_by_columns.age.drift_score",
        ),
        Row(
            *("drift_ks_p_value", 0.4, 500, "1", UP),
            'metrics[2].result.drift_by_columns."the city".drift_score',
        ),
    ],
    "garak-0.14.report.jsonl": [Row("pass_rate", 0.9, 50, "1", UP, "line 4: passed")],
    "garak-0.9.report.jsonl": [Row("pass_rate", 0.75, 40, "1", UP, "line 3: passed")],
    "great-expectations-0.18.json": [
        Row("success_percent", 75.0, 4, "%", UP, "statistics.success_percent"),
        Row("unexpected_percent", 2.5, 200, "%", DOWN, "results[1].result.unexpected_percent"),
    ],
    "great-expectations-0.9.json": [
        Row("success_percent", 100.0, 8, "%", UP, "statistics.success_percent")
    ],
    "great-expectations-checkpoint.json": [
        Row(
            *("success_percent", 90.0, 10, "%", UP),
            'run_results."ValidationResultIdentifier::a".validation_result.statistics.'
            "success_percent",
        )
    ],
    "inspect-log.json": [
        Row(
            *("model_graded_fact.accuracy", 0.75, 36, "1", UP),
            "results.scores[0].metrics.accuracy.value",
        ),
        Row("length.mean", 120.5, 38, None, None, "results.scores[1].metrics.mean.value"),
    ],
    "lm-eval.json": [
        Row(
            *("gsm8k.exact_match.strict-match", 0.52, 200, "1", UP),
            'results.gsm8k."exact_match,strict-match"',
        ),
        Row(
            *("gsm8k.exact_match_stderr.strict-match", 0.01, 200, None, None),
            'results.gsm8k."exact_match_stderr,strict-match"',
        ),
        Row(
            *("gsm8k.exact_match.flexible-extract", 0.61, 200, "1", UP),
            'results.gsm8k."exact_match,flexible-extract"',
        ),
        Row(
            *("wikitext.word_perplexity.none", 11.5, 62, None, DOWN),
            'results.wikitext."word_perplexity,none"',
        ),
    ],
    "mlflow-history.json": [Row("recall", 0.6, None, None, None, "metrics[2].value")],
    "mlflow-run.json": [Row("accuracy", 0.91, None, None, None, "run.data.metrics[0].value")],
    "mlflow-metric": [Row("metric", 0.88, None, None, None, "line 1: value")],
    "ragas.csv": [
        Row("faithfulness", 0.75, 2, "1", UP, "columns.faithfulness"),
        Row("answer_relevancy", 0.6, 3, "1", UP, "columns.answer_relevancy"),
        Row(
            *("noise_sensitivity(mode=relevant)", 0.5, 4, "1", DOWN),
            'columns."noise_sensitivity(mode=relevant)"',
        ),
        Row("conciseness", 0.666666666667, 3, None, None, "columns.conciseness"),
        Row(
            "faithfulness.without_value",
            0.5,
            4,
            "1",
            DOWN,
            "columns.faithfulness (faithfulness.without_value)",
        ),
        Row(
            "answer_relevancy.without_value",
            0.25,
            4,
            "1",
            DOWN,
            "columns.answer_relevancy (answer_relevancy.without_value)",
        ),
    ],
    "values.csv": [
        Row("accuracy", 0.93, 400, "1", UP, "line 2: value"),
        Row("p95", 1.8, 9000, "s", DOWN, "line 3: value"),
        Row("f1", 0.7, None, None, None, "line 9: value"),
    ],
}
REFUSED = {
    "deepeval-run.json": {
        "metricsScores[4].scores": "no sample has a value",
        "metricsScores[4]": "no test case was judged",
    },
    "garak-0.14.report.jsonl": {"line 5: passed": "it is a share of 0: there were no samples"},
    "great-expectations-0.18.json": {
        "results[2].result.unexpected_percent": "the value is missing, or null"
    },
    "great-expectations-checkpoint.json": {
        'run_results."ValidationResultIdentifier::b".statistics.success_percent': "the value is "
        "missing, or null"
    },
    "inspect-log.json": {"results.scores[0].metrics.stderr.value": "the value is NaN"},
    "lm-eval.json": {
        'results.gsm8k."exact_match_stderr,flexible-extract"': "the value is no number",
        'results.wikitext."bits_per_byte,none"': "the value is NaN",
    },
    "mlflow-history.json": {
        f"metrics[{index}].value": "the file has several values of this name: a mapping can tell "
        "them apart"
        for index in (0, 1)
    },
    "mlflow-run.json": {
        "run.data.metrics[1].value": "the value is no number",
        "run.data.metrics[2].value": "the value is infinite, or as good as infinite",
    },
    "values.csv": {
        "line 4: value": "the value is no number",
        "line 5: value": "the value is no number",
        "line 6: value": "the value is no number",
        "line 7: n": "the number of samples is 0: there were no samples",
        "line 8: value": "'upwards' is no direction: higher or lower",
    },
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_values_of_a_file_are_these_and_its_tool_is_known_by_it(name: str) -> None:
    found = read_evaluation(sample(name), declared=Declared(zone=ZONE))
    assert EXPECTED[name] == [row(each) for each in found.values]
    assert REFUSED.get(name, {}) == reasons(found)
    assert name.startswith(found.tool) or name == "values.csv"


def test_both_files_of_deepeval_say_the_same() -> None:
    run = read("deepeval-run.json", "deepeval").values
    latest = read("deepeval-latest.json", "deepeval").values
    assert [row(each) for each in run] == [
        row(each)._replace(path=each.path.removeprefix("testRunData.")) for each in latest
    ]


@pytest.mark.parametrize(
    ("name", "version", "model", "dataset", "digest", "judge", "until"),
    [
        ("deepeval-run.json", None, "gpt-4o-mini", None, None, "gpt-4o", None),
        (
            *("evidently-0.4.json", "0.4.30", None, None, None, None),
            datetime(2026, 1, 31, 9, 0, 0, 500_000, UTC),
        ),
        (
            *("garak-0.14.report.jsonl", "0.14.0", "gpt-4o-mini", None, None, None),
            datetime(2026, 2, 1, 9, 20, tzinfo=UTC),
        ),
        (
            *("garak-0.9.report.jsonl", "0.9.0.13", "gpt2", None, None, None),
            datetime(2025, 5, 1, 7, tzinfo=UTC),
        ),
        (
            *("great-expectations-0.18.json", "0.18.8", None, "orders", None, None),
            datetime(2026, 4, 1, 2, 1, 1, 250_000, UTC),
        ),
        (
            *("great-expectations-0.9.json", "0.9.11", None, None, None, None),
            datetime(2026, 4, 11, 0, 18, 27, 209_209, UTC),
        ),
        (
            *("inspect-log.json", "0.3.150", "openai/gpt-4o", "guide", None),
            *("openai/gpt-4o-2024-08-06", datetime(2026, 3, 1, 11, 30, tzinfo=UTC)),
        ),
        (
            *("lm-eval.json", "0.4.9", "a/b", "openai/gsm8k", "77aa", None),
            datetime(2026, 1, 1, 10, 0, 0, 500_000, UTC),
        ),
        (
            *("mlflow-run.json", None, "m-1", "holdout", "9f1c", None),
            datetime(2026, 2, 25, 6, 21, 40, tzinfo=UTC),
        ),
    ],
)
def test_the_first_value_names_model_dataset_judge_and_time(
    name: str,
    version: str | None,
    model: str | None,
    dataset: str | None,
    digest: str | None,
    judge: str | None,
    until: datetime | None,
) -> None:
    found = read_evaluation(sample(name), declared=Declared(zone=ZONE))
    first = found.values[0]
    assert version == found.tool_version
    assert (model, dataset, digest, judge, until) == (
        *(first.model, first.dataset_name, first.dataset_digest),
        *(first.judge_model, first.until),
    )
    assert ("receipt" if until is None else "file") == first.origins["measured_at"]


def test_probes_detectors_columns_and_expectations_are_labels() -> None:
    garak = read("garak-0.9.report.jsonl", "garak", zone=ZONE).values[0]
    assert {"probe": "encoding.InjectBase64", "detector": "encoding.DecodeMatch"} == garak.segment
    evidently = read("evidently-0.7.json", "evidently").values
    assert [{}, {"column": "age"}, {"column": "income"}] == [each.segment for each in evidently]
    expectations = read("great-expectations-0.18.json", "great-expectations").values
    named = {"expectation": "expect_column_values_to_not_be_null", "column": "id"}
    assert named == expectations[1].segment


def test_every_tool_has_a_title_a_valid_mapping_and_a_sample() -> None:
    names = [each.name for each in tools()]
    assert sorted(names) == names
    for tool in tools():
        assert tool.title
        assert tool.name == mapping_of(tool.name).file.tool
        assert [path.name for path in SAMPLES.glob(f"{tool.name}*")] or tool.name == "csv"


def test_an_unknown_tool_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(NotFound, match="csv, deepeval, evidently"):
        read_evaluation(b"{}", tool="nagios")


@pytest.mark.parametrize("path", sorted(SAMPLES.iterdir()), ids=lambda path: path.name)
def test_no_file_is_taken_for_another_tools(path: object) -> None:
    name = str(path).rpartition("/")[2]
    if name == "nannyml.csv":
        return
    assert name.startswith(detect(sample(name))) or name == "values.csv"
