"""The types of columns, as either database has them, so that the same values come back.

PostgreSQL's text is compared by its bytes (COLLATE "C"), as SQLite's is, and cannot hold U+0000,
which titles may. There U+0000 is written as U+0001 U+0001, and U+0001 as U+0001 U+0002: what is
read is what was written, and the order of two texts stays what it was.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import JSON, BigInteger, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

TEXTS_TOGETHER = 200


def escaped(text: str | None) -> str | None:
    """A text without U+0000, that sorts among such as it did."""
    if text is None or ("\0" not in text and "\1" not in text):
        return text
    return text.replace("\1", "\1\2").replace("\0", "\1\1")


def restored(text: str | None) -> str | None:
    """The text that was escaped."""
    if text is None or "\1" not in text:
        return text
    return text.replace("\1\1", "\0").replace("\1\2", "\1")


def all_escaped(texts: Sequence[str | None]) -> Sequence[str | None]:
    """A column of texts, each escaped: as it is where none has anything to escape."""
    return [escaped(text) for text in texts] if _any_has(texts, "\0", "\1") else texts


def all_restored(texts: Sequence[str | None]) -> Sequence[str | None]:
    """The texts of a column that were escaped."""
    return [restored(text) for text in texts] if _any_has(texts, "\1") else texts


def _any_has(texts: Sequence[str | None], *characters: str) -> bool:
    """Whether any text has one of these; some are searched together, which costs less."""
    for start in range(0, len(texts), TEXTS_TOGETHER):
        together = "".join(filter(None, texts[start : start + TEXTS_TOGETHER]))
        if any(each in together for each in characters):
            return True
    return False


class PostgresText(TypeDecorator[str]):
    """Any text on PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(collation="C")

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """See `escaped`."""
        return escaped

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], str | None]:
        """See `restored`."""
        return restored


class PostgresDocument(TypeDecorator[Any]):
    """JSON on PostgreSQL: its text, in which U+0000 is an escape. No query looks inside."""

    impl = Text
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(collation="C")

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        """As msgspec writes it."""
        return to_json

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """As msgspec reads it."""
        return _from_json


class Sparse(TypeDecorator[Any]):
    """JSON as text of which the empty value is NULL, on either database.

    Most rows have that one: it is neither encoded nor kept nor read. No query looks inside.
    """

    impl = Text
    cache_ok = True

    def __init__(self, empty: type[list[Any]] | type[dict[str, Any]]) -> None:
        """`empty` makes the empty value."""
        super().__init__()
        self.empty = empty

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text, compared by its bytes."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        """As msgspec writes it."""
        return lambda value: to_json(value) if value else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """As msgspec reads it."""
        return lambda text: self.empty() if text is None else msgspec.json.decode(text)

    def all_written(self, values: Sequence[Any]) -> Sequence[str | None]:
        """A column of values as text."""
        return [to_json(value) if value else None for value in values]

    def all_read(self, texts: Sequence[str | None]) -> Sequence[Any]:
        """The values of a column."""
        decode, empty = msgspec.json.decode, self.empty
        return [empty() if text is None else decode(text) for text in texts]


def portable(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A column's type, with what it is on PostgreSQL."""
    match kind:
        case JSON():
            return kind.with_variant(PostgresDocument(), "postgresql")
        case String():
            return kind.with_variant(PostgresText(), "postgresql")
        case Integer():
            return kind.with_variant(BigInteger(), "postgresql")
        case _:
            return kind


def to_json(value: object) -> str:
    """A value as JSON."""
    return msgspec.json.encode(value).decode()


def _from_json(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)
