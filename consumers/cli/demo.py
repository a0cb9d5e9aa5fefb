"""`airledger demo`."""

from consumers.cli.serving import Host, Port
from consumers.cli.session import Here


def demo(*, host: Host = None, port: Port = None, session: Here) -> int:
    """Play a sample of alerts into a data directory of its own (airledger-demo), and serve it.

    Started again, it serves what was played before. Remove the directory for a new play.
    """
    from consumers.demo import demo as run

    settings = session.settings({"http.host": host, "http.port": port})
    return run(settings, config=session.config)
