"""Makes the report: checks what is asked, folds the log, and puts the sections together."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec

from consumers.access.people import display_names
from consumers.access.texts import filled
from consumers.read_service.coverage_facts import month_bounds
from consumers.risk_report.acceptances import report_acceptances
from consumers.risk_report.actions import report_actions
from consumers.risk_report.counts import report_counts
from consumers.risk_report.coverage import report_coverage
from consumers.risk_report.evidence import report_evidence
from consumers.risk_report.fold import fold_log, recorded_at
from consumers.risk_report.heat_map import report_heat_map
from consumers.risk_report.incidents import report_incidents
from consumers.risk_report.model import SCHEMA, ReportSummary, RiskReport
from consumers.risk_report.movement import report_movement
from consumers.risk_report.objectives import report_breaches
from consumers.risk_report.period import Period
from consumers.risk_report.policies import adopted_policies, in_force
from consumers.risk_report.publishing import published
from consumers.risk_report.releases import report_releases
from consumers.risk_report.risks import report_risks
from consumers.risk_report.summary import summarise
from ledger.errors import Invalid, NotFound
from ledger.store.port import LogState, Store
from projections.values import time_text


def risk_report(store: Store, month: str, *, leaf: int | None = None) -> RiskReport:
    """The report of a month (YYYY-MM) up to a leaf, by default the last that is sealed.

    Texts beside the log are named by their ids. Blocking; it reads the log up to the leaf. Raises
    Invalid, NotFound.
    """
    return published(_made(store, month, leaf))


def newest_month(store: Store) -> str:
    """The month (YYYY-MM, in the policy's zone) in which the last sealed event was recorded.

    It has a report, unlike the month that it is now, of which nothing may be known yet. Raises
    NotFound.
    """
    last = _last(store.log_state(), None)
    policy = adopted_policies(store, last)[-1].policy
    return policy.month_of(recorded_at(store, last))


class ShownReport(NamedTuple):
    """A report, and the same `readable`: with texts beside the log, and names of people, of now.

    That is to show, never to keep.
    """

    report: RiskReport
    readable: RiskReport


def shown_report(store: Store, month: str, *, leaf: int | None = None) -> ShownReport:
    """The report for a page; see `risk_report`."""
    made = _made(store, month, leaf)
    named = _with_names(filled(store, msgspec.to_builtins(made)), display_names(store))
    return ShownReport(published(made), msgspec.convert(named, RiskReport))


def _with_names(value: Any, names: Mapping[str, str]) -> Any:
    """A value with the names of people in place of their ids."""
    match value:
        case str():
            return names.get(value, value)
        case dict():
            return {key: _with_names(each, names) for key, each in value.items()}
        case list() | tuple():
            return [_with_names(each, names) for each in value]
        case _:
            return value


def _made(store: Store, month: str, leaf: int | None) -> RiskReport:
    state = store.log_state()
    last = _last(state, leaf)
    known_at = recorded_at(store, last)
    policies = adopted_policies(store, last)
    begins, ends = month_bounds(month, policies[-1].policy)[:2]
    if known_at < begins:
        raise Invalid(
            f"{month} begins at {time_text(begins)}, after the event at leaf {last} was recorded "
            f"({time_text(known_at)}): nothing is known of it there.",
            errors=[("month", "expected one that has begun")],
        )
    adopted = in_force(policies, ends)
    period = Period(month, begins, ends, known_at, adopted.policy, adopted.digest)
    log = fold_log(store, last, begins, ends)
    report = RiskReport(
        schema=SCHEMA,
        program=f"airledger {version('airledger')}",
        origin="" if state is None else state.origin,
        leaf=last,
        month=month,
        zone=policies[-1].policy.zone,
        begins=time_text(begins),
        ends=time_text(ends),
        until=period.until_text,
        complete=known_at >= ends,
        known_at=time_text(known_at),
        began_at=time_text(recorded_at(store, 0)),
        policy=adopted.digest,
        summary=NO_SUMMARY,
        risks=report_risks(log, period),
        heat_map=report_heat_map(log, period),
        movement=report_movement(log, period),
        acceptances=report_acceptances(log, period),
        incidents=report_incidents(log, period),
        counts=report_counts(log, period),
        objectives=report_breaches(log, period),
        releases=report_releases(log, period),
        actions=report_actions(log, period),
        evidence=report_evidence(log, period),
        coverage=report_coverage(log, period),
    )
    return msgspec.structs.replace(report, summary=summarise(report))


NO_SUMMARY = ReportSummary(**dict.fromkeys(ReportSummary.__struct_fields__, 0))
"""What a report has until its sections are there."""


def _last(state: LogState | None, leaf: int | None) -> int:
    """The leaf that the report ends with. Raises NotFound, Invalid."""
    last = -1 if state is None else state.size - 1
    if last < 0:
        raise NotFound("Nothing is sealed yet.", remedy="Record something first.")
    if leaf is not None and not 0 <= leaf <= last:
        raise Invalid(
            f"The log is sealed up to leaf {last}, and not up to {leaf}.",
            errors=[("leaf", f"expected 0 to {last}")],
        )
    return last if leaf is None else leaf
