"""The application: routes, the guard, and the exception handlers."""

from importlib.metadata import version
from itertools import chain

from litestar import Litestar, Router
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler

from consumers.container.roles import Role
from consumers.intake.format import BODY_BYTES
from consumers.web.api import (
    commands,
    controls,
    coverage,
    deliveries,
    erasing,
    evidence,
    governance,
    improvements,
    intake,
    log,
    login,
    objectives,
    openapi,
    operations,
    own_reports,
    pagerduty,
    policy,
    quarantine,
    queries,
    reads,
    releases,
    reports,
    risk_report,
    risks,
    roles,
    sessions,
    streams,
    systems,
    texts,
    tokens,
    trends,
    webhooks,
)
from consumers.web.auth import guard
from consumers.web.pages import api_docs, error_pages, router
from consumers.web.problems import HANDLERS
from consumers.web.services import WebServices
from ledger.vocabulary import Scope

ROUTES_BY_ROLE: dict[Role, tuple[ControllerRouterHandler, ...]] = {
    Role.INTAKE: (intake.ROUTER, pagerduty.enqueue, webhooks.receive_signed),
    Role.WEB: (
        Router(
            "/v1",
            route_handlers=[
                *commands.ROUTES,
                *queries.ROUTES,
                *reports.ROUTES,
                *own_reports.ROUTES,
                *risk_report.ROUTES,
                *trends.ROUTES,
                *deliveries.ROUTES,
                *controls.ROUTES,
                *coverage.ROUTES,
                *objectives.ROUTES,
                *releases.ROUTES,
                *systems.ROUTES,
                *improvements.ROUTES,
                *risks.ROUTES,
                *evidence.ROUTES,
                *governance.ROUTES,
                *streams.ROUTES,
                *policy.ROUTES,
                *sessions.ROUTES,
                *roles.ROUTES,
                *erasing.ROUTES,
                *login.ROUTES,
                *tokens.ROUTES,
                *reads.ROUTES,
                *texts.ROUTES,
            ],
        ),
        quarantine.ROUTER,
        log.ROUTER,
        router.ROUTER,
        api_docs.documents,
    ),
}
"""The routes of each public role; every process has the operators' routes."""


def make_app(services: WebServices) -> Litestar:
    """The ASGI application for an open ledger, with the routes of this process's roles."""
    routes = [ROUTES_BY_ROLE[role] for role in ROUTES_BY_ROLE if role in services.roles]
    return Litestar.from_config(
        AppConfig(
            route_handlers=[*chain.from_iterable(routes), operations.ROUTER],
            guards=[guard],
            exception_handlers={**HANDLERS, NotFoundException: error_pages.unknown_path},
            request_max_body_size=BODY_BYTES,
            state=State({"services": services}),
            openapi_config=OpenAPIConfig(
                title="airledger",
                version=version("airledger"),
                components=openapi.COMPONENTS,
                security=openapi.SECURITY,
                use_handler_docstrings=True,
                render_plugins=[JsonRenderPlugin(path="/")],
                openapi_router=Router(
                    "/v1/openapi.json",
                    route_handlers=[],
                    opt={"scope": Scope.READ},
                    include_in_schema=False,
                ),
            ),
            on_startup=[openapi.describe],
            logging_config=None,
            debug=False,
        )
    )
