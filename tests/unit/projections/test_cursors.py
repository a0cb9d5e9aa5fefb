"""A cursor that no list gave is refused, whatever it holds."""

import base64
from pathlib import Path

import msgspec
import pytest

from consumers.runtime import open_ledger
from ledger.errors import Invalid
from ledger.settings import Settings
from projections import queries
from projections.queries.incidents import IncidentFilters


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("leaf", 2**64 - 1),
        ("leaf", 2**63),
        ("leaf", -1),
        ("leaf", "7"),
        ("-severity", "high"),
        ("-detected_at", 7),
    ],
)
def test_a_cursor_of_the_wrong_type_or_range_is_refused(
    tmp_path: Path, sort: str, value: object
) -> None:
    ledger = open_ledger(Settings(data_dir=tmp_path / "ledger"))
    try:
        ledger.settle()
        with pytest.raises(Invalid, match="cursor"):
            queries.incidents.register(
                ledger.views,
                IncidentFilters(),
                sort=sort,
                cursor=cursor(sort, value, "x"),
                limit=10,
            )
    finally:
        ledger.close()
