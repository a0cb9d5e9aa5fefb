"""The circumstances that the golden events were recorded under."""

from datetime import UTC, datetime
from typing import Any

from ledger.domain.envelope import Event, Recorded

LEAF = 41
RECORDED_AT = datetime(2026, 3, 10, 10, 0, 0, 250_000, tzinfo=UTC)


def recorded(event: Event, **changes: Any) -> Recorded:
    """The event, recorded."""
    kind = event.name.partition(".")[0]
    facts: dict[str, Any] = {
        "event": event,
        "stream": f"{kind}/0a1b2c3d-0000-5000-8000-000000000001",
        "version": 3,
        "leaf": LEAF,
        "id": "019d5c3e-7a00-7000-8000-00000000002a",
        "recorded_at": RECORDED_AT,
        "actor": "person/019d5c3e-7a00-7000-8000-000000000001",
        "source": "source/main",
        "correlation": "019d5c3e-7a00-7000-8000-000000000029",
        "causation": "019d5c3e-7a00-7000-8000-000000000028",
        "policy_digest": "sha256:" + "5" * 64,
        "body_digest": "b" * 64,
    }
    return Recorded(**facts | changes)
