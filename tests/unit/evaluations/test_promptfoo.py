"""Promptfoo: shares of tests, errors apart from failures, several models in one file."""

from datetime import UTC, datetime

from ledger.vocabulary import Direction, Origin
from tests.unit.evaluations.samples import read, read_json, reasons, sample_json

NAME = "promptfoo-v3.json"
MODEL, URL = "openai:chat:gpt-4o-mini", "models.example/v1/chat"


def test_each_provider_has_its_share_of_passes_and_of_errors() -> None:
    found = read(NAME, "promptfoo")
    assert () == found.refused
    assert "0.118.0" == found.tool_version
    assert [
        ("pass_rate", URL, 0.7, 10, Direction.HIGHER),
        ("pass_rate", MODEL, 0.8, 10, Direction.HIGHER),
        ("error_rate", URL, 0.1, 10, Direction.LOWER),
        ("error_rate", MODEL, 0.0, 10, Direction.LOWER),
        ("named.tone", URL, 0.8, 5, Direction.HIGHER),
    ] == [(each.found, each.model, each.value, each.n, each.direction) for each in found.values]
    first = found.values[0]
    assert "results.prompts[0].metrics.testPassCount" == first.path
    assert datetime(2026, 3, 2, 9, 0, 0, 250_000, UTC) == first.until
    assert ("1", {}) == (first.unit, first.segment)
    assert Origin.FILE == first.origins["n"] == first.origins["measured_at"]
    assert Origin.MAPPING == first.origins["unit"] == first.origins["direction"]


def test_a_run_in_which_every_test_ended_in_an_error_has_no_pass_rate() -> None:
    document = sample_json(NAME)
    document["results"]["prompts"][0]["metrics"] |= {
        "testPassCount": 0,
        "testFailCount": 0,
        "testErrorCount": 9,
    }
    found = read_json(document, "promptfoo")
    assert {"results.prompts[0]": "no test was judged"} == reasons(found)
    assert [MODEL] == [each.model for each in found.values if each.found == "pass_rate"]


def test_a_run_without_tests_has_no_value_that_could_be_judged() -> None:
    document = sample_json(NAME)
    for prompt in document["results"]["prompts"]:
        prompt["metrics"] = {"testPassCount": 0, "testFailCount": 0, "testErrorCount": 0}
    assert () == read_json(document, "promptfoo").values


def test_several_prompts_of_one_provider_are_told_apart_by_their_id() -> None:
    document = sample_json(NAME)
    document["results"]["prompts"][1] |= {"provider": URL, "id": "p-2"}
    found = read_json(document, "promptfoo", names={"pass_rate": "quality"})
    assert [{"prompt": "p-1"}, {"prompt": "p-2"}] == [each.segment for each in found.values]
    one = read_json(
        document, "promptfoo", names={"pass_rate": "quality"}, segment={"prompt": "p-2"}
    )
    assert [(0.8, {"prompt": "p-2"})] == [(each.value, each.segment) for each in one.values]
    assert 1 == len(one.refused)


def test_no_secret_of_an_address_is_taken_for_the_models_name() -> None:
    found = read(NAME, "promptfoo")
    assert {URL, MODEL} == {each.model for each in found.values}


def test_a_prompt_of_any_length_may_be_the_label_of_a_provider() -> None:
    document = sample_json(NAME)
    for prompt in document["results"]["prompts"]:
        prompt |= {"id": None, "label": "long\n" * 1_000}
    assert 4 < len(read_json(document, "promptfoo").values)
    document["results"]["prompts"][1]["provider"] = URL
    assert () == read_json(document, "promptfoo", names={"pass_rate": "quality"}).values


def test_the_declared_model_takes_one_of_several() -> None:
    found = read(NAME, "promptfoo", names={"pass_rate": "quality"}, model=MODEL)
    assert [("quality", 0.8)] == [(each.metric, each.value) for each in found.values]
    assert ("error_rate", "named.tone") == found.left_out
    [refused] = found.refused
    assert f"the file says the model is {URL}, and {MODEL} was declared" == refused.reason
