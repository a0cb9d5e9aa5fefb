"""`airledger store init --views`: the schema of read models in a database without a ledger."""

from ledger.store.postgres.init import as_owner
from projections.engine.postgres.schema import statements


def initialise_views(url: str) -> bool:
    """Creates the schema of read models, as the user of `url`; returns whether it is new.

    See `ledger.store.postgres.initialise`, whose errors it raises.
    """
    with as_owner(url) as connection:
        there = connection.execute("SELECT to_regclass('airledger_views.positions')").fetchone()
        for statement in statements():
            connection.execute(statement)
    return there is None or there[0] is None
