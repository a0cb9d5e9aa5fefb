"""`airledger deliveries`: who was told of what, and which open incidents nobody was told of."""

from typing import Annotated

from cyclopts import Parameter

from consumers.cli.listing import FormatOption, Output, Sort, listed
from consumers.cli.printing import print_note
from consumers.cli.register import choice, print_register
from consumers.cli.session import Json, Limit, Session, SessionArg
from ledger.errors import Invalid
from ledger.vocabulary import DeliveryStatus, Notice


def deliveries(
    *,
    untold: Annotated[
        bool,
        Parameter(
            negative="",
            help="Open incidents instead, of which the policy in force would tell, and of which no "
            "notification was ever requested.",
        ),
    ] = False,
    notice: Annotated[Notice | None, choice("Only those of this notice.")] = None,
    channel: Annotated[str | None, Parameter(help="Only those of this channel.")] = None,
    status: Annotated[DeliveryStatus | None, choice("Only those of this status.")] = None,
    sort: Sort = None,
    limit: Limit = None,
    form: FormatOption = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Who was told of what, and what came of it."""
    from consumers.cli.lists import list_command
    from projections.deliveries import DELIVERIES

    given = {"notice": notice, "channel": channel, "status": status}
    output = Output(sort, limit, form, json)
    if not untold:
        if DELIVERIES.listing is None:
            raise TypeError("the read model of deliveries has no list")
        run = list_command(DELIVERIES, DELIVERIES.listing)
        run(**given, **output._asdict(), session=session)
        return
    if any(given.values()):
        raise Invalid(
            "--untold lists incidents, which have no notice, channel or status.",
            remedy="Leave these options out.",
        )
    _untold(session, output)


def _untold(session: Session, output: Output) -> None:
    from consumers.client.queries import UNTOLD

    with session.open_client() as client:
        found = listed(session, client, UNTOLD, {}, output)
    if found is None:
        return
    if found:
        print_register(found)
    else:
        print_note("No open incident is untold of those that the policy in force would tell of.")
