"""The report as it leaves the ledger: canonical JSON (RFC 8785), and its digest."""

from hashlib import sha256
from typing import Any

import msgspec
import rfc8785

from consumers.risk_report.model import RiskReport
from ledger.domain.text import fill_marks


def published(report: RiskReport) -> RiskReport:
    """The report with the id of each text beside the log in its place."""
    return msgspec.convert(_named(msgspec.to_builtins(report)), RiskReport)


def canonical_bytes(report: RiskReport) -> bytes:
    """Its JSON, the same bytes for the same report on any host."""
    return rfc8785.dumps(msgspec.to_builtins(report))


def digest_of(report: RiskReport) -> str:
    """The SHA-256 (hex) of its canonical JSON."""
    return sha256(canonical_bytes(report)).hexdigest()


def _named(value: Any) -> Any:
    match value:
        case str():
            return fill_marks(value, lambda text: f"[text {text}]")
        case dict():
            return {name: _named(each) for name, each in value.items()}
        case list() | tuple():
            return [_named(each) for each in value]
        case _:
            return value
