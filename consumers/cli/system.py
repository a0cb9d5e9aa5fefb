"""`airledger system` and `airledger systems`: generated from the commands and the list."""

from consumers.cli.lists import list_command
from consumers.cli.stream_commands import stream_app
from ledger.domain.system import SYSTEM
from projections.systems import LIST
from projections.systems import SYSTEMS as VIEW

app = stream_app(SYSTEM)
systems = list_command(VIEW, LIST)
