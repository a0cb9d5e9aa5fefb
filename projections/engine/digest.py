"""The digest of a read model: the same for equal feeds and generations of one version."""

from hashlib import sha256

import msgspec
from sqlalchemy import select

from projections.engine.database import ViewsDatabase
from projections.engine.generations import live_table
from projections.engine.projection import Projection

_encode = msgspec.json.Encoder(order="sorted").encode


def digest(views: ViewsDatabase, projection: Projection) -> str:
    """The SHA-256 over the live rows in key order: "sha256:" and 64 hexadecimal digits.

    It includes neither the generation's number nor its position: compare at equal positions.
    """
    hashed = sha256(_encode([projection.name, projection.version]))
    with views.begin() as connection:
        table = live_table(connection, projection)
        if table is not None:
            rows = select(table).order_by(*table.primary_key.columns)
            for row in connection.execute(rows, execution_options={"yield_per": 1_000}):
                hashed.update(b"\n" + _encode(list(row)))
    return f"sha256:{hashed.hexdigest()}"
