"""The values of a file of a known shape, each found, or refused with its path and the reason."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from consumers.evaluations.declaring import agreed, agreed_labels, agreed_time, direction_of
from consumers.evaluations.expressions import Item, ItemScope, joined, member
from consumers.evaluations.lookup import Lookup, Stated, truth
from consumers.evaluations.mapping import matched
from consumers.evaluations.mapping_file import Level, MappedText, MappedValue, Shape
from consumers.evaluations.measuring import measured
from consumers.evaluations.moments import Unzoned
from consumers.evaluations.numbers import shown
from consumers.evaluations.values import (
    Declared,
    FoundValue,
    RefusedValue,
    ValueRefused,
    WholeFileRefused,
)
from consumers.text_safety import printable_line
from ledger.errors import Invalid
from ledger.vocabulary import Origin

MOST_VALUES = 10_000
PATH_CHARACTERS = 200
_TOLD_APART = 12
"""So many hexadecimal digits tell long paths apart."""


class Extraction:
    """What one pass over a file gave."""

    def __init__(self, lookup: Lookup, shape: Shape, declared: Declared) -> None:
        self._lookup = lookup
        self._shape = shape
        self._declared = declared
        self._found: list[tuple[FoundValue, MappedValue, Mapping[str, str]]] = []
        self.refused: list[RefusedValue] = []
        self.left_out: dict[str, None] = {}

    def run(self) -> tuple[FoundValue, ...]:
        """The values. Raises WholeFileRefused where a condition of the shape does not hold."""
        whole = self._lookup.scope()
        for condition in self._shape.require:
            item = self._lookup.item(condition.that, whole)
            if not truth(item.data):
                raise WholeFileRefused(condition.that, item.data, condition.reason)
        for rule in self._shape.values:
            for scope in self._items(rule.each, whole):
                self._take(rule, scope)
        return self._without_ambiguous()

    def _take(self, rule: MappedValue, scope: ItemScope) -> None:
        found: str | None = None
        if len(self._found) + len(self.refused) + len(self.left_out) >= MOST_VALUES:
            raise Invalid(
                f"The file has more than {MOST_VALUES:,} values.",
                remedy="Take some of them by a mapping of your own.",
            )
        try:
            if rule.where is not None and not truth(self._lookup.item(rule.where, scope).data):
                return
            metric = self._name(rule, scope)
            found = metric.value
            if self._declared.names and found not in self._declared.names:
                self.left_out[found] = None
                return
            self._require(rule, scope)
            apart = self._apart(rule, scope)
            self._found.append((self._value(rule, scope, metric, apart), rule, apart))
        except ValueRefused as error:
            self.refused.append(refusal(error, found))

    def _name(self, rule: MappedValue, scope: ItemScope) -> Stated[str]:
        if (name := self._lookup.text(rule.metric, scope)) is None:
            raise ValueRefused(scope.levels[""].path, None, "nothing there names the value")
        return name

    def _require(self, rule: MappedValue, scope: ItemScope) -> None:
        for condition in rule.require:
            item = self._lookup.item(condition.that, scope)
            if not truth(item.data):
                raise ValueRefused(scope.levels[""].path, None, condition.reason)

    def _value(
        self,
        rule: MappedValue,
        scope: ItemScope,
        metric: Stated[str],
        apart: Mapping[str, str],
    ) -> FoundValue:
        shape, declared, look = self._shape, self._declared, self._lookup
        value, samples, path = measured(look, rule, scope)
        samples = look.count(rule.n or shape.n, scope) or samples
        unit = look.text(rule.unit or shape.unit, scope)
        direction = direction_of(path, look.text(rule.direction or shape.direction, scope))
        made = FoundValue(
            found=metric.value,
            metric=declared.names.get(metric.value, metric.value),
            value=value,
            path=_place(f"{path} ({metric.value})" if self._is_second(rule) else path),
            segment=self._segment(rule, scope, path, apart),
        )
        said: dict[str, Stated[Any] | None] = {
            "unit": agreed(path, "the unit is", unit, declared.unit),
            "direction": agreed(path, "the direction is", direction, declared.direction),
            "n": agreed(path, "the number of samples is", samples, declared.n),
            **{name: self._named(name, path, rule, scope) for name in _NAMED},
        }
        since, until = self._times(rule, scope, path)
        stated = {name: each for name, each in said.items() if each is not None}
        name = Origin.DECLARED if metric.value in declared.names else metric.origin
        origins = {"value": Origin.FILE, "metric": name, "measured_at": until.origin}
        return replace(
            made,
            since=since,
            until=until.value,
            origins=origins | {name: each.origin for name, each in stated.items()},
            **{name: each.value for name, each in stated.items()},
        )

    def _is_second(self, rule: MappedValue) -> bool:
        """Whether a rule before it takes another value from the same places."""
        rules = self._shape.values
        before = rules[: next(index for index, each in enumerate(rules) if each is rule)]
        return any(
            (each.each, each.value) == (rule.each, rule.value)
            and (each.where == rule.where or each.take != rule.take)
            for each in before
        )

    def _times(
        self, rule: MappedValue, scope: ItemScope, path: str
    ) -> tuple[datetime | None, Stated[datetime | None]]:
        """The window: from when, and to when it was measured."""
        look, shape, declared = self._lookup, self._shape, self._declared
        since = look.time(rule.since or shape.since, scope, declared.zone)
        until = look.time(rule.until or shape.until, scope, declared.zone)
        end = agreed_time(path, until, declared.measured_at)
        if since is None or isinstance(since, Unzoned):
            return None, end
        if end.value is not None and since > end.value:
            raise ValueRefused(path, since.isoformat(), "the measurement ends before it begins")
        return since, end

    def _named(
        self, name: str, path: str, rule: MappedValue, scope: ItemScope
    ) -> Stated[str] | None:
        of = getattr(rule, name) or getattr(self._shape, name)
        words = name.replace("_", " ")
        said = self._lookup.text(of, scope)
        return agreed(path, f"the {words} is", said, getattr(self._declared, name))

    def _segment(
        self, rule: MappedValue, scope: ItemScope, path: str, apart: Mapping[str, str]
    ) -> dict[str, str]:
        """The labels of the value; those that could tell it apart contradict none declared."""
        said = self._labels({**self._shape.segment, **rule.segment}, scope)
        both = agreed_labels(path, {**apart, **said}, self._declared.segment)
        return {name: both[name] for name in {**said, **self._declared.segment}}

    def _apart(self, rule: MappedValue, scope: ItemScope) -> dict[str, str]:
        """Labels that may be needed; one that is too long for a label tells nothing apart."""
        found: dict[str, str] = {}
        for label, of in {**self._shape.apart, **rule.apart}.items():
            with suppress(ValueRefused):
                found |= self._labels({label: of}, scope)
        return found

    def _labels(self, of: Mapping[str, MappedText], scope: ItemScope) -> dict[str, str]:
        said = {label: self._lookup.text(each, scope) for label, each in of.items()}
        return {label: stated.value for label, stated in said.items() if stated is not None}

    def _items(self, levels: tuple[Level, ...], scope: ItemScope) -> Iterator[ItemScope]:
        if not levels:
            yield scope
            return
        level, inner = levels[0], levels[1:]
        try:
            item = self._lookup.item(level.inside, scope)
        except ValueRefused as error:
            self.refused.append(refusal(error, None))
            return
        for key, each in self._members(item):
            names: dict[str, str | int] = {} if level.called is None else {level.called: key}
            if level.pattern is not None:
                if (part := matched(level.pattern, str(key))) is None:
                    continue
                names |= {name: text or "" for name, text in part.groupdict().items()}
            entered = scope.inside(each, level.called, names)
            try:
                more = {name: self._named_in(found, entered) for name, found in level.names.items()}
            except ValueRefused as error:
                self.refused.append(refusal(error, None))
                continue
            yield from self._items(inner, entered.inside(each, level.called, more))

    def _named_in(self, path: str, scope: ItemScope) -> str:
        item = self._lookup.item(path, scope)
        if not isinstance(item.data, str):
            raise ValueRefused(item.path, item.data, "a text was expected there, to name values")
        return item.data

    def _members(self, item: Item) -> Iterator[tuple[str | int, Item]]:
        match item.data:
            case None:
                return
            case list():
                for index, each in enumerate(item.data):
                    yield index, Item(each, self._lookup.document.at(item.path, index))
            case dict():
                for key, each in item.data.items():
                    yield key, Item(each, joined(item.path, member(key)))
            case _:
                why = "a list or an object was expected there"
                self.refused.append(refusal(ValueRefused(item.path, item.data, why), None))

    def _without_ambiguous(self) -> tuple[FoundValue, ...]:
        """The values without those of which another of the same name says something else."""
        found = self._told_apart()
        said: dict[tuple[Any, ...], set[tuple[Any, ...]]] = defaultdict(set)
        for value, rule in found:
            said[_identity(value, rule)].add(_statement(value))
        kept: dict[tuple[Any, ...], FoundValue] = {}
        taken: dict[str, tuple[Any, ...]] = {}
        for value, rule in found:
            identity = _identity(value, rule)
            if len(said[identity]) > 1:
                why = "the file has several values of this name: a mapping can tell them apart"
            elif taken.setdefault(value.path, identity) != identity:
                why = f"{taken[value.path][0]} is taken from the same place"
            else:
                kept.setdefault(identity, value)
                continue
            self.refused.append(refusal(ValueRefused(value.path, value.value, why), value.found))
        return tuple(kept.values())

    def _told_apart(self) -> list[tuple[FoundValue, MappedValue]]:
        times = Counter(_identity(value, rule) for value, rule, _ in self._found)
        return [
            (value, rule)
            if times[_identity(value, rule)] == 1
            else (replace(value, segment={**apart, **value.segment}), rule)
            for value, rule, apart in self._found
        ]


_NAMED = ("model", "dataset_name", "dataset_digest", "judge_model")


def refusal(error: ValueRefused, found: str | None) -> RefusedValue:
    """What is told of a value that cannot be taken."""
    return RefusedValue(
        path=_line(error.path), value=shown(error.value), reason=_line(error.reason), found=found
    )


def _identity(value: FoundValue, rule: MappedValue) -> tuple[Any, ...]:
    said = (value.metric, value.model, value.dataset_name, value.dataset_digest, value.judge_model)
    times = () if rule.single else (value.since, value.until)
    return (*said, *times, *sorted(value.segment.items()))


def _statement(value: FoundValue) -> tuple[Any, ...]:
    return (value.value, value.n, value.unit, value.direction, value.since, value.until)


def _place(path: str) -> str:
    """A path on one line; what is cut of a long one still tells it from others."""
    line = _line(path)
    if len(line) < PATH_CHARACTERS:
        return line
    digest = hashlib.sha256(path.encode(errors="surrogatepass")).hexdigest()[:_TOLD_APART]
    return f"{line[: PATH_CHARACTERS - _TOLD_APART - 1]} {digest}"


def _line(text: str) -> str:
    """A text of the file on one line, in characters that can be stored, cut."""
    return printable_line(text.encode(errors="replace").decode())[:PATH_CHARACTERS]
