"""`airledger notify`: whether a channel works, and who is told of what."""

from typing import Annotated

from cyclopts import App, Parameter

from consumers.cli.errors import DONE, REFUSED
from consumers.cli.printing import print_items, print_json, print_line, print_table
from consumers.cli.session import Json, SessionArg
from ledger.errors import NotFound

app = App(
    name="notify",
    help="Who is told what by the policy, and a trial of a channel; see also airledger deliveries.",
)


@app.command
def test(
    channel: Annotated[str, Parameter(help="Its name, as notify.channels of the settings has it.")],
    *,
    session: SessionArg,
) -> int:
    """Send a trial by a channel of this host's settings. Nothing is recorded.

    Of a tracker the token and the repository or project are checked; no ticket is opened. Exit
    status 1 where it failed.
    """
    from consumers.container.ledger import new_id, now
    from consumers.notify.channels import send
    from consumers.notify.message import trial
    from consumers.notify.outcome import Failed, Sending
    from ledger.settings.trackers import TRACKERS

    settings = session.settings()
    channels = settings.notify.channels
    if channel not in channels:
        raise NotFound(
            f"The settings have no channel {channel!r}.",
            remedy=f"They have {', '.join(sorted(channels)) or 'none'}: see notify.channels.",
        )
    public_url, at = settings.http.public_url, now()
    message = trial(new_id(), at, public_url)
    try:
        sent = send(channels[channel], message, Sending(public_url or "airledger", at))
    except Failed as failure:
        print_line(f"{channel} failed: {failure.reason}")
        return REFUSED
    answered = "works" if isinstance(channels[channel], TRACKERS) else "took it"
    print_line(f"{channel} {answered}: {sent.receipt}")
    return DONE


@app.command
def rules(*, json: Json = False, session: SessionArg) -> None:
    """Who is told of what by the policy in force: each notice, and the rules that tell of it."""
    from consumers.client.queries import NOTIFY_RULES
    from consumers.read_service.notify_rules import told_lines

    with session.open_client(views=False) as client:
        found = client.items(NOTIFY_RULES, {}).items
    if json:
        print_items(found)
        return
    rows = [(notice, rule or "-", words) for notice, rule, words in told_lines(found)]
    print_table(("Notice", "Rule", "Who is told, and when"), rows, fold="Who is told, and when")


@app.command
def start(
    *,
    first: Annotated[
        int,
        Parameter(name="--from", help="The leaf of the first event to tell of; see replay."),
    ],
    json: Json = False,
    session: SessionArg,
) -> None:
    """Have people told of what happened from an event of the log on.

    Without it they are told of what happens after the first start of a program that notifies.
    Each event is told by the policy that was in force when it was recorded, and what was requested
    already is not again. Imports are told to nobody.
    """
    from consumers.reactor.notices import tell_from

    with session.open_write(create=False) as writer:
        before = tell_from(writer.ledger.services, first)
    if json:
        print_json({"from": first, "before": before})
        return
    print_line(f"People are told of what happened from leaf {first} on; it was {before}.")
