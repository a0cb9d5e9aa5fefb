"""Risks from a CSV file: in whose words, what is faulty, and what is the same."""

from datetime import UTC, datetime

import pytest

from consumers.commands.risk_mapping import RiskMapping, parse_risk_mapping, shipped_risk_mapping
from consumers.commands.risk_rows import Fault, RiskFile, read_risks
from ledger.domain.risk.words import RiskLevel
from ledger.errors import Invalid
from ledger.policy import parse_policy, shipped
from projections.risks import LIST

POLICY = parse_policy(shipped())
NOW = datetime(2026, 11, 30, tzinfo=UTC)
THEIRS = """
delimiter = ";"
[columns]
title = "Risiko"
system = "Verfahren"
current_likelihood = "W"
current_impact = "A"
review_due = "Prüfung"
[values.likelihood]
"5" = "Almost certain"
[values.current_impact]
"hoch" = "severe"
[defaults]
owner = "Rosa Manager"
category = "Privacy"
"""
HEADER = "Risiko;Verfahren;W;A;Prüfung\n"


def read(lines: str, mapping: RiskMapping | None = None) -> RiskFile:
    """The file of these lines below the header."""
    data = f"{HEADER}{lines}".encode()
    return read_risks(data, mapping or parse_risk_mapping(THEIRS), POLICY, NOW, "Imported.")


def faults(lines: str) -> list[tuple[int, str, str]]:
    """The line, column and value of each fault."""
    return [(each.line, each.column, each.value) for each in read(lines).faults]


def test_their_words_become_our_labels_by_the_table_the_id_or_the_label() -> None:
    found = read("Daten;tutor;5;HOCH;\nMehr;;possible;Moderate;\n")
    assert () == found.faults
    first, second = found.rows
    assert ("Daten", "tutor", "privacy", "Rosa Manager") == (
        first.identify.title,
        first.identify.system,
        first.identify.category,
        first.identify.owner,
    )
    [assessed] = first.assess
    assert (RiskLevel.CURRENT, "almost_certain", "severe", "Imported.") == (
        assessed.level,
        assessed.likelihood,
        assessed.impact,
        assessed.rationale,
    )
    assert second.identify.system is None
    assert ["moderate"] == [each.impact for each in second.assess]


def test_a_row_without_likelihood_and_impact_assesses_nothing() -> None:
    [row] = read("Daten;tutor;;;\n").rows
    assert () == row.assess


def test_each_fault_has_its_line_column_value_and_remedy() -> None:
    found = read("Daten;tutor;7;hoch;\n")
    assert () == found.rows
    [fault] = found.faults
    assert isinstance(fault, Fault)
    assert (2, "W", "7") == fault[:3]
    assert "the policy has no likelihood '7'" in fault.why
    assert "[values.likelihood]" in fault.remedy


def test_all_faults_of_all_lines_are_found() -> None:
    assert [(2, "W", "7"), (2, "A", ""), (4, "Risiko", "")] == faults(
        "Daten;tutor;7;;\nGut;tutor;5;hoch;\n;tutor;5;hoch;\n"
    )


def test_a_line_with_another_number_of_cells_is_a_fault() -> None:
    [fault] = read("Daten;tutor\n").faults
    assert "the line has 2 cells, and the first line 5" == fault.why


def test_the_same_title_and_system_twice_is_a_fault_whatever_case_and_spaces() -> None:
    assert [(3, "Risiko", "DATEN ")] == faults("Daten;Tutor;;;\nDATEN ;tutor;;;\nDaten;;;;\n")


def test_what_the_rules_of_the_ledger_refuse_is_a_fault_before_anything_is_sent() -> None:
    [fault] = read("Daten;tutor;5;hoch;2020-01-01\n").faults
    assert (2, "Prüfung", "2020-01-01") == fault[:3]
    assert "cannot be due" in fault.why


def test_a_mapping_names_its_own_faults() -> None:
    with pytest.raises(Invalid) as caught:
        parse_risk_mapping('[columns]\ntitel = "Risiko"\n[values.impactt]\nx = "minor"\n')
    assert {
        "columns.titel",
        "values.impactt",
        "columns.title",
        "columns.category",
        "columns.owner",
    } == {field for field, _ in caught.value.errors}
    assert "Did you mean title?" in dict(caught.value.errors)["columns.titel"]


def test_a_column_that_the_file_does_not_have_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(Invalid) as caught:
        read("", parse_risk_mapping(THEIRS.replace('"W"', '"Wahrscheinlichkeit"')))
    assert ["columns.current_likelihood"] == [field for field, _ in caught.value.errors]
    assert "Risiko, Verfahren, W, A" in caught.value.remedy


def test_the_shipped_mapping_names_columns_of_an_export() -> None:
    exported = {"id", "reference", *(each.name for each in LIST.columns)}
    assert set(shipped_risk_mapping().columns.values()) <= exported


def test_a_closed_row_is_marked_and_an_id_has_to_be_one() -> None:
    words = 'columns = {id = "i", title = "t", status = "s"}\ndefaults = {owner = "a", '
    mapping = parse_risk_mapping(f'{words}category = "other"}}\n')
    data = b"i,t,s\n,One,Closed\nABC-7,Two,open\n"
    found = read_risks(data, mapping, POLICY, NOW, "Imported.")
    assert [("One", True)] == [(each.identify.title, each.is_closed) for each in found.rows]
    assert [(3, "i", "ABC-7")] == [each[:3] for each in found.faults]
