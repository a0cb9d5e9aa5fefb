"""The same leaf gives the same bytes: of both stores, on any host, whatever is recorded later."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from consumers.risk_report.making import risk_report
from consumers.risk_report.publishing import canonical_bytes, digest_of
from ledger.store.port import Store
from tests.harness.homes import store_of
from tests.unit.risk_report.golden import FILE, written
from tests.unit.risk_report.march import SECRET, detected, march, record

ROOT = Path(__file__).parents[3]
PRINTS = """
import sys
from pathlib import Path
from consumers.risk_report.making import risk_report
from consumers.risk_report.publishing import canonical_bytes
from ledger.store.sqlite import SQLiteStore
store = SQLiteStore(Path(sys.argv[1]))
sys.stdout.buffer.write(canonical_bytes(risk_report(store, "2026-03")))
store.close()
"""


def test_the_report_of_march_is_as_it_was_written_down(store: Store) -> None:
    found = written(risk_report(store, "2026-03"))
    assert json.loads(FILE.read_text("utf-8")) == json.loads(found), (
        "if the report is meant to say something else: python -m tests.unit.risk_report.golden"
    )


def test_a_leaf_of_before_gives_the_same_bytes_after_the_log_grew(store: Store) -> None:
    last = store.size() - 1
    first = canonical_bytes(risk_report(store, "2026-03"))
    later = detected(march(30), "chat", None)
    record(store, [(march(40), "incident", "later", later)])
    assert first == canonical_bytes(risk_report(store, "2026-03", leaf=last))
    assert first != canonical_bytes(risk_report(store, "2026-03"))


def test_a_store_that_is_opened_again_gives_the_same_bytes(store: Store, tmp_path: Path) -> None:
    first = canonical_bytes(risk_report(store, "2026-03"))
    again = store_of(tmp_path)
    assert first == canonical_bytes(risk_report(again, "2026-03"))
    again.close()


def test_both_stores_give_the_same_bytes(store: Store, tmp_path: Path) -> None:
    from ledger.store.sqlite import SQLiteStore

    (tmp_path / "other").mkdir()
    other = SQLiteStore(tmp_path / "other" / "ledger.db")
    record(other)
    assert canonical_bytes(risk_report(other, "2026-03")) == canonical_bytes(
        risk_report(store, "2026-03")
    )
    other.close()


@pytest.mark.only_on("sqlite", "another process opens its file")
@pytest.mark.parametrize(
    "host",
    [
        {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/New_York", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "77"},
    ],
    ids=["auckland", "new york"],
)
def test_another_host_gives_the_same_bytes(
    store: Store, tmp_path: Path, host: dict[str, str]
) -> None:
    there = subprocess.run(
        [sys.executable, "-c", PRINTS, str(tmp_path / "ledger.db")],
        env={**os.environ, "PYTHONPATH": str(ROOT), **host},
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert canonical_bytes(risk_report(store, "2026-03")) == there.stdout


def test_the_digest_is_that_of_the_bytes(store: Store) -> None:
    report = risk_report(store, "2026-03")
    assert sha256(canonical_bytes(report)).hexdigest() == digest_of(report)


def test_no_text_of_an_incident_is_in_it_restricted_or_not(store: Store) -> None:
    content = canonical_bytes(risk_report(store, "2026-03")).decode()
    assert SECRET not in content
    assert "[text 019d5c3e-7a00-7000-8000-0000000000aa]" in content
    assert "\ufdd0" not in content
