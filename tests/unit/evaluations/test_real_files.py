"""Files that the tools themselves wrote, from public repositories: the numbers that are in them."""

from datetime import UTC, datetime
from pathlib import Path

import jmespath
import pytest

from consumers.evaluations import (
    Declared,
    ReadEvaluation,
    detect,
    parse_mapping,
    read_evaluation,
)
from consumers.evaluations.documents import load
from consumers.evaluations.tools import mapping_of
from ledger.errors import Invalid
from ledger.vocabulary import Direction
from tests.unit.evaluations.samples import numbers, reasons

REAL = Path(__file__).resolve().parents[4] / "shared/data/evaluations"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not REAL.is_dir(), reason="the tools' files (shared/data) are not here"),
]
UP, DOWN = Direction.HIGHER, Direction.LOWER


def real(name: str) -> bytes:
    """The bytes of a real file."""
    return (REAL / name).read_bytes()


def read(name: str, declared: Declared | None = None) -> ReadEvaluation:
    """What a real file says, by the tool that it is known to be of."""
    return read_evaluation(real(name), declared=declared or Declared())


def test_promptfoo_has_two_providers_with_five_tests_each() -> None:
    found = read("promptfoo/v3_results.trimmed.json")
    at = datetime(2025, 6, 18, 20, 57, 42, 201_000, UTC)
    url = "tds-project-1-ruby-one.vercel.app/query"
    assert ("promptfoo", ()) == (found.tool, found.refused)
    assert [
        ("pass_rate", 0.6, 5, UP, url, at, "results.prompts[0].metrics.testPassCount"),
        (
            *("pass_rate", 0.8, 5, UP, "openai:chat:gpt-4o-mini", at),
            "results.prompts[1].metrics.testPassCount",
        ),
        ("error_rate", 0.0, 5, DOWN, url, at, "results.prompts[0].metrics.testErrorCount"),
        (
            *("error_rate", 0.0, 5, DOWN, "openai:chat:gpt-4o-mini", at),
            "results.prompts[1].metrics.testErrorCount",
        ),
    ] == [
        (each.found, each.value, each.n, each.direction, each.model, each.until, each.path)
        for each in found.values
    ]


def test_deepeval_has_two_metrics_of_one_test_case() -> None:
    found = read("deepeval/latest_test_run.json")
    assert ("deepeval", ()) == (found.tool, found.refused)
    assert {
        "Exact Match": (1.0, 1, "1", UP),
        "ToolUsageMetric": (0.0, 1, "1", None),
        "Exact Match.pass_rate": (1.0, 1, "1", UP),
        "ToolUsageMetric.pass_rate": (0.0, 1, "1", UP),
    } == numbers(found)
    assert {None} == {each.until for each in found.values}


def test_evidently_of_earlier_versions_has_scores_that_nobody_can_judge() -> None:
    found = read("evidently/v0.6-0.7.15_metric_id.json", Declared(n=1_000))
    assert ("evidently", ()) == (found.tool, found.refused)
    share, *scores = found.values
    assert ("share_of_drifted_columns", 0.0, DOWN) == (share.found, share.value, share.direction)
    assert [
        ("num_words", 0.005645616766074185),
        ("num_characters", 0.006729013390054461),
        ("avg_word_len", 0.0051522998337021324),
        ("Label", 0.00025779935622355967),
        ("Content", 0.4989729043760807),
    ] == [(each.segment["column"], each.value) for each in scores]
    assert {("drift", None)} == {(each.found, each.direction) for each in scores}
    assert not any(each.judgeable for each in scores)


def test_evidently_of_later_versions_has_distances() -> None:
    found = read("evidently/v0.7.16plus_metric_name.json")
    assert ("evidently", ()) == (found.tool, found.refused)
    share, *scores = found.values
    assert (0.75, "metrics[0].value.share") == (share.value, share.path)
    assert {"drift_jensen_shannon"} == {each.found for each in scores}
    assert {(DOWN, "1", None)} == {(each.direction, each.unit, each.n) for each in scores}
    assert {
        "Black": 0.2204563607102068,
        "Brown": 0.10693094430381489,
        "Grey": 0.03994436588261948,
        "Navy": 0.02981068691982859,
        "Orange": 0.18573284706278817,
        "Pink": 0.3708710265297188,
        "Purple": 0.19766382537839328,
        "Yellow": 0.24676252479292826,
    } == {each.segment["column"]: each.value for each in scores}


def test_garak_has_one_probe_whose_times_are_of_the_declared_zone() -> None:
    found = read("garak/v0.14_with_ci.report.jsonl", Declared(zone="America/Los_Angeles"))
    assert ("garak", "0.14.0.pre1", ()) == (found.tool, found.tool_version, found.refused)
    [value] = found.values
    assert (0.74, 50, UP, None) == (value.value, value.n, value.direction, value.model)
    assert {"probe": "test.Test", "detector": "always.Pass"} == value.segment
    assert datetime(2025, 8, 28, 21, 7, 1, tzinfo=UTC) == value.until
    assert "line 7: passed" == value.path


def test_a_digest_of_garak_alone_is_refused() -> None:
    found = read("garak/v0.14_digest.json")
    assert ("garak", ()) == (found.tool, found.values)
    assert "has no completion" in found.refused[0].reason


def test_great_expectations_evaluated_32_expectations() -> None:
    found = read("great_expectations/v0.9_validation_result.json")
    assert ("great-expectations", "0.9.11+17.g1ca85e52.dirty", ()) == (
        *(found.tool, found.tool_version),
        found.refused,
    )
    first, *others = found.values
    assert (93.75, 32, "%", UP) == (first.value, first.n, first.unit, first.direction)
    assert datetime(2020, 4, 11, 0, 18, 27, 209_209, UTC) == first.until
    assert {(1_313, DOWN)} == {(each.n, each.direction) for each in others}
    age = {"expectation": "expect_column_values_to_not_be_null", "column": "Age"}
    assert [42.421934501142424] == [each.value for each in others if each.segment == age]


def test_an_archive_of_inspect_has_the_run_of_one_sample_of_a_hundred() -> None:
    found = read("inspect_ai/success.eval")
    assert ("inspect", "0.3.41.dev123+g9ad2119a.d20241015", ()) == (
        *(found.tool, found.tool_version),
        found.refused,
    )
    accuracy, error = found.values
    assert ("match.accuracy", 0.0, 1, UP) == (
        *(accuracy.found, accuracy.value),
        *(accuracy.n, accuracy.direction),
    )
    assert ("ollama/llama3.1", "popularity") == (accuracy.model, accuracy.dataset_name)
    assert datetime(2024, 10, 15, 16, 53, 13, tzinfo=UTC) == accuracy.until
    assert ("match.stderr", None) == (error.found, error.direction)


def test_a_cancelled_log_of_inspect_has_results_and_no_values() -> None:
    assert b'"value": 0.6666666666666666' in real("inspect_ai/no-samples.json")
    found = read("inspect_ai/no-samples.json")
    assert ("inspect", ()) == (found.tool, found.values)
    assert "status is not success" in found.refused[0].reason


def test_lm_eval_has_one_task_and_a_standard_error_that_is_not_available() -> None:
    found = read("lm_eval/results_2026-01-16.json")
    assert ("lm-eval", "0.4.10.dev0") == (found.tool, found.tool_version)
    [value] = found.values
    assert (0.0656270305392884, 185, UP, None) == (
        *(value.value, value.n),
        *(value.direction, value.unit),
    )
    assert ("google/gemma-2b", "masakhane/masakhaner-x") == (value.model, value.dataset_name)
    assert datetime(2026, 1, 16, 15, 5, 18, 576_677, UTC) == value.until
    path = 'results.masakhaner_luo_prompt_1."f1_stderr,flexible-extract"'
    assert {path: "the value is no number"} == reasons(found)


def test_a_metrics_file_of_mlflow_has_one_line() -> None:
    [value] = read("mlflow/f2_cv_mean", Declared(names={"metric": "f2"})).values
    assert ("f2", 0.6426624153333654, None) == (value.metric, value.value, value.n)
    assert datetime(2025, 4, 22, 3, 4, 12, 72_000, UTC) == value.until


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("mlflow/meta.yaml", "mlflow"),
        ("ragas/aggregate_by_version.csv", "ragas"),
        ("ragas/annotated_data.json", "ragas"),
        ("prometheus/query_vector.json", "csv"),
        ("prometheus/query_range_matrix.json", "csv"),
        ("modelcards/cyclonedx_1.6_ml.json", "deepeval"),
        ("modelcards/hf_modelcard_spec.md", "ragas"),
    ],
)
def test_what_is_no_result_of_a_run_is_invalid(name: str, tool: str) -> None:
    with pytest.raises(Invalid, match="not one that is read as"):
        read_evaluation(real(name), tool=tool)
    with pytest.raises(Invalid, match="not known to be of any tool"):
        detect(real(name))


def test_an_aggregate_made_by_hand_is_read_by_a_mapping() -> None:
    mapping = parse_mapping(
        'tool = "faq-check"\n[[shapes]]\nformat = "csv"\n[[shapes.values]]\n'
        'each = [{ inside = "rows" }]\nmetric = "faithfulness"\nvalue = "Faithfulness"\n'
        'unit = "1"\ndirection = "higher"\nmodel = { column = "버전" }\n'
    )
    found = read_evaluation(real("ragas/aggregate_by_version.csv"), mapping=mapping)
    assert [
        ("Ollama (llama3.2 + MiniLM)", 0.7917, None),
        ("OpenAI (GPT-4o-mini + text-embedding-3-small)", 0.875, None),
    ] == [(each.model, each.value, each.n) for each in found.values]
    assert not any(each.judgeable for each in found.values)


def test_annotations_of_ragas_are_read_by_a_mapping() -> None:
    mapping = parse_mapping(
        'tool = "annotations"\n[[shapes]]\n[[shapes.values]]\n'
        'each = [{ inside = "@", called = "metric" }]\nmetric = "{metric}"\n'
        'value = "[].metric_output"\ntake = "mean"\n'
    )
    found = read_evaluation(real("ragas/annotated_data.json"), mapping=mapping)
    [value] = found.values
    assert ("helpfulness", "helpfulness[].metric_output") == (value.found, value.path)
    outputs = jmespath.search("helpfulness[].metric_output", _json("ragas/annotated_data.json"))
    assert (sum(outputs) / len(outputs), len(outputs)) == (value.value, value.n)


def _json(name: str) -> object:
    return load(real(name), mapping_of("deepeval").file.shapes[0]).data


@pytest.mark.parametrize(
    "name",
    [
        "promptfoo/v3_results.trimmed.json",
        "evidently/v0.6-0.7.15_metric_id.json",
        "evidently/v0.7.16plus_metric_name.json",
        "great_expectations/v0.9_validation_result.json",
        "inspect_ai/success.eval",
        "lm_eval/results_2026-01-16.json",
    ],
)
def test_the_path_of_a_value_leads_to_it(name: str) -> None:
    found = read(name)
    shape = mapping_of(found.tool).file.shapes[0]
    document = load(real(name), shape).data
    for value in found.values:
        there = jmespath.search(value.path, document)
        assert there == value.value or value.found in {"pass_rate", "error_rate"}
