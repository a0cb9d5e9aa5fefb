"""Which alerts an incident has, after it absorbed another."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from ledger.domain.incident.events import Absorbed, StaleAlert
from projections.engine.projection import Key, Row
from projections.incident_alerts import INCIDENT_ALERTS
from tests.golden.envelope import recorded

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEARD = NOW - timedelta(hours=40)
FIRING, STALE = UUID(int=1), UUID(int=2)


def test_the_alerts_that_an_incident_absorbs_are_those_that_fire_and_those_not_heard_of() -> None:
    unheard = StaleAlert(alert=STALE, last_heard_at=HEARD, marked_at=NOW)
    absorbed = recorded(Absorbed(at=NOW, incident=UUID(int=3), alerts=(FIRING,), stale=(unheard,)))
    rows: dict[Key, Row] = {
        key: INCIDENT_ALERTS.evolve(None, absorbed, key) for key in INCIDENT_ALERTS.keys(absorbed)
    }
    assert [
        (str(FIRING), True, "2026-03-01T12:00:00.000000Z", None),
        (str(STALE), False, None, "2026-02-27T20:00:00.000000Z"),
    ] == [(key[1], row["firing"], row["since"], row["ended_at"]) for key, row in rows.items()]
