"""What a ledger survives: processes killed, disks full, rights missing, two servers at once."""

import pytest

pytest.register_assert_rewrite("tests.faults.checking", "tests.faults.publishers")
