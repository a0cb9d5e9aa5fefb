"""`airledger session`: who is logged in, and one-time links to log in."""

from typing import Annotated, Literal

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
from consumers.cli.server import server_url
from consumers.cli.session import Json, SessionArg
from ledger.vocabulary import Scope

app = App(name="session", help="Who is logged in, and one-time links to log in.")


@app.command(name="list")
def list_sessions(*, json: Json = False, session: SessionArg) -> None:
    """Who is logged in, the last first; from away one's own sessions, with scope admin all.

    A session ends by itself after 12 hours without a request, and 7 days after it began; one that
    the provider or a one-time link began, 24 hours after the log-in.
    """
    from consumers.client.queries import SESSIONS

    with session.open_client(views=False) as client:
        found = client.items(SESSIONS, {}).items
    if json:
        print_items(found)
        return
    if not found:
        print_note("Nobody is logged in.")
        return
    print_table(
        ("Session", "Of", "By", "Scope", "Began (UTC)", "Last used (UTC)", "Ends (UTC)"),
        (
            (
                each.id,
                each.holder,
                f"{each.by}, command line" if each.command_line else each.by,
                ", ".join(each.scopes or (each.scope,)),  # a server of before has one
                format_time(each.begun_at),
                format_time(each.seen_at),
                format_time(each.ends_at),
            )
            for each in found
        ),
    )


@app.command
def revoke(
    of: Annotated[str, Parameter(name="ID", help="The session, from airledger session list.")],
    /,
    *,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Log a browser or a command line out: its next request is refused."""
    require_text("ID", of)
    with session.open_client(write=True) as client:
        ended = client.end_session(of)
    if json:
        print_json(ended)
        return
    print_line(f"The session {ended.id} of {ended.holder} has ended.")


@app.command
def link(
    person: Annotated[
        str, Parameter(name="PERSON", help="A name, which is new or of one person; or person/ID.")
    ],
    /,
    *,
    scope: Annotated[
        tuple[Literal["report", "read", "audit", "operate", "admin"], ...],
        Parameter(help="What the session may do; may be repeated.", negative=()),
    ] = ("read",),
    expires: Annotated[
        str, Parameter(help="When the link ends, if nobody used it: 15m, 2h; at most 24h.")
    ] = "15m",
    json: Json = False,
    session: SessionArg,
) -> None:
    """Make a link that logs a person in, in one browser, once; print it, once.

    The log records that it was made, for whom and with which scopes. The session ends 24 hours
    after the link was used.
    """
    from consumers.access.login_links import make_link
    from projections.values import time_text

    require_text("PERSON", person)
    ends = session.times().ahead("--expires", expires)
    with session.open_write() as writer:
        ledger = writer.ledger
        made = make_link(
            ledger.store,
            ledger.executor,
            writer.context(),
            person=person,
            scopes=tuple(Scope(each) for each in scope),
            expires_at=ends,
        )
        http = ledger.settings.http
    url = f"{http.public_url or server_url(http)}/login#token={made.secret}"
    if json:
        print_json({"person": made.person, "url": url, "expires_at": time_text(ends)})
        return
    print_line(f"Until {moment(time_text(ends))} this link logs {person} in, once ({made.person}):")
    print(f"\n    {url}")
