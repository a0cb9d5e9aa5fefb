"""Lists on the command line: filters, order and formats, under the names of the API."""

import csv
import io
import json

import pytest

from tests.unit.cli.conftest import Run


@pytest.fixture
def reported(run: Run) -> None:
    for number, title in enumerate(("=1+1 is answered", "Answers are late", "The index is stale")):
        told = run("incident", "report", "--title", title, "--system", f"system-{number}")
        assert 0 == told.status, told.err


@pytest.mark.usefixtures("reported")
def test_a_list_is_printed_as_csv_and_as_json_lines(run: Run) -> None:
    lines = run("incidents", "--q", "answer", "--sort", "title", "--format", "jsonl").out
    titles = [json.loads(line)["title"] for line in lines.splitlines()]
    assert ["=1+1 is answered", "Answers are late"] == titles
    given = ("--q", "answer", "--sort=-title", "--format", "csv", "--limit", "1")
    [row] = csv.DictReader(io.StringIO(run("incidents", *given).out, newline=""))
    assert ("Answers are late", "system-1") == (row["title"], row["system"])
    rows = csv.DictReader(io.StringIO(run("rca", "--format", "csv").out, newline=""))
    assert "'=1+1 is answered" in {row["title"] for row in rows}
    timeline = run("incident", "timeline", "INC-1", "--format", "jsonl").out
    assert ["incident.detected.v1"] == [json.loads(each)["type"] for each in timeline.splitlines()]


@pytest.mark.usefixtures("reported")
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--sort", "colour"), "sort"),
        (("--q", "***"), "q"),
        (("--from", "soon"), "from"),
        (("--json", "--format", "csv"), "--format csv"),
        (("--format", "xml"), "--format"),
    ],
)
def test_what_is_asked_wrongly_is_refused_by_name(
    run: Run, arguments: tuple[str, ...], named: str
) -> None:
    refused = run("incidents", *arguments)
    assert (2, "") == (refused.status, refused.out)
    assert named in refused.err


def test_a_file_of_the_quarantine_has_no_cursor(run: Run) -> None:
    assert 0 == run("incident", "report", "--title", "t", "--system", "s").status
    refused = run("quarantine", "list", "--format", "csv", "--cursor", "x")
    assert (2, "") == (refused.status, refused.out)
    assert "--cursor" in refused.err
    assert 1 == len(run("quarantine", "list", "--format", "csv", "--limit", "1").out.splitlines())


@pytest.mark.usefixtures("reported")
def test_counts_and_quarantine_are_sorted(run: Run) -> None:
    for sort, expected in (("system", [0, 1, 2]), ("-system", [2, 1, 0])):
        told = run("counts", f"--sort={sort}", "--json").json["items"]
        assert [f"system-{number}" for number in expected] == [each["system"] for each in told]
        lines = run("counts", f"--sort={sort}", "--format", "jsonl").out.splitlines()
        assert told == [json.loads(line) for line in lines]
    assert {"items": []} == run(
        "quarantine", "list", "--source", "am", "--sort=-seen", "--json"
    ).json
    for words in (("counts",), ("quarantine", "list")):
        refused = run(*words, "--sort", "colour")
        assert (2, "") == (refused.status, refused.out)
        assert "expected one of" in refused.err
