"""Everything here runs on both stores."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.e2e.played_demo import Demo, named, said
from tests.e2e.server import Server, client
from tests.harness.homes import pytest_generate_tests, store, tmp_path, tmp_path_factory

__all__ = ["demo", "pytest_generate_tests", "store", "tmp_path", "tmp_path_factory"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that was played to its end, for all tests of a module."""
    directory = tmp_path_factory.mktemp("demo") / "data"
    with Server(directory, command="demo") as server:
        told = said(server)
        with client(server, named(told, "Token to audit")) as api:
            yield Demo(server, told, api, directory, datetime.now(UTC))
