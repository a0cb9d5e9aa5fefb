"""`airledger improvement` and `airledger improvements`: generated from commands and list."""

from consumers.cli.lists import list_command
from consumers.cli.stream_commands import stream_app
from ledger.domain.improvement import IMPROVEMENT
from projections.improvements import IMPROVEMENTS, LIST

app = stream_app(IMPROVEMENT)
improvements = list_command(IMPROVEMENTS, LIST)
