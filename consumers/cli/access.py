"""Tokens: `airledger source` for alerting systems, `airledger token` for people and programs."""

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.dry_run import try_source
from consumers.cli.printing import (
    format_time,
    moment,
    print_items,
    print_json,
    print_line,
    print_note,
    print_table,
)
from consumers.cli.register import choice
from consumers.cli.server import server_url
from consumers.cli.session import Json, Session, SessionArg
from consumers.cli.sources import Signs, require_scope, signing_for
from ledger.vocabulary import Scope, SourceKind

if TYPE_CHECKING:
    from consumers.access.tokens import NewToken
    from ledger.domain.access import HolderKind

source = App(name="source", help="Tokens of alerting systems.")
token = App(name="token", help="Tokens of people and programs that query or command.")

source.command(try_source, name="try")


@source.command(name="add")
def add_source(
    name: Annotated[str, Parameter(help="One name per alerting system; its peers share it.")],
    *,
    kind: Annotated[SourceKind, choice("The format that it speaks.")],
    scope: Annotated[
        Literal["publish", "report", "operate"],
        Parameter(help="report: it may report incidents as well; operate: command them."),
    ] = "publish",
    signs: Annotated[Signs | None, Parameter(name="*")] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Add an alerting system, and print its token, once; or the address of a webhook.

    Webhooks of PagerDuty, incident.io and Jira have no token: their signature is checked.
    """
    from consumers.access.tokens import grant_source
    from consumers.intake.formats.registry import FORMATS

    require_text("NAME", name)
    require_scope(kind, scope)
    signing = signing_for(kind, signs or Signs())
    with session.open_write() as writer:
        executor = writer.ledger.executor
        made = grant_source(executor, writer.context(), name, kind, Scope(scope), signing)
        http = writer.ledger.settings.http
    source_format = FORMATS[kind]
    url = server_url(http)
    signed = source_format.webhook is not None
    if json:
        path = source_format.path_of(name)
        print_json({"name": name, "url": f"{url}{path}"} if signed else made)
        return
    if signed:
        print_line(f"The source {name} may {scope}. Its signature is all that it is known by.")
    else:
        _print_token(made, f"The source {name} may {scope}")
    print(f"\n{source_format.setup_text(url, made.token, name)}")


@token.command(name="add")
def add_token(
    name: Annotated[str, Parameter(help="The holder of the token.")],
    *,
    scope: Annotated[
        Literal["report", "read", "audit", "operate", "admin"],
        Parameter(
            help="report: report incidents, and see what became of them; read: all but raw events; "
            "audit: read, and raw events; operate: read, report and command; admin: everything."
        ),
    ],
    person: Annotated[
        str | None,
        Parameter(
            help="Whom it acts as: a name, or person/<uuid>; by default the person of NAME. "
            "Several tokens of one person count as one."
        ),
    ] = None,
    expires: Annotated[
        str | None,
        Parameter(help="When it ends: 90d, 12h, 2027-01-31, or a time; never by default."),
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Add a token for a person or program, and print it, once."""
    from consumers.access.tokens import grant_token
    from projections.values import time_text

    require_text("NAME", name)
    require_text("--person", person)
    ends = None if expires is None else session.times().ahead("--expires", expires)
    with session.open_write() as writer:
        ledger = writer.ledger
        made = grant_token(
            ledger.store,
            ledger.executor,
            writer.context(),
            name,
            Scope(scope),
            ends,
            person=person,
        )
        http = ledger.settings.http
    if json:
        print_json(made)
        return
    until = "" if ends is None else f" until {moment(time_text(ends))}"
    acts = "" if person is None else f", acting as {person}"
    _print_token(made, f"{name} has scope {scope}{until}{acts}")
    path = "reports" if scope == "report" else "incidents"
    print(f"\ncurl -H 'Authorization: Bearer {made.token}' {server_url(http)}/v1/{path}")


@source.command(name="list")
def list_sources(*, json: Json = False, session: SessionArg) -> None:
    """Every alerting system with a token, revoked ones included, oldest first.

    "Last used" is of its token, "last heard" of what it sent, also by Kafka.
    """
    from ledger.domain.access import HolderKind

    _list_tokens(session, HolderKind.SOURCE, json=json)


@token.command(name="list")
def list_tokens(*, json: Json = False, session: SessionArg) -> None:
    """Every token, revoked ones included, oldest first."""
    from ledger.domain.access import HolderKind

    _list_tokens(session, HolderKind.TOKEN, json=json)


@source.command(name="revoke")
def revoke_source(name: str, *, json: Json = False, session: SessionArg) -> None:
    """Revoke an alerting system's token; it cannot publish from now on."""
    from ledger.domain.access import HolderKind

    _revoke(session, HolderKind.SOURCE, name, json=json)


@token.command(name="revoke")
def revoke_token(name: str, *, json: Json = False, session: SessionArg) -> None:
    """Revoke a token; it has no access from now on."""
    from ledger.domain.access import HolderKind

    _revoke(session, HolderKind.TOKEN, name, json=json)


def _revoke(session: Session, kind: "HolderKind", name: str, *, json: bool) -> None:
    from consumers.access.tokens import revoke

    require_text("NAME", name)
    with session.open_write() as writer:
        revoke(writer.ledger.executor, writer.context(), kind, name)
    if json:
        print_json({"name": name, "revoked": True})
    else:
        print_line(f"The token of {kind} {name} is revoked.")


def _list_tokens(session: Session, kind: "HolderKind", *, json: bool) -> None:
    from consumers.client.queries import TOKENS
    from ledger.domain.access import HolderKind

    with session.open_client(views=False) as client:
        found = client.items(TOKENS, {"holder": kind.value}).items
    if json:
        print_items(found)
        return
    if not found:
        print_note(f"There is no {kind} yet; see airledger {kind} add --help.")
        return
    sources = kind is HolderKind.SOURCE
    print_table(
        (
            "Name",
            *(("Kind",) if sources else ("Acts as",)),
            *("Scope", "Granted (UTC)", "Last used (UTC)"),
            *(("Last heard (UTC)",) if sources else ("Expires (UTC)",)),
            "State",
        ),
        (
            (
                each.name,
                each.kind if sources else each.person or each.actor,
                each.scope,
                format_time(each.granted_at),
                format_time(each.used_at),
                format_time(each.heard_at if sources else each.expires_at),
                each.state,
            )
            for each in found
        ),
    )


def _print_token(made: "NewToken", what: str) -> None:
    print_line(f"{what}. Its token, which is shown this once:")
    print(f"\n    {made.token}")
