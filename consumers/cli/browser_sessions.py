"""`airledger session`: browsers that are logged in."""

from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.arguments import require_text
from consumers.cli.printing import (
    format_time,
    print_items,
    print_json,
    print_line,
    print_note,
    print_table,
)
from consumers.cli.session import Json, SessionArg

app = App(name="session", help="Browsers that are logged in.")


@app.command(name="list")
def list_sessions(*, json: Json = False, session: SessionArg) -> None:
    """The browsers that are logged in, the last first; from away one's own, with scope admin all.

    A session ends by itself after 12 hours without a request, and 7 days after it began.
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
        ("Session", "Of", "Scope", "Began (UTC)", "Last used (UTC)", "Ends (UTC)"),
        (
            (
                each.id,
                each.holder,
                each.scope,
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
    """Log a browser out: its next request leads to the log-in page."""
    require_text("ID", of)
    with session.open_client(write=True) as client:
        ended = client.end_session(of)
    if json:
        print_json(ended)
        return
    print_line(f"The session {ended.id} of {ended.holder} has ended.")
