"""A form that was sent: who may send it, what it does, and its page where it is refused.

A form carries a token that is made of the session's cookie, an idempotency key (a double click is
one command) and the version that its page showed. What was typed is in every refusal.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from litestar import Request, Response

from consumers.container.ledger import new_id
from consumers.intake.offload import run_by_size
from consumers.read_service.streams import TimelineEntry
from consumers.web import problems
from consumers.web.auth import (
    Caller,
    has_scope,
    require_own_page,
    unauthorized,
)
from consumers.web.bodies import receive_body
from consumers.web.pages.forms import Form
from consumers.web.pages.rendering import bare_frame_of, go_to, page
from consumers.web.pages.results import result_query
from consumers.web.sessions import cookie_in
from ledger.domain.access.deciding import scopes_text
from ledger.errors import Forbidden, Invalid, LedgerError, NotFound, Refused
from ledger.vocabulary import Scope

FORM_BYTES = 256 * 1024
"""A form's longest texts have 10,000 characters each, of up to 12 bytes. 413."""
MOST_FIELDS = 50
TOKEN, KEY, VERSION = "_token", "_key", "_version"


class FormPage(NamedTuple):
    """A form as a page. `back` is the page that it belongs to: path and words.

    `at` is the path of the page that has the empty form, where that is another one.
    `changed` is what others recorded since the form's page was shown; `context` is the template's.
    """

    form: Form
    back: tuple[str, str]
    changed: tuple[TimelineEntry, ...] = ()
    template: str = "form.html"
    context: Mapping[str, Any] = {}
    at: str = ""


class Sent(NamedTuple):
    """Where a form that was accepted leads: a path, and its query without the question mark."""

    path: str
    query: str = ""


class Submission(NamedTuple):
    """A form's route: who may send it, and what it does. The functions block.

    `blank` is its page without values. `run` returns where it leads, or a page to show; it raises
    LedgerError. `again` is the form as it is now, for one that was refused: `blank`, unless given.
    """

    scope: Scope
    blank: Callable[[], FormPage]
    run: Callable[[Mapping[str, str], Caller], Sent | FormPage]
    again: Callable[[Mapping[str, str], LedgerError], FormPage] | None = None


def caller_in(request: Request[Any, Any, Any]) -> Caller | None:
    """The caller of a route that checks its callers itself."""
    caller: Caller | None = request.scope["state"].get("caller")
    return caller


def hidden_fields(request: Request[Any, Any, Any], version: str) -> dict[str, str]:
    """What a form carries unseen: the session's token, a new idempotency key, the version."""
    return {TOKEN: _token(request), KEY: new_id(), VERSION: version}


def _token(request: Request[Any, Any, Any]) -> str:
    """What only a page of this session can know; empty without a session."""
    cookie = cookie_in(request.scope["headers"])
    if cookie is None:
        return ""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


async def typed_in(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of a form, whoever sends it. Raises Invalid for one that is no text.

    It is read within the bounds of strangers' bodies, and parsed in a thread where it is long.
    """
    body = (await receive_body(request, FORM_BYTES)).content
    return await run_by_size(len(body), _parsed, body)


def _parsed(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise Invalid("The form is not UTF-8 text.", errors=[("form", str(error))]) from error
    return dict(fields)


def refusal(error: LedgerError) -> str:
    """Why a form was refused and what to do, as one text."""
    return f"{error.message} {error.remedy}".strip()


def require_token(request: Request[Any, Any, Any], typed: Mapping[str, str]) -> None:
    """Raises Refused where the form is of another session than the one that sends it."""
    if not hmac.compare_digest(typed.get(TOKEN, "").encode(), _token(request).encode()):
        raise Refused(
            "form_of_another_session",
            "You logged in anew since this page was opened.",
            remedy="Nothing was recorded. Check what is written here and send it again.",
        )


async def submit(request: Request[Any, Any, Any], of: Submission) -> Response[bytes]:
    """The answer to a form: a redirection to its result, or the form again and why."""
    typed = await typed_in(request)  # before any refusal: a connection goes on after a read body
    require_own_page(request)
    caller = caller_in(request)
    if caller is None or not has_scope(caller, of.scope):
        blank = await asyncio.to_thread(of.blank)
        return _not_allowed(request, blank, typed, caller, of.scope)

    def run() -> Response[bytes]:
        require_token(request, typed)
        done = of.run(typed, caller)
        return form_page(request, done) if isinstance(done, FormPage) else _go_to(request, done)

    try:
        return await asyncio.to_thread(run)
    except NotFound:
        raise
    except LedgerError as error:
        return await asyncio.to_thread(_again, request, of, typed, error)


def _go_to(request: Request[Any, Any, Any], done: Sent) -> Response[bytes]:
    query = "&".join(each for each in (done.query, result_query(request)) if each)
    return go_to(request, f"{done.path}?{query}")


def _not_allowed(
    request: Request[Any, Any, Any],
    blank: FormPage,
    typed: Mapping[str, str],
    caller: Caller | None,
    scope: Scope,
) -> Response[bytes]:
    """The form of somebody whose session is over, or who may not send it: nothing typed is lost."""
    given = {each: typed.get(each, "") for each in (TOKEN, KEY, VERSION)}
    form = blank.form._replace(hidden={**blank.form.hidden, **given})
    if caller is None:
        refused = (
            "You are no longer logged in, and nothing was recorded. Log in again, then send this "
            "form again."
        )
        shown = blank._replace(form=form.again(typed, {}, refused))
        headers = dict(unauthorized("").headers or {})
        return form_page(request, shown, status=401, headers=headers, log_in=log_in_link(blank))
    refused = (
        f"This needs scope {scope}; {caller.name!r} has {scopes_text(caller.scopes)}. "
        "Nothing was recorded. Log in with another token, or let somebody do it who may."
    )
    return form_page(request, blank._replace(form=form.again(typed, {}, refused)), status=403)


def log_in_link(of: FormPage) -> str:
    """The path of the log-in that leads back to a form on its page."""
    path = f"{of.at or of.back[0]}?form={of.form.name}"
    return f"/login?next={quote(path, safe='')}"


def _again(
    request: Request[Any, Any, Any], of: Submission, typed: Mapping[str, str], error: LedgerError
) -> Response[bytes]:
    """The form with what was typed, and why it was refused."""
    if of.again is None:
        blank = of.blank()
        shown = blank._replace(form=blank.form._replace(hidden=hidden_fields(request, "")))
    else:
        shown = of.again(typed, error)
    problem = problems.ledger_problem(error)
    names = {each.name for each in shown.form.inputs if each.type != "hidden"}
    wrong: dict[str, str] = {}
    elsewhere = ""
    for each in problem.errors:
        if each.field in names:
            wrong[each.field] = f"{wrong.get(each.field, '')} {each.message}".strip()
        elif len(problem.errors) > 1 or each.message not in error.message:
            elsewhere += f" {each.field}: {each.message}"
    refused = "" if isinstance(error, Invalid) and wrong else refusal(error)
    form = shown.form.again(typed, wrong, f"{refused}{elsewhere}".strip())
    headers = problems.headers_of(problem, {})
    shown = shown._replace(
        form=form, context={**shown.context, "forbidden": isinstance(error, Forbidden)}
    )
    return form_page(request, shown, status=problem.status, headers=headers)


def form_page(
    request: Request[Any, Any, Any],
    shown: FormPage,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    log_in: str = "",
) -> Response[bytes]:
    """A form as a page; `log_in` leads to the log-in page."""
    return page(
        bare_frame_of(request),
        shown.template,
        status=status,
        headers=headers,
        form=shown.form,
        back=shown.back,
        changed=shown.changed,
        log_in=log_in,
        **shown.context,
    )
