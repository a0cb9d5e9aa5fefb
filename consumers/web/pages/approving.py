"""The form by which a second person adopts a policy that another proposed."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from consumers.access.people import display_names
from consumers.commands.policy_history import adoption_in_force, proposal_of, proposals
from consumers.container.ledger import Ledger
from consumers.text_safety import escape_controls
from consumers.web.auth import Caller, commander_of
from consumers.web.pages.adopting import ADOPTION, reason_in, reason_input
from consumers.web.pages.diff_lines import diff_lines
from consumers.web.pages.forms import Form
from consumers.web.pages.submitting import (
    FORM_BYTES,
    FormPage,
    Sent,
    Submission,
    hidden_fields,
    submit,
)
from consumers.web.services import services_of
from ledger.domain.policy import AdoptPolicy
from ledger.errors import Forbidden
from ledger.execute import AdoptPolicyRequest
from ledger.vocabulary import Scope

_BACK = ("/policy", "Policy")


def waiting(request: Request[Any, Any, Any], ledger: Ledger) -> list[dict[str, Any]]:
    """The policies that wait for a second person, each with its form. Blocking."""
    hidden = hidden_fields(request, "")
    return [
        {
            "proposal": each,
            "by": escape_controls(", ".join(each.by), one_line=True),
            "reason": escape_controls(each.reason),
            "changes": [escape_controls(str(change), one_line=True) for change in each.changes],
            "lines": diff_lines(each.diff),
            "form": _form(each.digest)._replace(hidden=hidden),
        }
        for each in proposals(ledger.store, display_names(ledger.store))
    ]


def _form(digest: str) -> Form:
    name = digest.removeprefix("sha256:")
    return Form(
        name=f"approve-{name[:12]}",
        title="Adopt it as the second person",
        help=ADOPTION,
        action=f"/policy/proposals/{name}/adopt",
        scope=Scope.ADMIN,
        inputs=(reason_input(required=True),),
    )


async def _approve(request: Request[Any, Any, Any], digest: FromPath[str]) -> Response[bytes]:
    ledger = services_of(request.app.state).ledger

    def blank() -> FormPage:
        return FormPage(_form(digest), _BACK)

    def run(typed: Mapping[str, str], caller: Caller) -> Sent:
        of = proposal_of(ledger.store, digest)
        expect = adoption_in_force(ledger.store).digest
        command = AdoptPolicy(text=of.text, reason=reason_in(typed), expect=expect)
        request = AdoptPolicyRequest(command=command, asker=commander_of(caller).asker)
        outcome = ledger.executor.execute(request, ledger.services.context(caller.actor))
        if not outcome.done and not outcome.events:
            raise Forbidden(
                "second_person_needed",
                "It still waits for a second person: whoever proposed it does not count twice, and "
                "a session that a token began does not count as a person's.",
                remedy="Let another person adopt it, logged in as himself.",
            )
        return Sent("/policy")

    return await submit(request, Submission(Scope.ADMIN, blank, run))


approve = post(
    "/policy/proposals/{digest:str}/adopt",
    opt={"scope": Scope.ADMIN, "form": True},
    request_max_body_size=FORM_BYTES,
    name="form_policy_approve",
)(_approve)

ROUTES: list[HTTPRouteHandler] = [approve]
