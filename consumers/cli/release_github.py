"""`airledger release github`: deployments of GitHub Actions wait for their release."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from consumers.cli.session import Session, SessionArg

if TYPE_CHECKING:
    from consumers.github.answering import Check

File = Annotated[Path, Parameter(help="The rule: the App, and which release a deployment is of.")]
Seconds = Annotated[
    float,
    Parameter(help="Asks again so many seconds later.", validator=validators.Number(gte=1)),
]


def github(
    file: File,
    *,
    host: Annotated[str, Parameter(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="The port; 0 takes a free one.")] = 8090,
    every: Seconds = 30,
    waiting: Annotated[Path, Parameter(help="The directory of the deployments that wait.")] = Path(
        "github-waiting"
    ),
    session: SessionArg,
) -> int:
    """Answer deployments of GitHub Actions, by the releases of the ledger, until SIGTERM or Ctrl-C.

    The webhook is /github. Prints "ready http://HOST:PORT" when it is.
    """
    import time
    from dataclasses import replace

    from consumers.github.answering import Answering
    from consumers.github.serving import serve
    from consumers.github.settings import read_rule
    from consumers.github.waiting import WaitingList
    from ledger import logs
    from ledger.settings import HttpSettings

    level = session.settings().log_level
    session = replace(session, flags={**session.flags, "log_level": level})
    logs.configure(level)
    rule, kept = read_rule(file), WaitingList(waiting)
    answering = Answering(rule, kept, _check(session), time.time)
    return serve(rule, kept, answering, HttpSettings(host=host, port=port), every)


def _check(session: Session) -> "Check":
    """Checks a release at the ledger that the settings name, with a connection for each check."""
    from consumers.client.queries import check_of
    from consumers.github.answering import Found

    def check(name: str) -> Found:
        with session.open_client(views=False) as client:
            found = client.view(check_of(digest=None, rollback=None), name)
        return Found(found.outcome, found.reason)

    return check
