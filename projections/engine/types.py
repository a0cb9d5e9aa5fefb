"""The types of columns, as either database has them, so that the same values come back.

PostgreSQL's text is compared by its bytes (COLLATE "C"), as SQLite's is, and cannot hold U+0000,
which titles may. There U+0000 is written as U+0001 U+0001, and U+0001 as U+0001 U+0002: what is
read is what was written, and the order of two texts stays what it was.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import JSON, BigInteger, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


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
