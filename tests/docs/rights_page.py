"""docs/reference/postgresql-rights.md, from the statements that grant them."""

from collections.abc import Iterable, Iterator

from ledger.store.postgres import schema
from ledger.store.postgres.schema import Right
from projections.engine.postgres import schema as views

COMMAND = "python -m tests.docs.generate"

_HEAD = f"""\
# Rights on PostgreSQL

<!-- Generated from ledger.store.postgres.schema and projections.engine.postgres.schema by
`{COMMAND}`; do not edit. -->

`airledger store init` grants these, in the schema `{schema.SCHEMA}`. Columns in brackets are the
only ones that the right is for. The owner of the tables has every right, but triggers refuse some
statements: on `stored_events`, `UPDATE`, `DELETE`, `TRUNCATE` and the insertion of events whose
number does not follow the last one; on `log` and `log_tiles`, `DELETE` and `TRUNCATE`.

"""

_VIEWS = f"""
## Read models

These are in the schema `{views.SCHEMA}`, in the ledger's database or in a separate one
(`airledger store init --views`). The projector, as `{schema.PROJECTOR}`, creates the tables of a
read model's generations there and owns them.

"""


def page() -> str:
    """The whole page."""
    roles = [f"- `{role}` {what}\n" for role, what in schema.ROLES.items()]
    return "".join([_HEAD, *roles, "\n", *_table(schema.RIGHTS), _VIEWS, *_table(views.RIGHTS)])


def _table(rights: Iterable[Right]) -> Iterator[str]:
    heads = ["table", *(f"`{role}`" for role in schema.ROLES), "why"]
    rows = [
        [f"`{right.table}`", *(right.grants.get(role, "-") for role in schema.ROLES), right.why]
        for right in rights
    ]
    for cells in [heads, ["---"] * len(heads), *rows]:
        yield f"| {' | '.join(cells)} |\n"
