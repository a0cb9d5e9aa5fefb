"""The queries of the command line: each is a route, and what answers it on an open ledger."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from consumers import read_service
from consumers.access.open_sessions import SessionView
from consumers.access.people import operating_system_person
from consumers.cards import Completeness
from consumers.client.protocol import ListQuery, ViewQuery
from consumers.commands.policy_history import guards_in_force, policy_in_force
from consumers.commands.references import in_path, stream_named
from consumers.container.ledger import Ledger, now
from consumers.evidence_store import content_store
from consumers.read_service import list_types
from consumers.read_service.alerts import AlertView
from consumers.read_service.completeness import completeness_of
from consumers.read_service.controls import (
    StandardCoverage,
    SystemControls,
    standard_coverage,
    system_controls,
)
from consumers.read_service.counts import Count, ReviewView
from consumers.read_service.coverage import Coverage
from consumers.read_service.evidence import filed_evidence
from consumers.read_service.governance import GovernanceDocument, governance
from consumers.read_service.improvement_board import ImprovementBoard, board
from consumers.read_service.incident_views import IncidentDetail, IncidentView
from consumers.read_service.items import Items
from consumers.read_service.list_types import ListType
from consumers.read_service.lists import ListItem
from consumers.read_service.notify_rules import NoticeRules, notify_rules
from consumers.read_service.objectives import ObjectiveView, objectives
from consumers.read_service.person_data import PersonData, person_data
from consumers.read_service.persons import PersonView, persons
from consumers.read_service.production import ProductionView, production
from consumers.read_service.quarantine import QuarantineEntry
from consumers.read_service.quarters import QuarterView, quarters
from consumers.read_service.rca import RcaClock
from consumers.read_service.reads import ReadView, reads
from consumers.read_service.releases import (
    Explanation,
    ReleaseCheck,
    check_release,
    explain,
)
from consumers.read_service.reports import ReportView, report, reports_list
from consumers.read_service.retention import DueErasure, due_erasures
from consumers.read_service.risk_above import RiskAbove, above_tolerance
from consumers.read_service.risk_map import HeatMap, heat_map
from consumers.read_service.risk_movement import Movement, movement
from consumers.read_service.roles import RaciLine, RoleView, raci_lines, roles_held
from consumers.read_service.sessions import session_page
from consumers.read_service.statements import signed_statement
from consumers.read_service.streams import TimelineEntry
from consumers.read_service.systems import UnregisteredSystem, unregistered_systems
from consumers.read_service.tokens import TokenState, tokens
from consumers.read_service.trends import Trends
from consumers.read_service.views import view_of, view_type
from consumers.risk_report.making import risk_report
from consumers.risk_report.model import RiskReport
from ledger.domain.release import RELEASE
from ledger.domain.risk.words import RiskLevel
from ledger.domain.standard import STANDARD
from ledger.domain.stream_type import StreamType
from ledger.domain.system import SYSTEM
from ledger.store.side_records import Quarantined
from ledger.transparency.dsse import SignedEnvelope
from projections.engine.listing import ListView
from projections.engine.projection import Projection
from projections.queries.paging import MAX_LIMIT

T = TypeVar("T")


def _query(of: ListType, item: Any) -> ListQuery[Any]:
    def read(
        ledger: Ledger,
        *,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        **given: Any,
    ) -> Items[Any]:
        return of.page(ledger, given, sort, cursor, limit)

    return ListQuery(path=f"/v1/{of.name}", item=item, read=read, whole=of)


REGISTER: ListQuery[IncidentView] = _query(list_types.INCIDENTS, IncidentView)
UNTOLD: ListQuery[IncidentView] = replace(
    _query(list_types.UNTOLD, IncidentView), path="/v1/deliveries/untold"
)
RCA: ListQuery[RcaClock] = _query(list_types.RCA, RcaClock)
COUNTS: ListQuery[Count] = _query(list_types.COUNTS, Count)
REVIEWS: ListQuery[ReviewView] = _query(list_types.REVIEWS, ReviewView)
ALERTS: ListQuery[AlertView] = _query(list_types.ALERTS, AlertView)
QUARANTINE: ListQuery[Quarantined] = _query(list_types.QUARANTINE, Quarantined)
QUARANTINED = ViewQuery[QuarantineEntry](
    path="/v1/quarantine/{ref}",
    view=QuarantineEntry,
    read=lambda ledger, ref: read_service.quarantine.entry(ledger.store, ref),
)
ONE_INCIDENT = ViewQuery[IncidentDetail](
    path="/v1/incidents/{ref}", view=IncidentDetail, read=read_service.incidents.incident
)


COMPLETENESS = ViewQuery[Completeness](
    path="/v1/evidence/{ref}/completeness",
    view=Completeness,
    read=lambda ledger, ref: asyncio.run(
        completeness_of(ledger, content_store(ledger.settings), filed_evidence(ledger, ref))
    ),
)


def _sessions(
    ledger: Ledger, *, cursor: str | None = None, limit: int | None = None
) -> Items[SessionView]:
    return session_page(ledger.store, now(), cursor=cursor, limit=limit)


def _own(ledger: Ledger) -> list[str]:
    """Who reports with the command line on an open ledger."""
    person = operating_system_person(ledger.store)
    return [] if person is None else [person]


REPORTS: ListQuery[ReportView] = _query(reports_list(_own), ReportView)
ONE_REPORT = ViewQuery[ReportView](
    path="/v1/reports/{ref}",
    view=ReportView,
    read=lambda ledger, ref: report(ledger, _own(ledger), ref),
)
"""Those of the caller; on an open ledger, of the operating system's user."""

SESSIONS = ListQuery[SessionView](path="/v1/sessions", item=SessionView, read=_sessions)


def _roles(
    ledger: Ledger, *, cursor: str | None = None, limit: int | None = None
) -> Items[RoleView]:
    return roles_held(ledger, cursor=cursor, limit=limit)


ROLES = ListQuery[RoleView](path="/v1/roles", item=RoleView, read=_roles)
PERSONS = ListQuery[PersonView](
    path="/v1/persons",
    item=PersonView,
    read=lambda ledger, cursor=None, limit=None: persons(ledger, cursor=cursor, limit=limit),
)


def _person_held(ledger: Ledger, of: str) -> PersonData:
    return person_data(ledger, f"person/{of}")


PERSON = ViewQuery[PersonData](path="/v1/persons/{ref}", view=PersonData, read=_person_held)
"""By the part of the opaque id behind "person/"."""
DUE_ERASURES = ListQuery[DueErasure](
    path="/v1/retention",
    item=DueErasure,
    read=lambda ledger, cursor=None, limit=None: due_erasures(ledger, cursor=cursor, limit=limit),
)
GOVERNANCE = ListQuery[GovernanceDocument](
    path="/v1/governance",
    item=GovernanceDocument,
    read=lambda ledger, limit=None: Items(items=governance(ledger).items[:limit]),
)
NOTIFY_RULES = ListQuery[NoticeRules](
    path="/v1/notify/rules",
    item=NoticeRules,
    read=lambda ledger, limit=None: Items(
        items=notify_rules(policy_in_force(ledger.store))[:limit]
    ),
)
UNREGISTERED = ListQuery[UnregisteredSystem](
    path="/v1/systems/unregistered",
    item=UnregisteredSystem,
    read=lambda ledger, limit=None: Items(items=unregistered_systems(ledger)[:limit]),
)
OBJECTIVES = ListQuery[ObjectiveView](
    path="/v1/objectives",
    item=ObjectiveView,
    read=lambda ledger, system=None, limit=None: Items(
        items=objectives(ledger, system=system)[:limit]
    ),
)
ABOVE_TOLERANCE = ListQuery[RiskAbove](
    path="/v1/risks/above-tolerance", item=RiskAbove, read=above_tolerance
)
QUARTERS = ListQuery[QuarterView](
    path="/v1/triggers/quarters",
    item=QuarterView,
    read=lambda ledger, limit=None: Items(items=quarters(ledger)[:limit]),
)
RACI = ListQuery[RaciLine](
    path="/v1/raci",
    item=RaciLine,
    read=lambda ledger, limit=None: Items(items=raci_lines(guards_in_force(ledger.store))[:limit]),
)


def _tokens(
    ledger: Ledger,
    *,
    holder: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Items[TokenState]:
    return tokens(ledger.store, now(), holder=holder, cursor=cursor, limit=limit)


TOKENS = ListQuery[TokenState](path="/v1/tokens", item=TokenState, read=_tokens)


READS = ListQuery[ReadView](path="/v1/reads", item=ReadView, read=reads)


def listed(projection: Projection, view: ListView) -> ListQuery[ListItem]:
    """The generic list of a read model."""

    return _query(list_types.generic_list(projection, view), dict[str, Any])


def stream_of(kind: StreamType) -> ViewQuery[Any]:
    """The state of a stream: its kind's own view if it has one."""
    return ViewQuery(
        path=f"/v1/{kind.plural}/{{ref}}",
        view=view_type(kind),
        read=lambda ledger, ref: view_of(ledger, kind, stream_named(ledger.store, kind, ref)),
        kind=kind,
    )


def timeline_of(kind: StreamType, ref: str) -> ListQuery[TimelineEntry]:
    """The events of the stream that `ref` names, in log order."""

    path = f"/v1/{kind.plural}/{in_path(kind, ref)}/timeline"
    return replace(_query(list_types.timeline_list(kind, ref), TimelineEntry), path=path)


def check_of(*, digest: str | None, rollback: str | None) -> ViewQuery[ReleaseCheck]:
    """Whether a release may be deployed."""
    query = _query_text(digest=digest, rollback=rollback)
    return ViewQuery(
        path=f"/v1/releases/{{ref}}/check{query}",
        view=ReleaseCheck,
        read=lambda ledger, ref: check_release(ledger, ref, digest=digest, rollback=rollback),
        kind=RELEASE,
    )


def explanation_of(leaf: int | None) -> ViewQuery[Explanation]:
    """A decision on a release as it was made."""
    return ViewQuery(
        path=f"/v1/releases/{{ref}}/explain{_query_text(leaf=leaf)}",
        view=Explanation,
        read=lambda ledger, ref: explain(ledger, ref, leaf),
        kind=RELEASE,
    )


def statement_of(leaf: int | None) -> ViewQuery[SignedEnvelope]:
    """A decision on a release as a signed statement."""
    return ViewQuery(
        path=f"/v1/releases/{{ref}}/statement{_query_text(leaf=leaf)}",
        view=SignedEnvelope,
        read=lambda ledger, ref: signed_statement(ledger, ref, leaf),
        kind=RELEASE,
    )


def production_of(environment: str) -> ViewQuery[ProductionView]:
    """What of a system runs in an environment."""
    return ViewQuery(
        path=f"/v1/systems/{{ref}}/production{_query_text(environment=environment)}",
        view=ProductionView,
        read=lambda ledger, ref: production(ledger, ref, environment),
        kind=SYSTEM,
    )


def standard_coverage_of(system: str | None) -> ViewQuery[StandardCoverage]:
    """How far a standard is covered, for one system of its scope alone where it is named."""
    return ViewQuery(
        path=f"/v1/standards/{{ref}}/coverage{_query_text(system=system)}",
        view=StandardCoverage,
        read=lambda ledger, ref: standard_coverage(ledger, ref, system),
        kind=STANDARD,
    )


SYSTEM_CONTROLS = ViewQuery[SystemControls](
    path="/v1/systems/{ref}/controls", view=SystemControls, read=system_controls, kind=SYSTEM
)


def _query_text(**given: str | int | None) -> str:
    found = urlencode({name: value for name, value in given.items() if value is not None})
    return f"?{found}" if found else ""


def _without_ref(
    path: str, view: type[T], read: Callable[..., T], **given: str | int | None
) -> ViewQuery[T]:
    """What a route without a reference answers; its parameters are those of `read`."""
    return ViewQuery(
        path=f"{path}{_query_text(**given)}",
        view=view,
        read=lambda ledger, _: read(ledger, **given),
    )


def coverage_of(month: str | None) -> ViewQuery[Coverage]:
    """The coverage of a month, or of the present one."""
    return _without_ref(
        "/v1/coverage", Coverage, read_service.coverage.coverage, month=month or None
    )


def trends_of(
    *, month: str | None, first: str | None, last: str | None, system: str | None
) -> ViewQuery[Trends]:
    """The trends of some months; the reference is not used."""
    given = {"month": month, "from": first, "to": last, "system": system}
    query = urlencode({name: value for name, value in given.items() if value})

    def read(ledger: Ledger, _: str) -> Trends:
        return read_service.trends.trends(
            ledger, month=month, first=first, last=last, system=system
        )

    return ViewQuery(path=f"/v1/trends?{query}", view=Trends, read=read)


def risk_report_of(*, month: str, leaf: int | None) -> ViewQuery[RiskReport]:
    """The risk report of a month up to a leaf."""

    def read(ledger: Ledger, *, month: str, leaf: int | None) -> RiskReport:
        return risk_report(ledger.store, month, leaf=leaf)

    return _without_ref("/v1/reports/risk", RiskReport, read, month=month, leaf=leaf)


def heat_map_of(
    *, level: RiskLevel, system: str | None, category: str | None
) -> ViewQuery[HeatMap]:
    """The heat map of risks."""
    return _without_ref(
        "/v1/risks/heat-map", HeatMap, heat_map, level=level, system=system, category=category
    )


def improvement_board_of(
    *, system: str | None, owner: str | None, limit: int
) -> ViewQuery[ImprovementBoard]:
    """The board of improvements."""
    return _without_ref(
        "/v1/improvements/board", ImprovementBoard, board, system=system, owner=owner, limit=limit
    )


def movement_of(
    *,
    since: str | None,
    until: str | None,
    system: str | None,
    cursor: str | None = None,
    limit: int = MAX_LIMIT,
) -> ViewQuery[Movement]:
    """A page of the movement of risks."""
    return _without_ref(
        "/v1/risks/movement",
        Movement,
        movement,
        since=since,
        until=until,
        system=system,
        cursor=cursor,
        limit=limit,
    )
