"""A report that was forged is not what the log gives, however the file is written."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from consumers.risk_report.check import ReportCheck, check_file
from consumers.risk_report.making import risk_report
from consumers.risk_report.publishing import canonical_bytes
from consumers.risk_report.rendering import report_file
from ledger.errors import Invalid
from ledger.store.port import Store

Check = Callable[[bytes], ReportCheck]
Change = Callable[[dict[str, Any]], object]
OTHER = "airledger 0.0.0"
"""Another program that may have made a file."""


@pytest.fixture
def check(store: Store) -> Check:
    """Checks a file's content against the store."""
    return lambda content: check_file(
        content, "file", lambda month, leaf: risk_report(store, month, leaf=leaf)
    )


@pytest.fixture
def whole(store: Store) -> bytes:
    """The JSON of the report of March."""
    return canonical_bytes(risk_report(store, "2026-03"))


@pytest.fixture
def page(store: Store) -> str:
    """The page of the same."""
    return report_file(risk_report(store, "2026-03")).decode()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda of: of.update(note="absent"), "$.note"),
        (lambda of: of["summary"].update(risks=None), "$.summary.risks"),
        (lambda of: of["summary"].pop("risks_new"), "$.summary.risks_new"),
        (lambda of: of["risks"]["rows"].append("absent"), "$.risks.rows[4]"),
        (lambda of: of["evidence"]["governance"][0]["approved"].append("absent"), "approved[1]"),
        (lambda of: of["summary"].update(incidents=1.5), "$.summary.incidents"),
        (lambda of: of.update(complete=1), "$.complete"),
        (lambda of: of.update(origin="elsewhere.example"), "$.origin"),
        (lambda of: of.update(until=of["known_at"][:4]), "$.until"),
        (lambda of: of["risks"]["rows"].reverse(), "$.risks.rows[0]"),
    ],
)
def test_a_forged_value_is_named(check: Check, whole: bytes, change: Change, path: str) -> None:
    fields = json.loads(whole)
    change(fields)
    found = check(json.dumps(fields).encode())
    assert not found.ok
    assert any(path in each.path for each in found.differences), found.differences


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"risks":', '"risks":99,"risks":'),
        ('"leaf":', '"leaf":1e3,"x":'),
        ('"leaf":', '"leaf":123456789012345678901234567890,"x":'),
        ('"leaf":', '"leaf":' + "9" * 5_000 + ',"x":'),
        ('"risks":', '"risks":1e999,"x":'),
        ('"complete":', '"complete":Infinity,"x":'),
        ('"program":"', '"program":"\\ud800'),
        ("airledger.risk-report/1", "airledger.risk-report/0"),
        ('"program":', '"program":7,"x":'),
        ('"schema":', '"x":' + "[" * 100_000 + '"schema":'),
    ],
    ids=[
        "a name twice",
        "a leaf that is no integer",
        "a leaf of 30 digits",
        "a leaf of 5,000 digits",
        "a number too large",
        "infinity",
        "half a character",
        "an older form",
        "a program that is a number",
        "nested deeply",
    ],
)
def test_what_is_no_json_of_a_report_is_refused(
    check: Check, whole: bytes, before: str, after: str
) -> None:
    with pytest.raises(Invalid, match="no risk report"):
        check(whole.decode().replace(before, after, 1).encode())


def test_a_file_that_was_cut_is_refused(check: Check, whole: bytes, page: str) -> None:
    for content in (whole[: len(whole) // 2], page.encode()[:3_000], b"", b" \n"):
        with pytest.raises(Invalid, match="no risk report"):
            check(content)


FORGED = "<p>No risk is above tolerance.</p>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("</main>", f"<![CDATA[ >{FORGED} ]]></main>"),
        ("</main>", f"<?x>{FORGED}?></main>"),
        ("</main>", f"<!x>{FORGED}</main>"),
        ("</main>", f"</main><script>document.body.innerHTML = '{FORGED}'</script>"),
        ("<html lang", "<html lang='x' hidden lang"),
        ("</html>", f"</html>{FORGED}"),
        ("<!doctype html>", f"<!doctype html>{FORGED}"),
        ("</h2>", "</h2 >"),
        ("<section ", "<section hidden "),
        ("</bdi>", "</bdi>0"),
    ],
)
@pytest.mark.parametrize("program", [None, OTHER])
def test_a_forged_page_is_found_whoever_it_says_made_it(
    check: Check, page: str, before: str, after: str, program: str | None
) -> None:
    assert before in page
    forged = page.replace(before, after, 1)
    if program is not None:
        own = json.loads(page.partition('id="risk-report">')[2].partition("</script>")[0])
        forged = forged.replace(f'"program":"{own["program"]}"', f'"program":"{program}"')
    found = check(forged.encode())
    assert not found.ok
    assert found.differences


def test_a_report_of_another_program_is_compared_by_its_numbers(
    check: Check, store: Store, whole: bytes
) -> None:
    fields = json.loads(whole)
    found = check(json.dumps({**fields, "program": OTHER}).encode())
    assert (True, True) == (found.ok, any(OTHER in each for each in found.notes))


def test_a_page_of_another_program_with_the_same_words_is_what_the_log_gives(
    check: Check, store: Store
) -> None:
    from msgspec.structs import replace

    other = replace(risk_report(store, "2026-03"), program=OTHER)
    found = check(report_file(other))
    assert (True, ()) == (found.ok, found.differences)
    assert any(OTHER in each for each in found.notes)
