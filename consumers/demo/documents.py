"""What the sample's people file of the log itself, as `airledger evidence generate` makes it."""

from datetime import datetime, timedelta
from typing import NamedTuple

from consumers.commands.policy_history import policy_in_force
from consumers.demo.sample import Generating
from consumers.read_service.governance import RACI, TOOL, generate_raci
from consumers.risk_report import filing
from ledger.store.port import Store


class Document(NamedTuple):
    """The fields of the evidence that it is filed as, and its bytes."""

    fields: dict[str, str]
    media_type: str
    content: bytes


def make_document(line: Generating, store: Store, at: datetime) -> Document:
    """Makes what a line names, of all that is sealed. Blocking."""
    if line.report == RACI:
        title, content = generate_raci(store)
        fields = {"kind": RACI, "title": title, "tool": TOOL}
        return Document(fields, "application/json", content)
    month = (at.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    made = filing.file_report(store, month, filing.RiskReportFormat.HTML)
    kind = filing.evidence_kind(policy_in_force(store))
    return Document({"kind": kind, "title": made.title}, made.media_type, made.content)
