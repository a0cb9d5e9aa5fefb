"""What is told of an improvement whose cause is a restricted incident."""

from pathlib import Path

from consumers.access.readers import WITHHELD
from consumers.notify.message import message_of
from ledger.domain.delivery import Delivery
from ledger.domain.identity import POLICY_ID
from ledger.domain.incident import events as e
from ledger.vocabulary import Notice
from tests.harness.homes import store_of
from tests.unit.risk_report.march import SECRET, adopted, march, of, policy_text, record


def test_its_title_is_withheld_as_long_as_the_incident_is_restricted(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    record(store)
    policy = adopted(march(39), policy_text())
    last = record(store, [(march(39), "policy", POLICY_ID, policy)])
    overdue = Delivery(
        about=f"improvement/{of('leak')}", leaf=last, notice=Notice.IMPROVEMENT_OVERDUE
    )
    assert WITHHELD == message_of(store, "key", overdue, None).title
    lifted = e.RestrictionLifted(at=march(40), reason="Names are gone")
    record(store, [(march(40), "incident", "leaked", lifted)])
    assert SECRET == message_of(store, "key", overdue, None).title
    store.close()
