"""The digest of a read model: the same for equal feeds and generations of one version."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Table, case, select

from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Projection

_encode = msgspec.json.Encoder(order="sorted").encode


def digest(views: ViewsDatabase, projection: Projection) -> str:
    """The SHA-256 over the live rows in key order: "sha256:" and 64 hexadecimal digits.

    It includes neither the generation's number nor its position: compare at equal positions. Nor
    does it include what comes from texts beside the log: it is equal before and after an erasure.
    """
    hashed = sha256(_encode([projection.name, projection.version]))
    with views.begin() as connection:
        table = live_table(connection, projection)
        if table is not None:
            columns = _without_texts(table, projection)
            rows = select(*columns).order_by(*table.primary_key.columns)
            for row in connection.execute(rows, execution_options={"yield_per": 1_000}):
                hashed.update(b"\n" + _encode(list(row)))
    return f"sha256:{hashed.hexdigest()}"


def _without_texts(table: Table, projection: Projection) -> Iterator[ColumnElement[Any]]:
    """The columns, empty where they come from a text beside the log."""
    texts = {each.name: table.c[each.text] for each in projection.outside}
    for column in table.c:
        text = texts.get(column.name)
        yield column if text is None else case((text.is_(None), column), else_="")
