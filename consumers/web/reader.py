"""The ledger as whoever sends a request reads it.

What is restricted is withheld by his roles, and on record before he reads it.
"""

from typing import Any

from litestar.connection import ASGIConnection

from consumers.commands.permission import reader_for
from consumers.container.ledger import Ledger
from consumers.web.auth import caller_of, commander_of
from consumers.web.services import services_of


def read_ledger(connection: ASGIConnection[Any, Any, Any, Any]) -> Ledger:
    """The ledger for the caller of a request."""
    ledger = services_of(connection.app.state).ledger
    caller = commander_of(caller_of(connection))
    reader = reader_for(ledger.store, caller, ledger.now(), ledger.reads.note)
    return ledger.read_by(reader)
