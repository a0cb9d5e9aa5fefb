"""A ledger and each tracker in turn."""

from collections.abc import Iterator

import pytest

from tests.unit.notify.tracked import KINDS, Tracked, tracked


@pytest.fixture(params=KINDS)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tracked]:
    with tracked(tmp_path_factory.mktemp("tickets") / "data", request.param) as opened:
        yield opened
