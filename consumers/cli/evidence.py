"""`airledger evidence`: documents on record, generated from the commands, and their content."""

from consumers.cli.lists import list_command
from consumers.cli.stream_commands import stream_app
from ledger.domain.evidence import EVIDENCE
from projections.evidence import EVIDENCE as VIEW
from projections.evidence import LIST

app = stream_app(EVIDENCE)
app.command(list_command(VIEW, LIST), name="list")
