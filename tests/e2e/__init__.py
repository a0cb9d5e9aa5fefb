"""The real server, asked and told over HTTP as its users do."""

import pytest

pytest.register_assert_rewrite("tests.e2e.alerting", "tests.e2e.reading")
