"""Everything that has a ledger runs on both stores; trackers take turns."""

from collections.abc import Iterator

import pytest

from tests.harness.homes import pytest_generate_tests, tmp_path, tmp_path_factory
from tests.unit.notify.tracked import KINDS, Tracked, tracked

__all__ = ["pytest_generate_tests", "tmp_path", "tmp_path_factory"]


@pytest.fixture(params=KINDS)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tracked]:
    with tracked(tmp_path_factory.mktemp("tickets") / "data", request.param) as opened:
        yield opened
