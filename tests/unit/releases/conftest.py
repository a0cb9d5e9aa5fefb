"""A ledger with a release behind twelve requirements, on each store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.container.ledger import Ledger, open_ledger
from ledger.settings import Settings
from ledger.settings.model import ReleasesSettings
from tests.harness.gated_release import GatedRelease
from tests.harness.homes import pytest_generate_tests, settings_of, tmp_path, tmp_path_factory

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]


def with_key(settings: Settings, path: Path) -> Settings:
    """The settings with a file for the key that signs statements."""
    return settings.model_copy(update={"releases": ReleasesSettings(key_file=path)})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(with_key(settings_of(tmp_path / "data"), tmp_path / "release-key.pem"))
    yield opened
    opened.close()


@pytest.fixture
def gated(ledger: Ledger) -> GatedRelease:
    return GatedRelease(ledger, 12)
