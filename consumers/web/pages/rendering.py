"""Renders pages: the template environment and the security headers.

Titles and texts come from outside: every value is escaped, control characters are written out, and
inline scripts are forbidden.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.status_codes import HTTP_303_SEE_OTHER
from markupsafe import Markup
from msgspec.structs import replace

from consumers.read_service import durations
from consumers.read_service.rca_words import rca_sentences
from consumers.read_service.roles import GlassView, glass_broken
from consumers.read_service.wording import is_time, parts_with_times
from consumers.text_safety import lines_for_people
from consumers.web.auth import Caller, has_scope
from consumers.web.pages import navigation, status_labels, time_format
from consumers.web.pages.results import result_of
from consumers.web.services import services_of
from ledger.domain.control import ControlStatus
from ledger.domain.release.words import ReleaseNeed, ReleaseStatus
from ledger.vocabulary import (
    Impact,
    RcaState,
    ReviewState,
    Scope,
    Severity,
    Status,
    StepState,
    category_name,
)
from projections.alert_context import is_web_link
from projections.values import time_text

HERE = Path(__file__).parent
POLICY_PAGE = "/policy"
"""The page of the policy in force."""
_POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{what} {where}" for what, where in _POLICY.items())
NO_SNIFFING = {"X-Content-Type-Options": "nosniff"}
HEADERS = {
    **NO_SNIFFING,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


_OWN_LINK = re.compile(r'\b(?:href|src|action|formaction)="/(?!/)')


class Asset(msgspec.Struct, frozen=True):
    """A static file. `url` has a digest of its bytes, so that browsers may cache it for ever."""

    content: bytes
    media_type: str
    url: str


def _asset(path: str, media_type: str) -> Asset:
    content = (HERE / "static" / path).read_bytes()
    name = path.rpartition("/")[2]
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(content, media_type, f"/static/{name}?v={digest}")


ASSETS = {
    path.rpartition("/")[2]: _asset(path, media_type)
    for path, media_type in (
        ("airledger.css", "text/css; charset=utf-8"),
        ("login.js", "text/javascript; charset=utf-8"),
        ("layout.js", "text/javascript; charset=utf-8"),
        ("forms.js", "text/javascript; charset=utf-8"),
        ("morph.js", "text/javascript; charset=utf-8"),
        ("live.js", "text/javascript; charset=utf-8"),
        ("trends.js", "text/javascript; charset=utf-8"),
        ("vendor/uplot/uPlot.iife.min.js", "text/javascript; charset=utf-8"),
        ("vendor/uplot/uPlot.min.css", "text/css; charset=utf-8"),
        ("mark.svg", "image/svg+xml"),
    )
}


class PrintedState(msgspec.Struct, frozen=True):
    """What a printed page says of itself: its URL, the time, the log's size and root.

    The time is in RFC 3339, to the second; `root` is base64, as in the checkpoint.
    """

    url: str
    at: str
    size: int
    root: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """The context of every page: the caller, the server's URL, and the page's path.

    `prefix` is the path prefix of every link on the page. `printed` heads a printed copy. `done` is
    what a form did that led here, `glass` who acts without the RACI now.
    """

    caller: Caller | None
    base: str
    here: str
    prefix: str
    printed: PrintedState | None = None
    done: str = ""
    glass: tuple[GlassView, ...] = ()

    def may(self, scope: str) -> bool:
        """Whether the caller has a scope; nobody has none."""
        return self.caller is not None and has_scope(self.caller, Scope(scope))

    @property
    def places(self) -> list[navigation.Place]:
        """The navigation: the places with the pages that the caller may open."""
        places = (
            place._replace(links=tuple(link for link in place.links if self.may(link.scope)))
            for place in navigation.PLACES
        )
        return [place for place in places if place.links]

    @property
    def home(self) -> navigation.Link:
        """The page that the name of the program leads to."""
        links = (link for place in self.places for link in place.links)
        return next((link for link in links if link.path != navigation.TODAY), navigation.HOME)


def frame_of(request: Request[Any, Any, Any]) -> Frame:
    """The frame of a request's page, with the state of the log for a printed copy. Blocking."""
    ledger = services_of(request.app.state).ledger
    bare = bare_frame_of(request)
    if bare.caller is None:
        return bare
    bare = replace(bare, glass=tuple(glass_broken(ledger)))
    state = ledger.store.log_state()
    if state is None:
        return bare
    size, root = state.checkpoint.decode("utf-8", "replace").split("\n")[1:3]
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{bare.base}{bare.here}{query}"
    at = time_text(ledger.now().replace(microsecond=0))
    return replace(bare, printed=PrintedState(url, at, int(size), root))


def bare_frame_of(request: Request[Any, Any, Any]) -> Frame:
    """The frame of a page that is not printed as evidence: a form, an error."""
    return Frame(
        caller=request.scope["state"].get("caller"),
        base=base_of(request),
        here=request.url.path,
        prefix=prefix_of(request),
        done=result_of(request),
    )


def base_of(request: Request[Any, Any, Any]) -> str:
    """The public URL of this server, without a trailing slash."""
    return services_of(request.app.state).ledger.settings.http.public_url or (
        str(request.base_url).rstrip("/") + prefix_of(request)
    )


def prefix_of(request: Request[Any, Any, Any]) -> str:
    """The path prefix of these pages behind a proxy; empty without one."""
    return services_of(request.app.state).ledger.settings.http.prefix


def page(
    frame: Frame,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response[bytes]:
    """A rendered page."""
    content = environment.get_template(template).render(frame=frame, **context)
    if frame.prefix:
        # Quotation marks in values are escaped: only the templates' own attributes match.
        content = _OWN_LINK.sub(rf"\g<0>{frame.prefix[1:]}/", content)
    return Response(
        content.encode("utf-8", "replace"),
        status_code=status,
        media_type=MediaType.HTML,
        headers={**HEADERS, **(headers or {})},
    )


def go_to(request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    """A redirection to another page of this server, with its query."""
    return Response(
        b"",
        status_code=HTTP_303_SEE_OTHER,
        headers={**HEADERS, "Location": f"{prefix_of(request)}{path}"},
    )


def _shown(value: Any) -> Any:
    """A value as a page shows it; one that a form sends back is escaped (`e`) and stays exact."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return lines_for_people(value)
    return value


def _make_environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": time_format.clock,
        "day": time_format.day,
        "day_and_time": time_format.day_and_time,
        "exact": time_format.exact,
        "span": durations.span,
        "allowance": time_format.allowance,
        "category": category_name,
        "is_web_link": is_web_link,
        "is_time": is_time,
        "parts_with_times": parts_with_times,
        "severity": lambda value: Severity(value).label,
        "status": lambda value: Status(value).label,
        "impact": lambda value: Impact(value).label,
        "rca": lambda value: RcaState(value).label,
        "review_state": lambda value: ReviewState(value).label,
        "review_mark": lambda value: status_labels.REVIEW_MARKS[ReviewState(value)],
        "control_status": lambda value: ControlStatus(value).label,
        "control_mark": lambda value: status_labels.CONTROL_MARKS[ControlStatus(value)],
        "release_status": lambda value: ReleaseStatus(value).label,
        "release_need": lambda value: ReleaseNeed(value).label,
        "step_state": lambda value: StepState(value).label,
        "count_status": status_labels.count_status,
        "review_status": status_labels.review_status,
        "rca_sentences": lambda rca: list(rca_sentences(rca, time_format.day_and_time)),
        "rca_status_at_due": status_labels.rca_status_at_due,
        "alert_status": status_labels.alert_status,
    }
    environment.globals |= {
        "asset": lambda name: ASSETS[name].url,
        "between": time_format.between,
        "differ": time_format.differ,
        "seconds_between": time_format.seconds_between,
        "plural": time_format.plural,
    }
    return environment


environment = _make_environment()
