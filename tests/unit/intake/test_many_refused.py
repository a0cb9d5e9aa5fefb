"""However many alerts of a body are refused, a retry takes every one of them."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from consumers.container.ledger import new_id, now, open_ledger
from consumers.intake import quarantine, quarantine_retry
from consumers.intake.parsed import Incoming, ParsedBody
from ledger.execute import Context, RecordSignals
from ledger.store.side_records import Quarantined, QuarantinePart
from ledger.vocabulary import SourceKind
from tests.harness.homes import settings_of

ALERTS = 150


def body() -> bytes:
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": "Down", "severity": "info", "n": str(n)},
            "startsAt": "2026-11-22T09:21:11Z",
            "fingerprint": f"{n:016x}",
        }
        for n in range(ALERTS)
    ]
    return json.dumps(
        {"version": "4", "groupKey": "g", "receiver": "r", "status": "firing", "alerts": alerts}
    ).encode()


def none_understood(incoming: Incoming) -> ParsedBody:
    return ParsedBody(
        refused=tuple(QuarantinePart(index=n, reason=f"alerts[{n}]") for n in range(ALERTS))
    )


def test_every_refused_part_is_retried(tmp_path: Path) -> None:
    ledger = open_ledger(settings_of(tmp_path / "ledger"))
    incoming = Incoming(
        source="am",
        body=body(),
        digest=hashlib.sha256(body()).hexdigest(),
        arrived_at=datetime(2026, 11, 22, 9, 22, tzinfo=UTC),
    )
    try:
        notes = quarantine.side_writes_for(
            ledger.store, none_understood(incoming), incoming, SourceKind.ALERTMANAGER, "entry"
        )
        context = Context(at=now(), actor="source/am", source="source/am", correlation=new_id())
        ledger.executor.execute(RecordSignals(source="am", notes=notes), context)
        kept = [note for note in notes if isinstance(note, Quarantined)]
        outcome = quarantine_retry.retry(
            ledger.store, ledger.executor, "entry", actor="person/1", now=now()
        )
    finally:
        ledger.close()
    assert (ALERTS, ALERTS) == (len(kept[0].parts), outcome.recorded)
