"""What a mapping finds in one scope of a file: texts, numbers, times, each with its origin."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from consumers.evaluations.documents import Evaluated
from consumers.evaluations.expressions import (
    BadExpression,
    Expression,
    Item,
    ItemScope,
    evaluate,
    filled,
    joined,
    member,
    parsed,
)
from consumers.evaluations.mapping import matched
from consumers.evaluations.mapping_file import MappedText, MappedTime
from consumers.evaluations.moments import NoTime, Unzoned, moment
from consumers.evaluations.numbers import NoNumber, count
from consumers.evaluations.values import ValueRefused
from ledger.vocabulary import Origin

T = TypeVar("T")
TEXT_CHARACTERS = 200
"""A longer unit, label or name of a model or of a dataset is refused."""


class Stated(NamedTuple, Generic[T]):
    """Something that is said of a value, and where that came from."""

    value: T
    origin: Origin


class Lookup:
    """Finds things in a file. What the whole file is asked without names is asked once."""

    def __init__(self, document: Evaluated, words: Mapping[str, Mapping[str, str]]) -> None:
        self.document = document
        self._words = words
        self._asked: dict[Expression, Item] = {}

    def scope(self) -> ItemScope:
        """The whole file's scope."""
        root = Item(self.document.data, "")
        return ItemScope(root, {"": root}, {})

    def item(self, text: str, scope: ItemScope) -> Item:
        """What an expression finds. Raises ValueRefused where it cannot be evaluated."""
        expression = parsed(text)
        of_file = expression.context == "$" and not expression.names()
        if of_file and (known := self._asked.get(expression)) is not None:
            return known
        try:
            found = evaluate(expression, scope)
        except BadExpression as error:
            raise ValueRefused(scope.levels[""].path, text, f"the expression {error}") from None
        if of_file:
            self._asked[expression] = found
        return found

    def found(self, of: MappedText | MappedTime, scope: ItemScope) -> Item:
        """What stands where a mapping says, untranslated."""
        if of.column is not None:
            at = scope.levels[""]
            data = at.data.get(of.column) if isinstance(at.data, dict) else None
            return Item(data, joined(at.path, member(of.column)))
        if of.path is not None:
            return self.item(of.path, scope)
        text = of.text if isinstance(of, MappedText) else None
        return Item(filled(text or "", scope.names), "")

    def text(self, of: MappedText | None, scope: ItemScope) -> Stated[str] | None:
        """The text that a mapping finds, or None. Raises ValueRefused for one that is none."""
        if of is None:
            return None
        item = self.found(of, scope)
        origin = Origin.MAPPING if of.text == item.data and not item.path else Origin.FILE
        if item.data is None or item.data == "":
            return self._otherwise(of)
        if isinstance(item.data, bool):
            said = "true" if item.data else "false"
        elif isinstance(item.data, str | int | float):
            said = str(item.data)
        else:
            raise ValueRefused(item.path, item.data, "a text was expected there")
        if of.pattern is not None:
            if (part := matched(of.pattern, said)) is None:
                return self._otherwise(of)
            said = (part[1] if part.re.groups else part[0]) or ""
        if of.words is not None:
            if (word := self._words[of.words].get(said)) is None:
                return self._otherwise(of)
            origin = origin if isinstance(item.data, bool) else Origin.MAPPING
            said = word
        if not said or len(said) > TEXT_CHARACTERS or not _is_clean(said):
            raise ValueRefused(item.path, said, "the text is empty, too long or not printable")
        return Stated(said, origin)

    def count(self, of: MappedText | None, scope: ItemScope) -> Stated[int] | None:
        """The number of samples that a mapping finds, or None. Raises ValueRefused."""
        if of is None:
            return None
        item = self.found(of, scope)
        if item.data is None or (self.document.textual and item.data == ""):
            return None
        try:
            samples = count(item.data, textual=self.document.textual or of.text is not None)
        except NoNumber as error:
            raise ValueRefused(item.path, item.data, f"the number of samples {error}") from None
        return Stated(samples, Origin.MAPPING if of.text is not None else Origin.FILE)

    def time(
        self, of: MappedTime | None, scope: ItemScope, zone: str | None
    ) -> datetime | Unzoned | None:
        """The time that a mapping finds, or None. Raises ValueRefused."""
        if of is None:
            return None
        item = self.found(of, scope)
        if item.data is None or item.data == "":
            return None
        try:
            return moment(item.data, of.format, of.zone or zone, textual=self.document.textual)
        except NoTime as error:
            raise ValueRefused(item.path, item.data, f"the time {error}") from None

    def _otherwise(self, of: MappedText) -> Stated[str] | None:
        return None if of.otherwise is None else Stated(of.otherwise, Origin.MAPPING)


def truth(item: Any) -> bool:
    """Whether a condition holds: true, and nothing else that counts as true elsewhere."""
    return item is True


def _is_clean(text: str) -> bool:
    """Whether no character of it steers a terminal, and it can be encoded."""
    return text.isprintable() and not any("\ud800" <= each <= "\udfff" for each in text)
