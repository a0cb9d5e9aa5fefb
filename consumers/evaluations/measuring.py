"""The number of a value: as it stands there, a share of a count, or made of a list of samples."""

import math

from consumers.evaluations.expressions import Item, ItemScope
from consumers.evaluations.lookup import Lookup, Stated
from consumers.evaluations.mapping_file import MappedValue
from consumers.evaluations.numbers import NoNumber, is_nothing, number, shown
from consumers.evaluations.values import ValueRefused
from ledger.vocabulary import Origin


def measured(
    look: Lookup, rule: MappedValue, scope: ItemScope
) -> tuple[float, Stated[int] | None, str]:
    """The number, the samples where they are known by it, and the path."""
    if rule.value is None:
        raise ValueRefused(scope.levels[""].path, None, "the mapping names no value")
    item = look.found(rule.value, scope)
    if rule.take is not None:
        value, samples = _taken(
            item, textual=look.document.textual, share_missing=rule.take == "share_missing"
        )
        return value, Stated(samples, Origin.FILE), item.path
    value = _number(item, textual=look.document.textual)
    if rule.over is None:
        return value, None, item.path
    whole_item = look.found(rule.over, scope)
    whole = _number(whole_item, textual=look.document.textual)
    if whole == 0:
        why = "it is a share of 0: there were no samples"
        raise ValueRefused(item.path, item.data, why)
    if not 0 <= value <= whole:
        why = f"it is no share of {shown(whole_item.data)}"
        raise ValueRefused(item.path, item.data, why)
    return value / whole, None, item.path


def _number(item: Item, *, textual: bool) -> float:
    try:
        return number(item.data, textual=textual)
    except NoNumber as error:
        raise ValueRefused(item.path, item.data, f"the value {error}") from None


def _taken(item: Item, *, textual: bool, share_missing: bool) -> tuple[float, int]:
    """The mean of the samples that have a value, or the share of those that have none."""
    if not isinstance(item.data, list):
        raise ValueRefused(item.path, item.data, "a list of samples was expected there")
    there = [each for each in item.data if not is_nothing(each)]
    values = [_number(Item(each, item.path), textual=textual) for each in there]
    if share_missing:
        if not item.data:
            raise ValueRefused(item.path, item.data, "there were no samples")
        return 1 - len(values) / len(item.data), len(item.data)
    if not values:
        raise ValueRefused(item.path, item.data, "no sample has a value")
    return math.fsum(values) / len(values), len(values)
