"""What every test shares."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.components import require
from tests.rig import postgres

# No test here is about time: a busy machine is no failure.
settings.register_profile(
    "airledger", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("airledger")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `component(name)` runs where that program is, and is skipped elsewhere."""
    for marker in item.iter_markers("component"):
        for name in marker.args:
            require(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """The PostgreSQL of this test run."""
    require("postgres")
    server = postgres.Server(postgres.run_directory())
    server.forget_the_disk()
    yield server
    server.stop()


@pytest.fixture
def database(postgres_server: postgres.Server) -> Iterator[postgres.Database]:
    """A fresh database with the tables of a ledger, and nothing in them."""
    with postgres_server.database(postgres_server.template()) as database:
        yield database


@pytest.fixture
def empty(postgres_server: postgres.Server) -> Iterator[postgres.Database]:
    """A database with nothing in it, on a server that has the roles."""
    postgres_server.template()
    with postgres_server.database() as database:
        yield database
