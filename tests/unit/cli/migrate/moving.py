"""A move in this process, which a test can stop."""

from pathlib import Path

from consumers.container.ledger import now
from consumers.maintenance.migration import Migration
from ledger.settings import Settings
from ledger.settings.model import LogSettings, StoreSettings
from tests.harness.postgres import Database


def migration(old: Path, target: Database, key: Path) -> Migration:
    """A move of a ledger to a database, with a key file there."""
    settings = Settings(store=StoreSettings(url=target.url), log=LogSettings(key_file=key))
    return Migration(old, settings, now)


def nothing(*_: object) -> None:
    """A step or check that has nothing to say."""
