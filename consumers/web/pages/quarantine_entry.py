"""The page of one quarantine entry: its reasons, its body as text, what a retry would do, and the
forms that close it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from consumers.container.ledger import Ledger, new_id
from consumers.intake import quarantine_commands
from consumers.intake.quarantine import find
from consumers.intake.retry_dry_run import RetryDryRun, dry_run_retry
from consumers.read_service import quarantine as shown
from consumers.text_safety import escape_controls
from consumers.web.auth import Caller, commander_of, has_scope
from consumers.web.pages.forms import Form, Input
from consumers.web.pages.rendering import frame_of, page
from consumers.web.pages.submitting import (
    FORM_BYTES,
    FormPage,
    Sent,
    Submission,
    caller_in,
    hidden_fields,
    submit,
)
from consumers.web.services import services_of
from ledger.errors import Invalid, Refused
from ledger.store.side_records import Quarantined
from ledger.vocabulary import Scope

REASON_CHARACTERS = 2_000
_CLOSED_AS = {"retry": "retried", "dismiss": "dismissed"}


@get("/quarantine/{entry:str}", opt={"scope": Scope.READ})
async def quarantine_entry(
    request: Request[Any, Any, Any], entry: FromPath[str]
) -> Response[bytes]:
    """An entry, open or closed."""
    ledger = services_of(request.app.state).ledger

    def run() -> Response[bytes]:
        found = shown.entry(ledger.store, entry)
        is_open = found.entry.state == "open"
        return page(
            frame_of(request),
            "quarantine_entry.html",
            found=found,
            entry=found.entry,
            body=escape_controls(found.body),
            trial=_trial(ledger, entry) if is_open else None,
            forms=_forms_for(request, found.entry) if is_open else (),
            open_form=request.query_params.get("form") or _offered(found.entry)[0],
        )

    return await asyncio.to_thread(run)


def _trial(ledger: Ledger, entry: str) -> RetryDryRun:
    return dry_run_retry(ledger.store, entry, clock=ledger.now, new_id=new_id)


def _offered(entry: Quarantined) -> tuple[str, ...]:
    """What closes an entry: one whose body was erased is not retried."""
    return ("dismiss",) if entry.body_erased else tuple(_CLOSED_AS)


def _forms_for(request: Request[Any, Any, Any], entry: Quarantined) -> tuple[Form, ...]:
    caller = caller_in(request)
    if caller is None or not has_scope(caller, Scope.OPERATE):
        return ()
    hidden = hidden_fields(request, "")
    return tuple(_form(name, entry.id)._replace(hidden=hidden) for name in _offered(entry))


def _form(name: str, entry: str) -> Form:
    reason = Input(
        name="reason",
        label="Reason",
        type="textarea",
        required=True,
        longest=REASON_CHARACTERS,
        help="Why it is not processed, for those who read the record.",
        choices=(),
    )
    about = {
        "retry": "Process the refused parts again, under the time of their arrival.",
        "dismiss": "Close the entry without processing it. Its body stays kept.",
    }
    return Form(
        name=name,
        title=name.capitalize(),
        help=about[name],
        action=f"/quarantine/{entry}/{name}",
        scope=Scope.OPERATE,
        inputs=(reason,) if name == "dismiss" else (),
        subject=entry,
    )


def _retry(ledger: Ledger, entry: str, caller: Caller, _: Mapping[str, str]) -> None:
    quarantine_commands.retry(ledger.services, commander_of(caller), entry, ledger.now())


def _dismiss(ledger: Ledger, entry: str, caller: Caller, typed: Mapping[str, str]) -> None:
    reason = typed.get("reason", "").replace("\r\n", "\n").strip()
    fault = "must not be empty" if not reason else ""
    if len(reason) > REASON_CHARACTERS:
        fault = f"has {len(reason)} characters of at most {REASON_CHARACTERS}"
    if fault:
        raise Invalid(
            "The form has a field that is not right.",
            errors=[("reason", fault)],
            remedy="Correct it and send the form again.",
        )
    quarantine_commands.dismiss(ledger.services, commander_of(caller), entry, reason, ledger.now())


def _route(
    name: str, act: Callable[[Ledger, str, Caller, Mapping[str, str]], None]
) -> HTTPRouteHandler:
    async def send(request: Request[Any, Any, Any], entry: FromPath[str]) -> Response[bytes]:
        ledger = services_of(request.app.state).ledger

        def blank() -> FormPage:
            return FormPage(_form(name, entry), (f"/quarantine/{entry}", "Quarantine entry"))

        def run(typed: Mapping[str, str], caller: Caller) -> Sent:
            try:
                act(ledger, entry, caller, typed)
            except Refused:
                if not _is_done(ledger, name, entry, caller):
                    raise
            return Sent(f"/quarantine/{entry}")

        return await submit(request, Submission(Scope.OPERATE, blank, run))

    return post(
        f"/quarantine/{{entry:str}}/{name}",
        opt={"scope": Scope.OPERATE, "form": True},
        request_max_body_size=FORM_BYTES,
        name=f"form_quarantine_{name}",
    )(send)


def _is_done(ledger: Ledger, name: str, entry: str, caller: Caller) -> bool:
    """Whether the caller closed the entry that way already: a double click is one command."""
    found = find(ledger.store, entry)
    return (found.state, found.closed_by) == (_CLOSED_AS[name], caller.actor)


ROUTES: list[HTTPRouteHandler] = [
    quarantine_entry,
    _route("retry", _retry),
    _route("dismiss", _dismiss),
]
