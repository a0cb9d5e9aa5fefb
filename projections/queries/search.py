"""Full-text search: the incidents in which all words of a query occur."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Table,
    false,
    literal,
    literal_column,
    select,
)

from projections.engine.generations import live_table
from projections.engine.text_index import matching_keys
from projections.incident_words import INCIDENT_WORDS
from projections.words import Word

FEW = 1_000
"""Up to this number of matches are read through the index of words and then sorted; of more, the
list is read in its order, and each row is compared with the set of matches."""
FIRST = 400
"""This number of rows is first read in the list's order and searched without the index: a common
word fills a page with them."""
MOST_IN_ORDER = 3_000
"""If a page probably needs at most so many rows of the list's order, they are searched like that;
else the index of words is read, which takes time for each occurrence of each word."""


def rows_in_order(found: int, wanted: int) -> int | None:
    """How many rows fill a page of `wanted`, when the first FIRST had `found`; None if too many.

    With a quarter more, for they are not evenly spread.
    """
    rows = 5 * wanted * FIRST // (4 * found) + 1 if found else MOST_IN_ORDER + 1
    return rows if rows <= MOST_IN_ORDER else None


def occurs(
    connection: Connection, leaf: ColumnElement[Any], words: Sequence[Word]
) -> ColumnElement[bool]:
    """The condition that all words occur in the incident whose detection is at `leaf`."""
    table, index = live_table(connection, INCIDENT_WORDS), INCIDENT_WORDS.text_index
    if table is None or index is None:
        return false()
    found = matching_keys(connection, table, index, words)
    few = list(connection.execute(found.limit(FEW + 1)).scalars())
    if len(few) <= FEW:
        return leaf.in_(few)
    return (leaf + 0).in_(found)  # no index has this expression: the order's index is read


def occurs_in_row(
    table: Table, incident: ColumnElement[Any], words: Sequence[Word]
) -> ColumnElement[bool]:
    """The condition that all words occur in an incident, without the index of words.

    `table` is that of the words. A scalar subquery, which no database makes a join: its rows are
    looked up one by one, and no others are read.
    """
    index = INCIDENT_WORDS.text_index
    texts = [table.c[name] for name in index.columns] if index else []
    joined: ColumnElement[str] = literal(" ")
    for each in texts:
        joined = joined + each + " "
    likes = (
        joined.like(f"% {word.text}%" if word.prefix else f"% {word.text} %") for word in words
    )
    found = select(literal_column("1", Integer())).where(table.c.incident == incident, *likes)
    return found.scalar_subquery() == 1
