"""`airledger review`: generated from the commands of a review."""

from consumers.cli.stream_commands import stream_app
from ledger.domain.review import REVIEW

app = stream_app(REVIEW)
