"""`airledger metric` and `airledger measurements`: generated from the commands and the list."""

from consumers.cli.lists import list_command
from consumers.cli.metric_import import add_import
from consumers.cli.stream_commands import stream_app
from ledger.domain.metric import METRIC
from projections.measurements import LIST, MEASUREMENTS

app = stream_app(METRIC)
measurements = list_command(MEASUREMENTS, LIST)
app.command(measurements, name="list")
add_import(app)
