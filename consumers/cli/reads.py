"""`airledger reads`: what was read, and by whom."""

from typing import Annotated

from cyclopts import Parameter

from consumers.cli.arguments import require_text
from consumers.cli.printing import format_time, print_items, print_note, print_table
from consumers.cli.session import Json, Limit, SessionArg


def reads(
    *,
    day: Annotated[str | None, Parameter(help="Only those of this day in UTC: 2026-03-01.")] = None,
    reader: Annotated[
        str | None, Parameter(help="Only those of this person, by name or person/ID.")
    ] = None,
    limit: Limit = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Who read restricted incidents, exported lists and logged in, the newest day first.

    Each is on record before anything is shown, and the log has a digest of every day. What the
    command line reads on the ledger's own host is not on record.
    """
    from consumers.client.queries import READS

    require_text("--day", day)
    require_text("--reader", reader)
    given = {"day": day, "reader": reader}
    filters = {name: value for name, value in given.items() if value is not None}
    with session.open_client() as client:
        found = client.items(READS, filters, limit=limit)
    if json:
        print_items(found.items)
        return
    if not found.items:
        print_note("Nothing of the kind is on record.")
        return
    print_table(
        ("Day", "Reader", "Kind", "Subject", "Times", "First (UTC)", "Last (UTC)"),
        (
            (
                each.day,
                each.reader,
                each.kind,
                each.subject,
                str(each.count),
                format_time(each.first_at),
                format_time(each.last_at),
            )
            for each in found.items
        ),
    )
