"""What every test shares."""

import gc
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import structlog
from hypothesis import HealthCheck, settings

from consumers.runtime.garbage_collection import collect_seldom
from tests.components import require
from tests.harness import kafka, postgres
from tests.temporary import keep_in_memory, keep_what_failed

keep_in_memory()

# No test here is about time: a busy machine is no failure.
settings.register_profile(
    "airledger", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("airledger")

# By default tracebacks are drawn with every local variable, which takes seconds where these are
# large, in the event loop.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# A client reads a bundle of certificates for each that is made, which takes 20 ms: here, once.
transports = import_module("httpx._transports.default")
transports.create_ssl_context = cache(transports.create_ssl_context)  # type: ignore[attr-defined]


def pytest_addoption(parser: pytest.Parser) -> None:
    """See `tests.harness.homes`."""
    parser.addoption(
        "--stores",
        choices=("both", "one"),
        default="both",
        help="run end-to-end, property and slow tests on both stores, or on one by the seed",
    )


def pytest_collection() -> None:
    """Nothing of what is collected is garbage: looking for it took a third of the time."""
    gc.disable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `component(name)` runs where that program is, and is skipped elsewhere."""
    for marker in item.iter_markers("component"):
        for name in marker.args:
            require(name)


def pytest_collection_finish() -> None:
    """What was collected lives on: half a million objects that nobody needs to look through."""
    gc.enable()
    collect_seldom()


def pytest_sessionfinish(exitstatus: int) -> None:
    """The files of tests that failed are kept."""
    if exitstatus:
        keep_what_failed()


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
def own_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server that nobody else works with, for who kills it."""
    require("postgres")
    with TemporaryDirectory() as directory:
        server = postgres.Server(Path(directory) / "pg")
        yield server
        server.stop()


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[kafka.Broker]:
    """The Kafka broker of this test run."""
    require("kafka")
    with kafka.shared() as broker:
        yield broker


@pytest.fixture
def empty(postgres_server: postgres.Server) -> Iterator[postgres.Database]:
    """A database with nothing in it, on a server that has the roles."""
    postgres_server.template()
    with postgres_server.database() as database:
        yield database
