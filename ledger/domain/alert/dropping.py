"""Labels that a policy leaves out of alerts: before a rule, a group or an event has them."""

import re
from collections.abc import Collection

from msgspec.structs import replace

from ledger.domain.alert.signal import Signal

_VALUE = r'(?:!=|=~|!~|=)"(?:[^"\\]|\\.)*(?:"|\\?$)'


def without_labels(signal: Signal, names: Collection[str]) -> Signal:
    """The signal without these labels, also in the group key that its sender made of them.

    The deduplication key stays as the source, or the format, made it. Annotations stay.
    """
    labels = {name: value for name, value in signal.labels.items() if name not in names}
    key = _without_matchers(signal.sender.group_key, names)
    if len(labels) == len(signal.labels) and key == signal.sender.group_key:
        return signal
    return replace(signal, labels=labels, sender=replace(signal.sender, group_key=key))


def _without_matchers(key: str, names: Collection[str]) -> str:
    """Alertmanager's group key, `{}:{alertname="A", user="B"}`, without what names these labels."""
    for name in names:
        if name in key:
            matcher = rf"{re.escape(name)}{_VALUE}"
            first = rf"(?<={{)(?:{matcher}(?:,\s*|(?=}}|$)))+"
            key = re.sub(rf"{first}|,\s*{matcher}(?=[,}}]|$)", "", key)
    return key
