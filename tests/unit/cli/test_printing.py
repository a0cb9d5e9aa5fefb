"""Texts from outside are shown and never obeyed; tables for people, one document for programs."""

import json

import pytest

from consumers.cli import printing
from consumers.cli.arguments import parse_body, require_text
from consumers.cli.printing import format_time, label, print_items, print_table
from consumers.text_safety import escape_controls
from ledger.domain.incident.commands import Classify, CompleteRca, Contain, Report
from ledger.errors import Invalid
from ledger.vocabulary import Severity


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("détecté — «有害» 🔥", "détecté — «有害» 🔥"),
        ("\x1b[2Jgone\x07", "\\x1b[2Jgone\\x07"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("right\u202eleft", "right\\u202eleft"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u200db", "a\u200db"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert shown == escape_controls(text)


def test_a_cell_is_one_line_without_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Title", "N"), [("[red]a[/red]\n  b :smile:", 1), (None, label(None, Severity))])

    out = capsys.readouterr().out

    assert "[red]a[/red] b :smile:" in out
    assert "-" in out.splitlines()[-1]


def test_nothing_is_cut_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("Title", "N"), [("x" * 500, 1)], fold="Title")

    assert "x" * 500 in capsys.readouterr().out


def test_a_list_is_one_document_with_items(capsys: pytest.CaptureFixture[str]) -> None:
    print_items(each for each in [{"a": "é"}, {"a": None}])

    assert {"items": [{"a": "é"}, {"a": None}]} == json.loads(capsys.readouterr().out)


def test_a_progress_bar_is_not_shown_without_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with printing.progress("Working") as step:
        step("Working on", 1, 2)

    assert ("", "") == capsys.readouterr()


def test_times_are_read_by_people() -> None:
    assert "2026-11-23 01:05" == format_time("2026-11-23T01:05:09.123456Z")
    assert "2026-11-23 01:05:09" == format_time("2026-11-23T01:05:09.123456Z", seconds=True)
    assert "-" == format_time(None)


def test_a_time_whose_year_the_zone_does_not_have_is_printed_in_utc() -> None:
    printing.show_times_in("America/New_York")
    try:
        assert "2026-11-22 20:05" == format_time("2026-11-23T01:05:09.123456Z")
        assert "0001-01-01 00:00" == format_time("0001-01-01T00:00:00.000000Z")
        assert "0001-01-01 00:00 UTC" == printing.moment("0001-01-01T00:00:00.000000Z")
    finally:
        printing.show_times_in(None)


def test_a_body_is_the_same_structure_as_over_http() -> None:
    assert Contain(action="Off") == parse_body(Contain, {"action": "Off", "at": None})
    made = parse_body(CompleteRca, {"summary": "s", "root_cause": "c", "actions": ["a", "b"]})
    assert ["a", "b"] == made.actions


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"action": ""}, "--action '' is invalid: Expected str of length >= 1."),
        ({"action": "x" * 10_001}, "Expected str of length <= 10000."),
        ({"action": "x", "at": "2026-11-23T25:30:00"}, "--at '2026-11-23T25:30:00' is invalid"),
        ({"action": "x", "at": "noon"}, "such as 2026-11-23T09:30:00Z."),
        ({"action": "\udcff"}, "--action '\\udcff' is invalid: it is not UTF-8."),
    ],
)
def test_a_wrong_value_names_its_option_and_the_rule(fields: dict[str, str], said: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_body(Contain, fields)

    assert said in str(caught.value)


def test_an_option_is_named_as_it_is_typed() -> None:
    with pytest.raises(Invalid, match="--root-cause '' is invalid"):
        parse_body(CompleteRca, {"summary": "s", "root_cause": ""})
    with pytest.raises(Invalid, match="--detected-at"):
        parse_body(Report, {"title": "t", "system": "s", "detected_at": "x"})
    with pytest.raises(Invalid, match="--severity 'x'"):
        parse_body(Classify, {"category": "data_breach", "severity": "x"})


def test_text_in_a_list_is_checked_as_well() -> None:
    with pytest.raises(Invalid, match="--actions"):
        require_text("--actions", ["fine", "\udcff"])
