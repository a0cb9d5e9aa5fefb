"""The forms that adopt a policy: a check that names faults by path and shows what the text changes,
then the adoption of that very text."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from consumers.access.people import display_names
from consumers.commands.policy_history import adoption_in_force, adoptions
from consumers.container.ledger import Ledger
from consumers.text_safety import escape_controls
from consumers.web.auth import Caller, commander_of, has_scope
from consumers.web.pages.diff_lines import diff_lines
from consumers.web.pages.forms import Form, Input
from consumers.web.pages.submitting import (
    FORM_BYTES,
    VERSION,
    FormPage,
    Sent,
    Submission,
    caller_in,
    form_page,
    hidden_fields,
    submit,
)
from consumers.web.services import services_of
from ledger.domain.policy import MOST_REASON, AdoptPolicy
from ledger.errors import Invalid, LedgerError, StaleVersion
from ledger.execute import AdoptPolicyRequest
from ledger.policy import difference, digest, parse_policy
from ledger.vocabulary import Scope

CHECKED = "_checked"
"""The digest of the text that was checked."""
ROWS = 24
_BACK = ("/policy", "Policy")
ADOPTION = "Every decision from then on uses this policy; what is recorded stays as it is."
"""What adopting does, in the words of its forms."""
_WRONG = "This text is not a policy; its faults are listed above."
_UNCHECKED = "The text was changed since it was checked. See what it changes now, then adopt it."


def may_adopt(request: Request[Any, Any, Any]) -> bool:
    """Whether the request's visitor may adopt a policy."""
    caller = caller_in(request)
    return caller is not None and has_scope(caller, Scope.ADMIN)


@get("/policy/new", opt={"scope": Scope.ADMIN})
async def new_policy(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form with the text of the policy in force."""
    store = services_of(request.app.state).ledger.store

    def run() -> Response[bytes]:
        in_force = adoption_in_force(store)
        form = _unchecked(request, in_force.digest).again({"text": in_force.text}, {}, "")
        return form_page(request, _shown(form._replace(returned=False)))

    return await asyncio.to_thread(run)


def _unchecked(request: Request[Any, Any, Any], expect: str) -> Form:
    """The form before its text was checked."""
    return _form(
        "check",
        "Check",
        "Write the policy as TOML, or load a file. The check says what it changes.",
        hidden_fields(request, expect),
    )


def _checked(request: Request[Any, Any, Any], expect: str, text: str) -> Form:
    """The form of a text that was checked."""
    hidden = {**hidden_fields(request, expect), CHECKED: digest(text)}
    form = _form("adopt", "Adopt", ADOPTION, hidden, reason_required=True)
    return form._replace(action="/policy", other=("Check again", "/policy/check"))


def reason_input(*, required: bool) -> Input:
    """Why a policy is adopted."""
    return Input(
        name="reason",
        label="Reason",
        type="textarea",
        required=required,
        longest=MOST_REASON,
        help="Why, for those who read the record.",
        choices=(),
    )


def reason_in(typed: Mapping[str, str]) -> str:
    """The reason that was typed, with the line ends of a text."""
    return typed.get("reason", "").replace("\r\n", "\n").strip()


def _form(
    name: str, title: str, about: str, hidden: Mapping[str, str], *, reason_required: bool = False
) -> Form:
    text = Input(
        name="text",
        label="Policy",
        type="textarea",
        required=True,
        longest=None,
        help="TOML. Its lines end with a line feed in what is adopted.",
        choices=(),
        rows=ROWS,
    )
    return Form(
        name=name,
        title=title,
        help=about,
        action="/policy/check",
        scope=Scope.ADMIN,
        inputs=(text, reason_input(required=reason_required)),
        hidden=hidden,
        draft="/policy",
    )


def _shown(
    form: Form,
    *,
    faults: Sequence[tuple[str, str]] = (),
    checked: Mapping[str, Any] | None = None,
    meanwhile: Any = None,
    notice: str = "",
) -> FormPage:
    context = {"faults": faults, "checked": checked, "meanwhile": meanwhile, "notice": notice}
    return FormPage(form, _BACK, template="policy_form.html", context=context, at="/policy/new")


def _text_in(typed: Mapping[str, str]) -> str:
    """The text that was typed, with the line ends of a file."""
    return typed.get("text", "").replace("\r\n", "\n")


def _check(
    request: Request[Any, Any, Any],
    ledger: Ledger,
    typed: Mapping[str, str],
    *,
    meanwhile: Any = None,
    notice: str = "",
) -> FormPage:
    """The page of a check: the faults of a text, or what it changes and the form to adopt it."""
    text, in_force = _text_in(typed), adoption_in_force(ledger.store)
    try:
        policy = parse_policy(text)
    except Invalid as error:
        form = _unchecked(request, in_force.digest).again(typed, {"text": _WRONG}, "")
        faults = [(path or "text", escape_controls(fault)) for path, fault in error.errors]
        return _shown(form, faults=faults, meanwhile=meanwhile)
    other = difference(in_force.text, text)
    checked = {
        "title": escape_controls(policy.title, one_line=True),
        "digest": digest(text),
        "in_force": in_force.digest,
        "changes": [escape_controls(str(each), one_line=True) for each in other.changes],
        "lines": diff_lines(other.diff),
    }
    form = _checked(request, in_force.digest, text).again(typed, {}, "")
    return _shown(form, checked=checked, meanwhile=meanwhile, notice=notice)


def _blank() -> FormPage:
    return _shown(_form("check", "Check", "", {}))


def _check_submission(request: Request[Any, Any, Any]) -> Submission:
    ledger = services_of(request.app.state).ledger

    def run(typed: Mapping[str, str], _: Caller) -> Sent | FormPage:
        return _check(request, ledger, typed)

    def again(_: Mapping[str, str], error: LedgerError) -> FormPage:
        return _shown(_unchecked(request, adoption_in_force(ledger.store).digest))

    return Submission(Scope.ADMIN, _blank, run, again)


def _adopt_submission(request: Request[Any, Any, Any]) -> Submission:
    ledger = services_of(request.app.state).ledger

    def run(typed: Mapping[str, str], caller: Caller) -> Sent | FormPage:
        text = _text_in(typed)
        if typed.get(CHECKED) != digest(text):
            return _check(request, ledger, typed, notice=_UNCHECKED)
        command = AdoptPolicy(text=text, reason=reason_in(typed), expect=typed.get(VERSION) or None)
        context = ledger.services.context(caller.actor)
        asker = commander_of(caller).asker
        try:
            ledger.executor.execute(AdoptPolicyRequest(command=command, asker=asker), context)
        except StaleVersion:
            if adoption_in_force(ledger.store).digest != digest(text):
                raise
        return Sent("/policy")

    def again(typed: Mapping[str, str], error: LedgerError) -> FormPage:
        meanwhile = None
        if isinstance(error, StaleVersion):
            [meanwhile] = adoptions(ledger.store, display_names(ledger.store), most=1)
        return _check(request, ledger, typed, meanwhile=meanwhile)

    return Submission(Scope.ADMIN, _blank, run, again)


@post("/policy/check", opt={"scope": Scope.ADMIN, "form": True}, request_max_body_size=FORM_BYTES)
async def check_policy(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Checks a text, and shows what it would change."""
    return await submit(request, _check_submission(request))


@post("/policy", opt={"scope": Scope.ADMIN, "form": True}, request_max_body_size=FORM_BYTES)
async def adopt_policy(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Adopts a text that was checked, in place of the policy that it was compared with."""
    return await submit(request, _adopt_submission(request))


ROUTES: list[HTTPRouteHandler] = [new_policy, check_policy, adopt_policy]
