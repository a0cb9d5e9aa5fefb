"""What every test shares."""

import pytest
from hypothesis import HealthCheck, settings

from tests.components import require

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
