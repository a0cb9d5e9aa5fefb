"""What looks like a value and is none: aborted and empty runs, p-values, times without a zone."""

import io
import zipfile
from typing import Any

import pytest

from consumers.evaluations import Declared, FoundValue, ReadEvaluation, read_evaluation
from ledger.errors import Invalid
from tests.unit.evaluations.samples import (
    read,
    read_json,
    reasons,
    sample,
    sample_json,
)

GARAK = "garak-0.14.report.jsonl"
INSPECT = "inspect-log.json"
BERLIN = Declared(zone="Europe/Berlin")


def garak(*lines: bytes) -> ReadEvaluation:
    """What a report of these lines says."""
    return read_evaluation(b"\n".join(lines), tool="garak", declared=BERLIN)


def test_a_report_of_garak_without_its_completion_is_of_an_aborted_run() -> None:
    lines = sample(GARAK).splitlines()
    found = garak(*(line for line in lines if b"completion" not in line))
    assert () == found.values
    assert ["the report has no completion: the run was aborted, or this is its digest alone"] == [
        each.reason for each in found.refused
    ]


def test_a_report_of_garak_that_holds_two_runs_is_refused() -> None:
    lines = sample(GARAK).splitlines()
    assert () == garak(*lines, *lines).values
    assert () == garak(*lines, lines[1]).values


def test_times_of_garak_without_a_zone_are_refused_and_never_guessed() -> None:
    found = read(GARAK, "garak")
    assert () == found.values
    assert "has no offset" in reasons(found)["line 4: passed"]


@pytest.mark.parametrize("status", ["cancelled", "error", "started", "SUCCESS", "", None])
def test_a_log_of_inspect_that_was_no_success_has_no_values(status: str | None) -> None:
    document = sample_json(INSPECT)
    document["status"] = status
    try:
        found = read_json(document, "inspect")
    except Invalid:
        assert status is None
        return
    assert () == found.values
    assert 1 == len(found.refused)


def test_an_invalidated_log_of_inspect_has_no_values() -> None:
    document = sample_json(INSPECT) | {"invalidated": True}
    assert () == read_json(document, "inspect").values


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return made.getvalue()


def test_an_archive_of_inspect_says_what_its_header_says() -> None:
    content = archive({"samples/1.json": b"{}", "header.json": sample(INSPECT)})
    found = read_evaluation(content, tool="inspect")
    assert read(INSPECT, "inspect") == found


def test_an_archive_of_inspect_without_its_header_is_of_a_run_that_did_not_end() -> None:
    content = archive({"_journal/start.json": b"{}", "samples/1.json": b"{}"})
    found = read_evaluation(content)
    assert ("inspect", ()) == (found.tool, found.values)
    assert "the run did not end" in found.refused[0].reason


def test_samples_of_several_epochs_are_no_number_of_samples() -> None:
    document = sample_json(INSPECT)
    document["eval"]["config"]["epochs"] = 3
    found = {each.found: each.n for each in read_json(document, "inspect").values}
    assert {"model_graded_fact.accuracy": 36, "length.mean": None} == found


def test_a_run_of_mlflow_that_did_not_finish_has_no_values() -> None:
    for status in ("RUNNING", "FAILED", "KILLED", "SCHEDULED", None):
        document = sample_json("mlflow-run.json")
        document["run"]["info"]["status"] = status
        assert () == read_json(document, "mlflow").values


def test_of_several_steps_in_a_file_of_mlflow_none_is_taken() -> None:
    lines = b"1772000500000 0.5 0\n1772000600000 0.9 1\n1772000700000 0.7 2\n"
    found = read_evaluation(lines, tool="mlflow")
    assert () == found.values
    assert 3 == len(found.refused)


def test_a_line_of_mlflow_without_a_step_is_read() -> None:
    found = read_evaluation(b"1772000500000 0.5\n", tool="mlflow")
    assert [0.5] == [each.value for each in found.values]


def drift(name: str, config: dict[str, Any] | None) -> FoundValue:
    """What is read of one drift score."""
    metric = {"id": "x", "value": 0.04, "metric_name" if config else "metric_id": name}
    if config is not None:
        metric["config"] = {"type": "evidently:metric_v2:ValueDrift", "column": "a", **config}
    return read_json({"metrics": [metric], "tests": []}, "evidently", n=100).values[0]


@pytest.mark.parametrize("method", ["K-S p_value", "ks", "z", "Fisher's Exact test", "TVD"])
def test_a_p_value_is_never_called_a_distance(method: str) -> None:
    value = drift("ValueDrift(column=a)", {"method": method})
    assert value.found.endswith("_p_value")
    assert "higher" == value.direction


@pytest.mark.parametrize("method", ["PSI", "psi", "Jensen-Shannon distance", "ed"])
def test_a_distance_is_better_when_it_is_lower(method: str) -> None:
    value = drift("ValueDrift(column=a)", {"method": method})
    assert not value.found.endswith("_p_value")
    assert "lower" == value.direction


@pytest.mark.parametrize(
    "name",
    [
        "ValueDrift(column=a)",
        "ValueDrift(column=a,threshold=0.1)",
        "ValueDrift(column=a,method=my own,threshold=0.1)",
        "ValueDrift(column=method,threshold=psi)",
    ],
)
def test_a_drift_score_without_a_known_method_is_not_judgeable(name: str) -> None:
    value = drift(name, None)
    assert ("drift", None, 100) == (value.found, value.direction, value.n)
    assert not value.judgeable


def test_methods_of_earlier_versions_of_evidently_are_read_from_the_name() -> None:
    value = drift("ValueDrift(column=a,b,method=Wasserstein distance (normed))", None)
    assert ("drift_wasserstein", {"column": "a,b"}) == (value.found, value.segment)


def test_a_metric_of_deepeval_that_only_had_errors_has_no_value() -> None:
    found = read("deepeval-run.json", "deepeval", names={"Faithfulness": "a"})
    assert () == found.values
    assert {"metricsScores[4].scores": "no sample has a value"} == reasons(found)


def test_a_suite_of_great_expectations_that_evaluated_nothing_does_not_pass() -> None:
    document = sample_json("great-expectations-0.9.json")
    for percent in (None, 100.0):
        document["statistics"] = {"evaluated_expectations": 0, "success_percent": percent}
        assert () == read_json(document, "great-expectations").values


def test_a_sample_of_ragas_that_failed_is_counted_and_not_averaged() -> None:
    rows = [b"user_input,faithfulness", b"a,1.0", *[b"b,NaN"] * 9]
    found = read_evaluation(b"\n".join(rows), tool="ragas")
    assert [("faithfulness", 1.0, 1), ("faithfulness.without_value", 0.9, 10)] == [
        (each.found, each.value, each.n) for each in found.values
    ]


@pytest.mark.parametrize("cell", ["error", "Infinity", "1,5", "\u0661", "1_0", "True", "0x1"])
def test_a_column_of_ragas_with_something_else_in_it_is_refused(cell: str) -> None:
    content = f'user_input,faithfulness\na,1.0\nb,"{cell}"\n'.encode()
    assert () == read_evaluation(content, tool="ragas").values


def test_an_aggregate_is_not_taken_for_rows_of_samples() -> None:
    with pytest.raises(Invalid, match="not of the shape 'one row a sample'"):
        read_evaluation(b"version,Faithfulness\na,0.7\nb,0.8\n", tool="ragas")


def test_a_share_larger_than_its_whole_is_refused() -> None:
    document = sample_json("promptfoo-v3.json")
    document["results"]["prompts"][0]["metrics"]["testFailCount"] = -5
    assert all(each.value <= 1 for each in read_json(document, "promptfoo").values)


def test_lm_evals_counters_are_not_taken_for_times() -> None:
    document = sample_json("lm-eval.json")
    document["date"] = document["start_time"]
    found = read_json(document, "lm-eval")
    assert () == found.values
    assert "before 2000" in found.refused[0].reason


def test_a_file_without_any_value_is_invalid() -> None:
    with pytest.raises(Invalid, match="holds no value of evidently"):
        read_evaluation(
            b'{"metrics": [{"metric_name": "x", "config": {}, "value": []}]}', tool="evidently"
        )
