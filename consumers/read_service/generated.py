"""Evidence that the ledger makes of its own log: the same leaf and program give the same bytes.

What lies beside the log stands in it as the id of its text, and the words of a restricted incident
are left out: who may read them does so in the ledger. Blocking; it reads the log up to the leaf.
"""

import io
from collections.abc import Iterator, Mapping
from csv import writer
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec

from consumers.exports.cells import cell
from consumers.read_service.withholding import withheld_row
from ledger.domain.catalogue import READERS_CODEC
from ledger.domain.envelope import kind_of
from ledger.domain.incident.events import RcaCompleted
from ledger.domain.text import fill_marks
from ledger.errors import Invalid, NotFound
from ledger.store.port import Entry, Store
from ledger.vocabulary import Labelled
from projections.engine.projection import Key, Projection, Row
from projections.fields import written_fields
from projections.measurements import MEASUREMENTS
from projections.register import REGISTER
from projections.values import subject

AT_A_TIME = 1_000
"""So many events are read at a time."""


class Report(Labelled):
    """What the ledger makes of its log, for a month."""

    REGISTER = "register", "Incident register"
    RCA_SUMMARIES = "rca-summaries", "Root cause analyses"
    DASHBOARD_LOG = "dashboard-log", "Dashboard log"


class ReportFormat(Labelled):
    """The format of what is made."""

    JSON = "json", "JSON"
    CSV = "csv", "CSV"


MEDIA_TYPES: Mapping[ReportFormat, str] = {
    ReportFormat.JSON: "application/json",
    ReportFormat.CSV: "text/csv",
}
KINDS: Mapping[Report, str] = {
    Report.REGISTER: "other",
    Report.RCA_SUMMARIES: "postmortem",
    Report.DASHBOARD_LOG: "dashboard_log",
}
"""The kind of evidence that each is."""
_REGISTER = (
    "incident",
    "leaf",
    "title",
    "system",
    "category",
    "severity",
    "status",
    "detected_at",
    "resolved_at",
    "impact_ended_at",
    "rca_due",
    "rca_completed_at",
    "verdict_at_due",
    "owner",
    "merged_into",
    "near_miss",
    "restricted",
)
_MEASURED = (
    "measurement",
    "leaf",
    "system",
    "metric",
    "segment",
    "value",
    "unit",
    "direction",
    "n",
    "since",
    "until",
    "purpose",
    "release",
    "dataset",
    "judge",
    "tool",
    "evidence",
    "judgeable",
    "retracted",
)
_ANALYSES = (*_REGISTER[:7], "rca_due", "rca_completed_at", "verdict_at_due", "analysis")


class MadeReport(NamedTuple):
    """What was made: its title, the leaf that it ends with, and its bytes."""

    title: str
    leaf: int
    content: bytes


def make_report(
    store: Store,
    report: Report,
    month: str,
    form: ReportFormat,
    *,
    leaf: int | None = None,
    system: str | None = None,
) -> MadeReport:
    """Makes a report of a month (YYYY-MM), from the sealed log up to a leaf; the last by default.

    With `system`, of that system alone. Raises NotFound, Invalid.
    """
    log = _Log(MEASUREMENTS if report is Report.DASHBOARD_LOG else REGISTER)
    for entry in _entries(store, leaf):
        log.take(entry)
    if leaf is not None and leaf != log.last:
        raise Invalid(
            f"The log is sealed up to leaf {log.last}, and not up to {leaf}.",
            errors=[("leaf", f"expected at most {log.last}")],
        )
    if log.last < 0:
        raise NotFound("Nothing is sealed yet.", remedy="Record something first.")
    columns, rows = _rows(report, log, month)
    if system is not None:
        rows = [row for row in rows if row["system"] == system]
    shown = [_shown({name: row[name] for name in columns}) for row in rows]
    title = f"{report.label} {month}, up to leaf {log.last}"
    if form is ReportFormat.CSV:
        return MadeReport(title, log.last, _csv(columns, shown))
    return MadeReport(title, log.last, _json(title, log.last, month, shown))


class _Log:
    """The rows of a read model as the log goes by, and the words of analyses."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._rows: dict[Key, Row] = {}
        self.said: dict[str, dict[str, Any]] = {}
        self.last = -1

    @property
    def rows(self) -> list[Row]:
        """By the leaf of their first event."""
        return sorted(self._rows.values(), key=lambda row: row["leaf"])

    def take(self, entry: Entry) -> None:
        """Folds one event; what the read model does not read is not decoded."""
        self.last = entry.leaf
        if kind_of(entry.stream) not in self._projection.kinds:
            return
        recorded = READERS_CODEC.decode(entry.stored, entry.leaf)
        for key in self._projection.keys(recorded):
            self._rows[key] = self._projection.evolve(self._rows.get(key), recorded, key)
        if isinstance(recorded.event, RcaCompleted):
            self.said[subject(recorded)] = written_fields(recorded.event)


def _entries(store: Store, leaf: int | None) -> Iterator[Entry]:
    at = 0
    while entries := store.read(at, AT_A_TIME):
        for entry in entries:
            if leaf is not None and entry.leaf > leaf:
                return
            yield entry
        at = entries[-1].leaf + 1


def _rows(report: Report, log: _Log, month: str) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    """The columns of a report, and its rows."""
    if report is Report.DASHBOARD_LOG:
        return _MEASURED, [dict(row) for row in log.rows if row["until"][:7] == month]
    found = [
        dict(withheld_row(row)) if row["restricted"] else dict(row)
        for row in log.rows
        if row["month"] == month
    ]
    if report is Report.REGISTER:
        return _REGISTER, found
    analysed = [row for row in found if row["incident"] in log.said]
    for row in analysed:
        row["analysis"] = {} if row["restricted"] else log.said[row["incident"]]
    return _ANALYSES, analysed


def _shown(value: Any) -> Any:
    """A value with the ids of texts beside the log in their places."""
    match value:
        case str():
            return fill_marks(value, lambda text: f"[text {text}]")
        case dict():
            return {name: _shown(each) for name, each in value.items()}
        case list() | tuple():
            return [_shown(each) for each in value]
        case _:
            return value


def _json(title: str, leaf: int, month: str, rows: list[dict[str, Any]]) -> bytes:
    made = {
        "title": title,
        "program": f"airledger {version('airledger')}",
        "leaf": leaf,
        "month": month,
        "rows": rows,
    }
    return msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n"


def _csv(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    lines = writer(text)
    lines.writerow(columns)
    lines.writerows([cell(row[name]) for name in columns] for row in rows)
    return text.getvalue().encode()
