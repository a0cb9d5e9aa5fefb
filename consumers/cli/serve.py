"""`airledger serve`."""

from typing import Annotated

from cyclopts import Parameter

from consumers.cli.session import SessionArg

Host = Annotated[str | None, Parameter(help="The address to listen on (http.host).")]
Port = Annotated[str | None, Parameter(help="The port; 0 takes a free one (http.port).")]


def serve(*, host: Host = None, port: Port = None, session: SessionArg) -> int:
    """Run the ledger until SIGTERM or Ctrl-C: intake, API, pages and every loop, in one process.

    Prints "ready http://HOST:PORT" when it is.
    """
    from consumers.runtime.process import serve as run
    from ledger import logs

    settings = session.settings({"http.host": host, "http.port": port})
    logs.configure(settings.log_level)
    return run(settings)
