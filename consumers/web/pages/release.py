"""The page of one release: its gates, who signed, what was decided, what runs, and its forms."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from consumers.read_service.choices import own_release_choices
from consumers.read_service.release_page import ReleasePage, release_page
from consumers.read_service.releases import explain
from consumers.web.api.consistency import wait_for_leaf
from consumers.web.pages import acting
from consumers.web.pages.forms import Form, Input
from consumers.web.pages.rendering import frame_of, page
from consumers.web.pages.submitting import caller_in
from consumers.web.reader import read_ledger
from ledger.domain.release import RELEASE, Release
from ledger.errors import Invalid
from ledger.vocabulary import Scope
from projections.values import time_text

READ = {"scope": Scope.READ}
DIGEST = "digest"
"""The field of sign-off and decision that names what is signed."""
RUNS = frozenset({"undeploy", "roll-back"})
"""What only a release that runs takes."""
NAMED_BY_PATH = frozenset({"system", "version", "environment"})
"""Fields of a deployment that name the release where its path does not."""


@get("/releases/{ref:str}", opt=READ, name="page_release")
async def release(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """One release, from the streams that it is judged by."""
    ledger = await wait_for_leaf(request, acting.wanted_leaf(request))

    def run() -> Response[bytes]:
        found = release_page(ledger, ref)
        subject = UUID(found.stream.id)
        concern = acting.concern_for(request, RELEASE, subject)
        choices = own_release_choices(ledger, subject)
        reference, version = found.stream.reference, found.stream.version
        forms = acting.forms_for(request, RELEASE, reference, version, choices, concern)
        fitting = tuple(_fitting(request, forms, found))
        return page(
            frame_of(request),
            "release.html",
            found=found,
            check=found.check,
            release=found.state,
            forms=fitting,
            wanted=acting.wanted_form(request, fitting) or found.next,
            only_for=acting.only_for(request, RELEASE, found.next, concern, forms),
            in_person=_in_person(request),
            now=time_text(ledger.now()),
        )

    return await asyncio.to_thread(run)


@get("/releases/{ref:str}/explain", opt=READ, name="page_release_explain")
async def explained(request: Request[Any, Any, Any], ref: FromPath[str]) -> Response[bytes]:
    """A decision as it was made, the newest or that at `leaf`."""
    ledger = read_ledger(request)

    def run() -> Response[bytes]:
        found = explain(ledger, ref, _leaf(request.query_params.get("leaf", "")))
        return page(frame_of(request), "release_explain.html", found=found)

    return await asyncio.to_thread(run)


def _leaf(text: str) -> int | None:
    """The leaf in an address. Raises Invalid."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise Invalid(f"{text[:200]!r} is no leaf.", errors=[("leaf", "expected a number")])
    return int(text)


def _in_person(request: Request[Any, Any, Any]) -> bool:
    """Whether the visitor has a person's own session, as sign-offs and decisions need."""
    caller = caller_in(request)
    return caller is not None and caller.by.is_person


def _fitting(
    request: Request[Any, Any, Any], forms: tuple[Form, ...], found: ReleasePage
) -> Iterator[Form]:
    """The forms that the release takes as it stands, with what may be chosen in each."""
    in_person = _in_person(request)
    for form in forms:
        if not _fits(form.name, found.state):
            continue
        if RELEASE.commands[form.name].needs_person and not in_person:
            continue
        ready = _prepared(form, found)
        if ready.possible:
            yield ready


def _fits(command: str, state: Release) -> bool:
    """Whether a release may take a command, as it stands."""
    if state.retired:
        return False
    if command in RUNS:
        return state.deployed is not None
    if command == "retire":
        return state.deployed is None
    if command == "deploy":
        return True
    if not state.proposed or state.ever_rolled_back:
        return False
    if command == "detach":
        return bool(state.attached)
    return command != "withdraw-sign-off" or bool(state.sign_offs)


def _prepared(form: Form, found: ReleasePage) -> Form:
    """With the digest that the page shows, and of each choice what the release can take."""
    offered = _offered(form.name, found)
    deploys = form.name == "deploy"
    given = {} if deploys else {DIGEST: found.check.subject_digest, "to": found.back_to or ""}
    inputs = tuple(
        _narrowed(each._replace(value=given.get(each.name, each.value)), offered)
        for each in form.inputs
        if not deploys or each.name not in NAMED_BY_PATH
    )
    return form._replace(inputs=inputs)


def _narrowed(field: Input, offered: Mapping[str, frozenset[str]]) -> Input:
    if field.name not in offered:
        return field
    choices = tuple(each for each in field.choices if each[0] in offered[field.name])
    value = choices[0][0] if field.required and len(choices) == 1 else field.value
    return field._replace(choices=choices, value=value)


def _offered(command: str, found: ReleasePage) -> Mapping[str, frozenset[str]]:
    """The values that a command's fields can have here, of those fields that not all fit."""
    asked = found.requirements.values()
    match command:
        case "attach":
            return {"requirement": frozenset(each.id for each in asked if each.evidence)}
        case "detach":
            return {
                "requirement": frozenset(each.requirement for each in found.attached),
                "evidence": frozenset(each.reference for each in found.attached),
            }
        case "waive":
            return {"requirement": frozenset(each.id for each in asked if each.waivable)}
        case "sign-off":
            signed = (each for each in asked if each.by == "sign_off")
            return {"role": frozenset(role for each in signed for role in each.roles)}
        case "withdraw-sign-off":
            return {"role": frozenset(each.role for each in found.state.sign_offs)}
        case _:
            return {}
