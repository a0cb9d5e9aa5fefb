"""A changed number is found, in the JSON and in the page, and is named by its path."""

import json
from collections.abc import Callable

import pytest

from consumers.risk_report.check import ReportCheck, check_file
from consumers.risk_report.making import risk_report
from consumers.risk_report.publishing import canonical_bytes
from consumers.risk_report.rendering import report_file
from ledger.errors import Invalid, SettingsError
from ledger.store.port import Store

Check = Callable[[bytes], ReportCheck]


@pytest.fixture
def check(store: Store) -> Check:
    """Checks a file's content against the store."""
    return lambda content: check_file(
        content, "file", lambda month, leaf: risk_report(store, month, leaf=leaf)
    )


def said(found: ReportCheck) -> list[tuple[str, str, str]]:
    return [(each.path, each.given, each.expected) for each in found.differences]


def changed(content: bytes, before: str, after: str) -> bytes:
    assert before in content.decode()
    return content.decode().replace(before, after, 1).encode()


def test_what_the_log_gives_is_whole(store: Store, check: Check) -> None:
    report = risk_report(store, "2026-03")
    for content in (canonical_bytes(report), report_file(report)):
        found = check(content)
        assert (True, 0, ()) == (found.ok, found.differing, found.notes)


def test_another_layout_of_the_same_json_is_noted_and_no_difference(
    store: Store, check: Check
) -> None:
    laid_out = json.dumps(json.loads(canonical_bytes(risk_report(store, "2026-03"))), indent=4)
    found = check(laid_out.encode())
    assert found.ok
    assert ("The file's bytes are not the canonical ones.",) == found.notes


def test_a_changed_number_of_the_json_is_named_by_its_path(store: Store, check: Check) -> None:
    content = canonical_bytes(risk_report(store, "2026-03"))
    found = check(changed(content, '"risks_above_tolerance":2', '"risks_above_tolerance":0'))
    assert not found.ok
    assert [("$.summary.risks_above_tolerance", "0", "2")] == said(found)
    deep = json.loads(content)
    deep["risks"]["rows"][0]["current"]["score"] = 4
    deep["incidents"]["rows"].pop()
    deep["counts"]["systems"][0]["crossed"] = 1
    differs = [each[0] for each in said(check(json.dumps(deep).encode()))]
    assert [
        "$.counts.systems[0].crossed",
        "$.incidents.rows[3]",
        "$.risks.rows[0].current.score",
    ] == sorted(differs)


def test_a_number_that_the_page_alone_shows_otherwise_is_named(store: Store, check: Check) -> None:
    content = report_file(risk_report(store, "2026-03"))
    shown = 'data-path="$.summary.risks_above_tolerance">'
    found = check(changed(content, f"{shown}2<", f"{shown}0<"))
    assert [("$.summary.risks_above_tolerance (shown)", "0", "2")] == said(found)


def test_a_number_of_the_json_within_the_page_is_named(store: Store, check: Check) -> None:
    content = report_file(risk_report(store, "2026-03"))
    found = check(changed(content, '"actions_overdue":1', '"actions_overdue":0'))
    assert [("$.summary.actions_overdue", "0", "1")] == said(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Standards and controls", "Standards"),
        ("Risks above tolerance</h2>", "Risks within tolerance</h2>"),
        ("</main>", "<p>All is well.</p></main>"),
        ("<style>", "<style>.bad { display: none }"),
    ],
)
def test_other_words_of_the_page_are_found(
    store: Store, check: Check, before: str, after: str
) -> None:
    content = report_file(risk_report(store, "2026-03"))
    found = check(changed(content, before, after))
    assert ["the words of the page"] == [each[0] for each in said(found)]


def test_another_digest_in_the_page_is_found(store: Store, check: Check) -> None:
    content = report_file(risk_report(store, "2026-03"))
    digest = check(content).digest
    found = check(changed(content, digest, "0" * 64))
    assert [("the digest (shown)", "0" * 64, digest)] == said(found)


def test_a_leaf_that_the_log_has_not_is_a_difference(store: Store, check: Check) -> None:
    content = canonical_bytes(risk_report(store, "2026-03"))
    leaf = store.size() - 1
    found = check(changed(content, f'"leaf":{leaf}', '"leaf":9000'))
    assert not found.ok
    assert "sealed up to leaf" in found.differences[0].expected


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "names no month"),
        (b'{"month": "2026-03", "month": "2026-04"}', "twice"),
        (b'{"month": "2026-03", "leaf": true}', "names no leaf"),
        (b'{"month": "2026-03", "leaf": 3, "schema": "other/9"}', "its form is"),
        (b'{"month": NaN}', "no number"),
        (b"[1, 2]", "neither JSON nor a page"),
        (b"\xff\xfe", "not UTF-8"),
        (b"<html></html>", "neither JSON nor a page"),
    ],
)
def test_what_is_no_report_is_refused(check: Check, content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        check(content)


def test_a_pdf_is_not_checked_itself(check: Check) -> None:
    with pytest.raises(SettingsError, match="PDF"):
        check(b"%PDF-1.7 ...")
