"""A repair erases again what was erased since the copy was made, bodies with it."""

import hashlib
from pathlib import Path

import pytest

from consumers.intake.parsed import Incoming
from ledger.store.sqlite.raw_bytes import has_bytes, with_sidecars
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_reading import ENTRY, NOW, set_aside
from tests.unit.cli.test_repair import copied, put_in_place

pytestmark = pytest.mark.only_on("sqlite", "a file of SQLite is put back")

TITLE = "Told by Jane Roe"


def test_a_body_that_an_older_copy_has_goes_with_its_text(
    run: Run, data_dir: Path, tmp_path: Path
) -> None:
    ref = run("incident", "report", "--title", TITLE, "--system", "chat", "--json").json
    body = f'{{"title": "{TITLE}"}}'.encode()
    digest = hashlib.sha256(body).hexdigest()
    set_aside(data_dir, Incoming(source="am", body=body, digest=digest, arrived_at=NOW))
    copied(data_dir / "ledger.db", tmp_path / "backup.db")
    assert "Erased." in run("erase", "--incident", ref["reference"], "--reason", "request").out
    (tmp_path / "lines.jsonl").write_text(run("replay").out)
    put_in_place(tmp_path / "backup.db", data_dir / "ledger.db")

    assert 0 == run("store", "repair", str(tmp_path / "lines.jsonl")).status

    shown = run("quarantine", "show", ENTRY)
    assert (0, False, True) == (
        shown.status,
        TITLE in shown.out,
        "The body was erased." in shown.out,
    )
    assert 1 == run("quarantine", "body", ENTRY).status
    refused = run("quarantine", "retry", ENTRY)
    assert (1, True) == (refused.status, "(rule: body_erased)" in refused.err)
    assert 0 == run("erase", "verify").status
    files = with_sidecars(data_dir / "ledger.db")
    assert not any(has_bytes(path, [TITLE.encode()]) for path in files)
