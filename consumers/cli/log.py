"""`airledger log init`: origin and signing key of a new log."""

from contextlib import closing

from cyclopts import App

from consumers.cli.errors import report
from consumers.cli.printing import print_json, print_line
from consumers.cli.session import Json, SessionArg

app = App(name="log", help="The transparency log and its signing key.")


@app.command
def init(*, json: Json = False, session: SessionArg) -> None:
    """Begin the log of a new store: origin, signing key and first checkpoint.

    Prints the verifier key. Writes the signing key to log.key_file; keep a copy: without it no
    event of this log can be sealed. An embedded ledger needs no such command.
    """
    from consumers.container.backends import begin_log, open_store
    from consumers.container.ledger import prepare_directory

    settings = session.settings()
    settings.require_supported()
    if settings.embedded:
        prepare_directory(settings)
    with closing(open_store(settings)) as store:
        created = begin_log(settings, store)
    if json:
        print_json(
            {"origin": created.origin, "vkey": created.vkey, "key_file": str(settings.key_path)}
        )
        return
    print_line(created.vkey)
    report(
        f"Created the log {created.origin}; its signing key is {settings.key_path}. Keep a copy."
    )
