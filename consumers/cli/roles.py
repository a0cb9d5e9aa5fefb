"""`airledger role`, `person` and `raci`: who holds which role, and who may send what."""

from datetime import UTC
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.printing import (
    format_time,
    moment,
    print_items,
    print_json,
    print_line,
    print_note,
    print_table,
)
from consumers.cli.session import Json, Session, SessionArg

if TYPE_CHECKING:
    from ledger.domain.command import Command

app = App(name="role", help="Roles: who holds which, who is whose deputy.")
person = App(name="person", help="Persons: what is held of one, and who is the same human.")

Who = Annotated[str, Parameter(help="A person's name, or person/<uuid>, or source/<name>.")]
RoleName = Annotated[str, Parameter(help="The role, as the policy names it: risk_manager.")]
System = Annotated[
    str | None, Parameter(help="For this system alone; for the organisation by default.")
]


@app.command(name="list")
def list_roles(*, json: Json = False, session: SessionArg) -> None:
    """The roles that are held now, by holder; deputies are among them."""
    from consumers.client.queries import ROLES

    with session.open_client() as client:
        found = client.items(ROLES, {}).items
    if json:
        print_items(found)
        return
    if not found:
        print_note("Nobody holds a role yet; see airledger role grant --help.")
        return
    print_table(
        ("Person", "Role", "System", "Basis", "Until (UTC)", "Granted by"),
        (
            (
                each.person,
                each.label,
                each.system or "all",
                f"deputy of {each.deputy_of}" if each.deputy_of else each.basis,
                ("" if each.in_force else "not in force: ") + format_time(each.until),
                each.granted_by,
            )
            for each in sorted(found, key=lambda each: (each.person, each.label))
        ),
    )


@app.command
def grant(
    person: Who,
    role: RoleName,
    *,
    system: System = None,
    until: Annotated[
        str | None, Parameter(help="When it ends: 90d, 2027-01-31; never by default.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Grant a role."""
    from consumers.commands.roles import Grant

    ends = None if until is None else session.times().ahead("--until", until).astimezone(UTC)
    body = Grant(person=_text(person), role=_text(role), system=system, until=ends)
    _send(session, "grant", body, f"{person} holds the role {role}", json=json)


@app.command
def revoke(
    person: Who,
    role: RoleName,
    *,
    system: System = None,
    reason: Annotated[str, Parameter(help="Why, for those who read the record.")] = "",
    json: Json = False,
    session: SessionArg,
) -> None:
    """Take a role back; what was delegated of it falls with it."""
    from consumers.commands.roles import Revoke

    body = Revoke(person=_text(person), role=_text(role), system=system, reason=_text(reason))
    _send(session, "revoke", body, f"{person} holds the role {role} no more", json=json)


@app.command
def delegate(
    role: RoleName,
    *,
    to: Annotated[str, Parameter(help="The deputy.")],
    until: Annotated[str, Parameter(help="When it ends: 14d, 2027-01-31.")],
    system: System = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Let a deputy act in a role of your own until a time; he counts as you both."""
    from consumers.commands.roles import Delegate

    ends = session.times().ahead("--until", until).astimezone(UTC)
    body = Delegate(role=_text(role), to=_text(to), until=ends, system=system)
    _send(session, "delegate", body, f"{to} is your deputy as {role}", json=json)


@app.command(name="end-delegation")
def end_delegation(
    role: RoleName,
    *,
    to: Annotated[str, Parameter(help="The deputy.")],
    holder: Annotated[str | None, Parameter(help="Whose role it is; your own by default.")] = None,
    system: System = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Take a delegation back before its end."""
    from consumers.commands.roles import EndDelegation

    body = EndDelegation(role=_text(role), to=_text(to), holder=holder, system=system)
    _send(session, "end-delegation", body, f"{to} is no deputy as {role} any more", json=json)


@app.command(name="break-glass")
def break_glass(
    *,
    reason: Annotated[str, Parameter(help="Why; every page shows it.")],
    last: Annotated[
        str, Parameter(name="--for", help="How long it lasts, at most 8 hours: 30m, 2h.")
    ] = "1h",
    json: Json = False,
    session: SessionArg,
) -> None:
    """Act on this host without the RACI and without a second person, for a time.

    It is recorded, and while it lasts every page says so, and the alert AirledgerGlassBroken fires.
    """
    from ledger.domain.access.deciding import HOST
    from ledger.domain.access.roles import BreakGlass
    from ledger.execute import ChangeRoles
    from projections.values import time_text

    until = session.times().ahead("--for", last).astimezone(UTC)
    with session.open_write() as writer:
        command = BreakGlass(holder=writer.caller.actor, reason=_text(reason), until=until)
        request = ChangeRoles(command=command, asker=HOST)
        writer.ledger.executor.execute(request, writer.context())
    if json:
        print_json({"until": time_text(until), "reason": reason})
        return
    print_line(f"The glass is broken until {moment(time_text(until))}. Every page says so.")


@person.command(name="list")
def list_persons(*, json: Json = False, session: SessionArg) -> None:
    """Everybody whom the ledger knows, with the ids that the log has."""
    from consumers.client.queries import PERSONS

    with session.open_client() as client:
        found = client.items(PERSONS, {}).items
    if json:
        print_items(found)
        return
    print_table(
        ("Id", "Name", "Known by", "Same person as"),
        ((each.id, each.name, each.known_by, ", ".join(each.joined)) for each in found),
    )


@person.command(name="show")
def show_person(person: Who, *, json: Json = False, session: SessionArg) -> None:
    """What is held of a person: ids, roles, sessions, tokens, and the texts that he wrote."""
    from consumers.client.queries import PERSON, PERSONS
    from ledger.errors import NotFound, Refused

    wanted = _text(person)
    with session.open_client() as client:
        people = client.items(PERSONS, {}).items
        named = [each.id for each in people if wanted in {each.id, each.name}]
        if not named:
            raise NotFound(f"There is no person {person!r}.", remedy="See airledger person list.")
        if len(named) > 1:
            raise Refused(
                "several_of_that_name",
                f"{len(named)} persons are named {person!r}: {', '.join(named)}.",
                remedy="Name the one that is meant by the id, person/ and all.",
            )
        found = client.view(PERSON, named[0].removeprefix("person/"))
    if json:
        print_json(found)
        return
    facts = {
        "Name": found.name,
        "Id": found.id,
        "Known by": found.known_by,
        "Same person as": ", ".join(found.joined) or "nobody",
        "Roles": ", ".join(each.label for each in found.roles) or "none",
        "Tokens": ", ".join(found.tokens) or "none",
        "Open sessions": str(found.sessions),
        "Texts": f"{found.texts_total}, of which {found.texts_readable} can be read",
        "Erased": "an erasure is on record" if found.erased else "no",
    }
    print_table(("What", "Held"), facts.items())
    if found.texts:
        print_table(
            ("Where", "Text", "Id"),
            (
                (each.reference or each.stream, each.content or "[erased]", each.id)
                for each in found.texts
            ),
        )


@person.command
def join(person: Who, other: Who, *, json: Json = False, session: SessionArg) -> None:
    """Say that two names are one human's: they count as one from now on, for ever."""
    from consumers.commands.roles import Join

    body = Join(person=_text(person), other=_text(other))
    _send(session, "join", body, f"{person} and {other} are one person", json=json)


def raci(
    *,
    role: Annotated[
        str | None, Parameter(help="Only the commands that this role has a part in.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Who is responsible, accountable, consulted and informed, for each command.

    It is the table of the policy in force. Those who are responsible or accountable may send the
    command, where the policy enforces it.
    """
    from consumers.client.queries import RACI

    with session.open_client(views=False) as client:
        lines = client.items(RACI, {}).items
    if role is not None:
        lines = [each for each in lines if each.names(_text(role))]
    if json:
        print_items(lines)
        return
    print_table(
        ("Command", "Severity", "Responsible", "Accountable", "Consulted", "Informed", "Row"),
        (
            (
                each.command,
                ", ".join(each.severities) or "any",
                ", ".join(each.responsible) if each.row else "everybody",
                ", ".join(each.accountable),
                ", ".join(each.consulted),
                ", ".join(each.informed),
                each.row,
            )
            for each in lines
        ),
    )


def _send(session: Session, change: str, body: "Command", done: str, *, json: bool) -> None:
    with session.open_client(write=True, create=True) as client:
        recorded = client.change_roles(change, body)
    if json:
        print_json({"recorded": recorded})
    else:
        print_line(f"{done}." if recorded else f"Nothing to do: {done} already.")


def _text(value: str) -> str:
    require_text("The argument", value)
    return value
