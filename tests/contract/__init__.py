"""Contracts: what every backend of a port holds, written once and run for each."""

import pytest

pytest.register_assert_rewrite(
    "tests.contract.appending",
    "tests.contract.keeping",
    "tests.contract.log_table",
    "tests.contract.store_contract",
    "tests.contract.writing",
)
