"""A full embedded ledger, and an empty one that it moves to."""

from pathlib import Path

import pytest

from ledger.store.postgres import schema
from tests.harness.full_ledger import furnish
from tests.harness.postgres import Database

MAY_MOVE = (schema.INTAKE, schema.SEALER)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data directory with something of everything in it."""
    furnish(tmp_path / "old")
    return tmp_path / "old"


@pytest.fixture
def target(
    database: Database, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Database:
    """An empty ledger's database, which the environment names for a user who may move."""
    monkeypatch.setenv("AIRLEDGER_STORE__URL", database.as_user(database.user(*MAY_MOVE)))
    monkeypatch.setenv("AIRLEDGER_LOG__KEY_FILE", str(tmp_path / "new.key"))
    return database
