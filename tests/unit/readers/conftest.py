"""A Prometheus that holds six hours, and a ledger that asks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.recorded_prometheus import RecordedPrometheus, recorded
from tests.unit.reactor.watch import Watch, watch
from tests.unit.readers.samples import BEGUN, HOURS, asking, histogram


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecordedPrometheus]:
    """Shared by the tests of a module; one that stops it starts it again."""
    with recorded(tmp_path_factory.mktemp("prometheus") / "store", histogram()) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Watch]:
    """At the end of the fourth hour and a minute, under a policy that asks for the latency."""
    with watch(tmp_path / "data") as opened:
        opened.now = BEGUN
        opened.pass_time(hours=HOURS - 2, minutes=1)
        opened.adopt(asking())
        yield opened
