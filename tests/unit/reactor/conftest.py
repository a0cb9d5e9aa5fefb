"""A watch on a directory of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.homes import pytest_generate_tests, tmp_path, tmp_path_factory
from tests.unit.reactor.watch import Watch, watch

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watch]:
    """With the policy adopted: RCA due after 24 h, more than 3 incidents a month, stale in 12 h."""
    with watch(tmp_path) as opened:
        yield opened
