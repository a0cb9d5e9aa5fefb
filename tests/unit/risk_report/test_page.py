"""The HTML file and the PDF: what they say, and that they load nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from consumers.risk_report.making import risk_report
from consumers.risk_report.pdf import report_pdf
from consumers.risk_report.publishing import digest_of
from consumers.risk_report.rendering import page_of, report_body, report_file
from consumers.risk_report.words import HEADLINES
from ledger.errors import SettingsError
from ledger.store.port import Store
from tests.components import require
from tests.unit.risk_report.march import SECRET, identified, march, record


def test_each_number_of_the_summary_leads_to_its_section(store: Store) -> None:
    report = risk_report(store, "2026-03")
    page = report_file(report).decode()
    targets = set(re.findall(r'href="#([a-z-]+)"', page))
    assert targets <= set(re.findall(r'<h2 id="([a-z-]+)"', page))
    assert {each.field for each in HEADLINES} == set(report.summary.__struct_fields__)
    assert page.index('id="summary"') < page.index('id="above-tolerance"')


def test_the_file_loads_nothing_and_tells_no_text_beside_the_log(store: Store) -> None:
    page = report_file(risk_report(store, "2026-03")).decode()
    assert [] == re.findall(r'(?:src|href)="(?!#)[^"]*"|url\(|@import|https?://', page)
    assert SECRET not in page


def test_the_part_for_pages_links_references_and_has_no_style_of_its_own(store: Store) -> None:
    report = risk_report(store, "2026-03")
    body = str(report_body(report, digest_of(report)))
    assert 'href="/incidents/INC-' in body
    assert 'href="/risks/RSK-' in body
    assert "<style" not in body
    assert "style=" not in body
    assert page_of("ZZZ-1") is None


def test_a_title_is_a_text_and_never_markup(store: Store) -> None:
    title = '</script><script>alert(1)</script>&"\x1b[2J'
    record(store, [(march(40), "risk", "evil", identified(march(40), title, "chat", "other"))])
    page = report_file(risk_report(store, "2026-04")).decode()
    assert "<script>alert" not in page
    assert "\x1b" not in page
    assert 1 == page.count("</script>")


@pytest.mark.component("pango")
@pytest.mark.component("pdftotext")
def test_the_pdf_says_what_the_report_says(store: Store, tmp_path: Path) -> None:
    report = risk_report(store, "2026-03")
    (tmp_path / "report.pdf").write_bytes(report_pdf(report))
    ended = subprocess.run(
        [require("pdftotext"), "-layout", tmp_path / "report.pdf", "-"],
        capture_output=True,
        check=True,
    )
    text = " ".join(ended.stdout.decode().split())
    for words in (
        "Risk report 2026-03",
        "What the board has to hear",
        "Tolerated is at most Medium, by the current assessment. Open risks: 4",
        digest_of(report),
        f"Up to leaf {report.leaf}",
    ):
        assert words in text


@pytest.mark.only_on("sqlite", "no store is asked")
def test_without_weasyprint_it_says_what_installs_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(SettingsError, match=r"pip install 'airledger\[pdf\]'"):
        report_pdf(risk_report(store, "2026-03"))
