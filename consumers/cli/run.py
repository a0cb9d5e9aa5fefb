"""`airledger run`: some roles of a ledger in a separate process."""

from typing import Annotated

from cyclopts import Parameter

from consumers.cli.serve import Host, Port
from consumers.cli.session import SessionArg
from consumers.container.roles import Role
from ledger.errors import SettingsError

_JOBS = "\n".join(["The roles of this process.", *(f"{role} {role.label}." for role in Role)])


def run(
    *roles: Annotated[str, Parameter(help=_JOBS)],
    host: Host = None,
    port: Port = None,
    session: SessionArg,
) -> int:
    """Run one or more roles of a ledger until SIGTERM or Ctrl-C.

    Any number of processes may run each role; together they have one effect.

    Each answers its operators over HTTP: /health/live, /health/ready and /metrics. Prints
    "ready http://HOST:PORT" when it is. It waits for a database that does not answer.
    """
    from consumers.runtime.process import serve
    from ledger import logs

    settings = session.settings({"http.host": host, "http.port": port})
    if not roles:
        raise SettingsError("No role is named.", remedy=f"Run one of {', '.join(Role)}.")
    wanted = [_parse_role(name) for name in roles]
    if Role.RELAY in wanted and not settings.kafka.bootstrap_servers:
        raise SettingsError(
            "The relay sends events to Kafka, and kafka.bootstrap_servers is not set.",
            remedy="Name the brokers: --kafka.bootstrap-servers HOST:PORT,HOST:PORT.",
        )
    logs.configure(settings.log_level)
    return serve(settings, roles=wanted)


def _parse_role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise SettingsError(
            f"There is no role {name!r}.", remedy=f"Run one of {', '.join(Role)}."
        ) from None
