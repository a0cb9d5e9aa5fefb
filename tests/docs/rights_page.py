"""docs/reference/postgresql-rights.md, from the statements that grant them."""

from ledger.store.postgres import schema

COMMAND = "python -m tests.docs.generate"

_HEAD = f"""\
# Rights on PostgreSQL

<!-- Generated from ledger.store.postgres.schema by `{COMMAND}`; do not edit. -->

`airledger store init` grants these, in the schema `{schema.SCHEMA}`. Columns in brackets are the
only ones that the right is for. The owner of the tables has every right, and meets
triggers: on `stored_events`, `UPDATE`, `DELETE` and `TRUNCATE` are refused, and events that are not
numbered on from the last one; on `log` and `log_tiles`, `DELETE` and `TRUNCATE`.

"""


def page() -> str:
    """The whole page."""
    roles = [f"- `{role}` {what}\n" for role, what in schema.ROLES.items()]
    heads = ["table", *(f"`{role}`" for role in schema.ROLES), "why"]
    rows = [
        [f"`{right.table}`", *(right.grants.get(role, "-") for role in schema.ROLES), right.why]
        for right in schema.RIGHTS
    ]
    table = [f"| {' | '.join(cells)} |\n" for cells in [heads, ["---"] * len(heads), *rows]]
    return "".join([_HEAD, *roles, "\n", *table])
