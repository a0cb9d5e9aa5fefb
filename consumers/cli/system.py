"""`airledger system` and `airledger systems`: generated from the commands and the list."""

from consumers.cli.lists import list_command
from consumers.cli.printing import print_items, print_line, print_note
from consumers.cli.session import Json, SessionArg
from consumers.cli.stream_commands import stream_app
from consumers.cli.system_import import import_systems
from consumers.text_safety import escape_controls
from ledger.domain.system import SYSTEM
from projections.systems import LIST
from projections.systems import SYSTEMS as VIEW

app = stream_app(SYSTEM)
app.command(import_systems, name="import")
app.command("consumers.cli.control:of_system", name="controls")
systems = list_command(VIEW, LIST)


@app.command
def unregistered(*, json: Json = False, session: SessionArg) -> None:
    """Systems that incidents name and nobody registered."""
    from consumers.client.queries import UNREGISTERED

    with session.open_client() as client:
        found = client.items(UNREGISTERED, {}).items
    if json:
        print_items(found)
        return
    if not found:
        print_note("Every system that incidents name is registered.")
    for each in found:
        print_line(escape_controls(each.system, one_line=True))
