"""What every test shares."""

import pytest

from tests.components import require


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test marked `component(name)` runs where that program is, and is skipped elsewhere."""
    for marker in item.iter_markers("component"):
        for name in marker.args:
            require(name)
