"""`airledger demo`."""

from consumers.cli.serve import Host, Port
from consumers.cli.session import Session, SessionArg


def demo(*, host: Host = None, port: Port = None, session: SessionArg) -> int:
    """Play a sample month into a data directory of its own (airledger-demo), and serve it.

    Started again, it serves what was played before. Remove the directory for a new play.
    """
    from consumers.demo.launch import demo as run

    settings = session.settings({"http.host": host, "http.port": port})
    return run(settings, data_dir=settings.data_dir if _data_dir_given(session) else None)


def _data_dir_given(session: Session) -> bool:
    """Whether a flag or variable names the directory: the settings file's is the real ledger's."""
    from ledger.settings import provenance

    given = {each.key: each.source for each in provenance(session.config, session.flags)}
    return given["data_dir"].startswith(("flag ", "environment "))
