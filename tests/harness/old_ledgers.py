"""Ledgers that earlier programs wrote, restored for a test; see tests/fixtures/README.md."""

import gzip
import json
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger.settings import LogSettings, Settings, StoreSettings
from tests.harness.archives import unpack
from tests.harness.postgres import Database, program

D5443E7 = Path(__file__).parent.parent / "fixtures" / "d5443e7"
"""The program of before schema_history: schema version 2 on SQLite, 1 on PostgreSQL."""
MADE_AT = datetime(2026, 11, 28, 20, 5, tzinfo=UTC)
"""Soon after its last event, so that nothing of it falls due."""


def expected() -> dict[str, Any]:
    """What the program that wrote it showed."""
    shown: dict[str, Any] = json.loads((D5443E7 / "expected.json").read_text("utf-8"))
    return shown


def stored() -> list[bytes]:
    """Its events, in log order."""
    return gzip.decompress((D5443E7 / "replay.jsonl.gz").read_bytes()).splitlines()


def restore_sqlite(data_dir: Path) -> Settings:
    """Puts it into a data directory that is not there yet."""
    with tarfile.open(D5443E7 / "sqlite.tar.gz") as archive:
        unpack(archive, data_dir)
    return Settings(data_dir=data_dir)


def restore_postgres(database: Database, data_dir: Path) -> Settings:
    """Puts it into an empty database, and its signing key into a data directory."""
    sql = gzip.decompress((D5443E7 / "postgres.sql.gz").read_bytes())
    command = [str(program("psql")), "--quiet", "--set=ON_ERROR_STOP=1", database.url]
    subprocess.run(command, input=sql, check=True, stdout=subprocess.DEVNULL)
    restore_sqlite(data_dir)
    (data_dir / "ledger.db").unlink()
    (data_dir / "views.db").unlink()
    return Settings(
        data_dir=data_dir,
        store=StoreSettings(url=database.url),
        log=LogSettings(key_file=data_dir / "log.key"),
    )
