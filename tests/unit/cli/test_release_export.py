"""`airledger release export` and `airledger release key`, on each store."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined] # not in its __all__

from consumers.container.ledger import open_ledger
from ledger.domain.release.words import Decision
from tests.harness.gated_release import REF, GatedRelease
from tests.harness.homes import settings_of
from tests.unit.cli.conftest import Run


@pytest.fixture
def decided(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """The leaf of a go, which a no-go followed; the environment names a file for the key."""
    monkeypatch.setenv("AIRLEDGER_RELEASES__KEY_FILE", str(tmp_path / "release.pem"))
    ledger = open_ledger(settings_of(data_dir))
    try:
        gated = GatedRelease(ledger, 12)
        gated.sign()
        leaf = gated.decide()
        gated.decide(Decision.NO_GO, "It is too slow.")
    finally:
        ledger.close()
    return leaf


def test_a_decision_is_written_to_a_file_that_the_printed_key_verifies(
    run: Run, decided: int, tmp_path: Path
) -> None:
    made, file = run("release", "key", "init"), tmp_path / "decision.json"

    done = run("release", "export", REF, "--leaf", str(decided), "-o", str(file))

    key = SSlibKey.from_crypto(load_pem_public_key(run("release", "key").out.encode()))
    assert (0, 0, f"{file} written.\n") == (made.status, done.status, done.out)
    assert made.out == run("release", "key").out
    envelope = Envelope.from_dict(json.loads(file.read_bytes()))
    envelope.verify([key], 1)
    assert "PASSED" == json.loads(envelope.payload)["predicate"]["verificationResult"]
    printed = run("release", "export", *REF.split("@"), "--leaf", str(decided))
    assert file.read_text() == printed.out
    newest = Envelope.from_dict(run("release", "export", REF).json)
    assert "FAILED" == json.loads(newest.payload)["predicate"]["verificationResult"]


@pytest.mark.usefixtures("decided")
def test_what_cannot_be_exported_says_why(run: Run, tmp_path: Path) -> None:
    run("release", "key", "init")

    unknown = run("release", "export", "assistant", "9.9.9")
    elsewhere = run("release", "export", REF, "--leaf", "1")
    nowhere = run("release", "export", REF, "-o", str(tmp_path / "absent" / "x.json"))
    again = run("release", "key", "init")

    assert [1, 1, 2, 1] == [each.status for each in (unknown, elsewhere, nowhere, again)]
    assert "There is no release" in unknown.err
    assert "no decision on assistant@1.0.0 at leaf 1" in elsewhere.err
    assert "cannot be written" in nowhere.err
    assert "already" in again.err


@pytest.mark.component("postgres")
@pytest.mark.only_on("postgres", "an embedded ledger makes its key itself")
@pytest.mark.usefixtures("decided")
def test_on_postgresql_no_key_is_made_by_an_export(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_file = run("release", "export", REF)
    monkeypatch.delenv("AIRLEDGER_RELEASES__KEY_FILE")
    unnamed = [run("release", "export", REF), run("release", "key"), run("release", "key", "init")]

    assert not (tmp_path / "release.pem").exists()
    assert [2, 2, 2, 2] == [each.status for each in (without_file, *unnamed)]
    assert "airledger release key init" in without_file.err
    assert all("releases.key_file is not set" in each.err for each in unnamed)
