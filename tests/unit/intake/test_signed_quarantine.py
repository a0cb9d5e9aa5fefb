"""What was let in once is not asked for its signature again."""

from pathlib import Path

from consumers.access.tokens import grant_source
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from consumers.intake import quarantine, quarantine_retry
from consumers.intake.parsed import ParsedBody
from ledger.execute import Context
from ledger.store.side_records import Quarantined, QuarantinePart, Signing
from ledger.vocabulary import Scope, SourceKind
from tests.harness.homes import settings_of
from tests.unit.intake.bodies import grafana, grafana_alert, incoming


def set_aside(ledger: Ledger, entry: str) -> None:
    """A body in quarantine as an older release might have put it there: it is understood now."""
    context = Context(at=now(), actor="airledger", source="airledger", correlation=new_id())
    kind, signing = SourceKind.GRAFANA, Signing(secret="shared")
    grant_source(ledger.executor, context, "g", kind, Scope.PUBLISH, signing)
    of = incoming(grafana(grafana_alert()))
    refused = (QuarantinePart(index=0, reason="Not yet."),)
    parsed = ParsedBody(refused=refused)
    notes = quarantine.side_writes_for(ledger.store, parsed, of, kind, entry)
    assert [{}] == [note.headers for note in notes if isinstance(note, Quarantined)]
    ledger.store.append([], notes)


def test_a_retry_takes_a_signed_source_s_body_as_it_was_kept(tmp_path: Path) -> None:
    ledger = open_ledger(settings_of(tmp_path / "ledger"))
    try:
        set_aside(ledger, "entry")
        outcome = quarantine_retry.retry(
            ledger.store, ledger.executor, "entry", actor="person/1", now=now()
        )
    finally:
        ledger.close()
    assert 1 == outcome.recorded
