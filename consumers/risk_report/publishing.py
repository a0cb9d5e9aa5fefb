"""The report as it leaves the ledger: canonical JSON (RFC 8785), and its digest."""

from hashlib import sha256

import msgspec
import rfc8785

from consumers.risk_report.model import RiskReport
from ledger.domain.text import fill_marks


def published(report: RiskReport) -> RiskReport:
    """The report with the id of each text beside the log in its place."""
    given = msgspec.json.encode(report).decode()
    named = fill_marks(given, lambda text: f"[text {text}]")
    return report if named == given else msgspec.json.decode(named, type=RiskReport)


def canonical_bytes(report: RiskReport) -> bytes:
    """Its JSON, the same bytes for the same report on any host."""
    return rfc8785.dumps(msgspec.to_builtins(report))


def digest_of(report: RiskReport) -> str:
    """The SHA-256 (hex) of its canonical JSON."""
    return sha256(canonical_bytes(report)).hexdigest()
