"""Column types that give the same values and the same order on SQLite and PostgreSQL.

PostgreSQL's text is compared by its bytes (COLLATE "C"), as SQLite's is, and cannot hold U+0000,
which titles may contain. There U+0000 is written as U+0001 U+0001, and U+0001 as U+0001 U+0002:
reading restores the text, and the order of two texts does not change.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import JSON, BigInteger, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

TEXTS_PER_SEARCH = 200


def escape(text: str | None) -> str | None:
    """A text without U+0000 that sorts like the original."""
    if text is None or ("\0" not in text and "\1" not in text):
        return text
    return text.replace("\1", "\1\2").replace("\0", "\1\1")


def unescape(text: str | None) -> str | None:
    """The text that was escaped."""
    if text is None or "\1" not in text:
        return text
    return text.replace("\1\1", "\0").replace("\1\2", "\1")


def escape_all(texts: Sequence[str | None]) -> Sequence[str | None]:
    """A column of texts, each escaped; the same object if nothing needs escaping."""
    return [escape(text) for text in texts] if _any_has(texts, "\0", "\1") else texts


def unescape_all(texts: Sequence[str | None]) -> Sequence[str | None]:
    """The texts of a column that were escaped."""
    return [unescape(text) for text in texts] if _any_has(texts, "\1") else texts


def _any_has(texts: Sequence[str | None], *characters: str) -> bool:
    """Whether any text contains one of these; texts are joined to search, which costs less."""
    for start in range(0, len(texts), TEXTS_PER_SEARCH):
        joined = "".join(filter(None, texts[start : start + TEXTS_PER_SEARCH]))
        if any(each in joined for each in characters):
            return True
    return False


class PostgresText(TypeDecorator[str]):
    """Any text on PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(collation="C")

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:
        """See `escape`."""
        return escape

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], str | None]:
        """See `unescape`."""
        return unescape


class PostgresDocument(TypeDecorator[Any]):
    """JSON on PostgreSQL: its text, in which U+0000 is an escape. No query looks inside."""

    impl = Text
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(collation="C")

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        """Encodes with msgspec."""
        return to_json

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Decodes with msgspec."""
        return _from_json


class Sparse(TypeDecorator[Any]):
    """JSON as text, with the empty value as NULL, on either database.

    Most rows hold the empty value, which costs no encoding, space or decoding. No query looks
    inside.
    """

    impl = Text
    cache_ok = True

    def __init__(self, empty: type[list[Any]] | type[dict[str, Any]]) -> None:
        """`empty` creates the empty value."""
        super().__init__()
        self.empty = empty

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text, compared by its bytes."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        """Encodes with msgspec."""
        return lambda value: to_json(value) if value else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Decodes with msgspec."""
        return lambda text: self.empty() if text is None else msgspec.json.decode(text)

    def encode_all(self, values: Sequence[Any]) -> Sequence[str | None]:
        """A column of values as text."""
        return [to_json(value) if value else None for value in values]

    def decode_all(self, texts: Sequence[str | None]) -> Sequence[Any]:
        """The values of a column."""
        decode, empty = msgspec.json.decode, self.empty
        return [empty() if text is None else decode(text) for text in texts]


def portable(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A column's type with its PostgreSQL variant."""
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
