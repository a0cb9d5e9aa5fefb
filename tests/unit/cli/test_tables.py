"""Tables fit a terminal, long ones go through a pager; elsewhere they are tab-separated."""

import os
from pathlib import Path

import pytest
from rich.text import Text

from consumers.cli.printing import print_note, print_table
from consumers.cli.tables import fitted
from tests.unit.cli.conftest import Run, use_terminal

pytestmark = pytest.mark.only_on("sqlite", "printing is alike on every store")

HEADINGS = ("Incident", "RCA", "Due", "Completed", "At due", "System", "Title")
ROW = (
    *("INC-123456", "Met late", "2026-11-29 02:28", "2026-11-30 02:28", "overdue"),
    *("support-assistant", "The assistant quotes what other people wrote to it last week"),
)


def test_a_piped_table_is_a_line_a_row_with_tabs_between_cells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(("Title", "N"), [("one\ttwo\nthree", 1), (None, Text("a\nb"))], fold="Title")
    print_note("2 rows")

    told = capsys.readouterr()

    assert "Title\tN\none two three\t1\n-\ta; b\n" == told.out
    assert "2 rows\n" == told.err


def test_a_table_fits_eighty_columns_and_breaks_no_word_but_the_folded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_terminal(monkeypatch)

    print_table(HEADINGS, [ROW] * 3, fold="Title")

    told = capsys.readouterr().out

    assert max(map(len, told.splitlines())) <= 80
    for word in (*HEADINGS, *ROW[:-1], *ROW[-1].split()):
        assert word in told


def test_a_table_that_fits_stays_as_it_is() -> None:
    rows = [[Text(cell) for cell in ROW]]

    names, cells = fitted(HEADINGS, rows, 200, "Title")

    assert (list(HEADINGS), rows) == (list(names), cells)


def test_a_long_table_goes_through_the_pager_and_a_short_one_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use_terminal(monkeypatch)
    pager, paged = tmp_path / "my pager", tmp_path / "paged"
    pager.write_text(f'#!/bin/sh\ncat > "{paged}"\n')
    pager.chmod(0o700)
    monkeypatch.setenv("PAGER", f"'{pager}'")

    print_table(("N",), [(number,) for number in range(5)])
    short = paged.exists()
    print_table(("N",), [(number,) for number in range(100)])

    assert not short
    assert ["0", "99"] == [paged.read_text().split()[at] for at in (2, -1)]
    assert "99" not in capsys.readouterr().out


@pytest.mark.parametrize("named", ["", "no-such-pager", "'"])
def test_without_a_pager_a_long_table_is_printed(
    monkeypatch: pytest.MonkeyPatch, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    use_terminal(monkeypatch)
    monkeypatch.setenv("PAGER", named)

    print_table(("N",), [(number,) for number in range(100)])

    assert "99" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_their_options(run: Run, shell: str) -> None:
    ended = run("completion", shell)

    assert (0, "") == (ended.status, ended.err)
    for word in ("incident", "rollback", "critical", "airledger"):
        assert word in ended.out


def test_bash_reads_the_completion_script(run: Run, tmp_path: Path) -> None:
    (tmp_path / "script").write_text(run("completion", "bash").out)

    assert 0 == os.system(f"bash -n '{tmp_path}/script'")
