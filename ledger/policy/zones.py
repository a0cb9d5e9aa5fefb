"""Names of time zones in a policy."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from ledger.policy.schema_errors import Fault, shown

_NAME = re.compile(r"UTC|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)+")
"""Names of the time zone database; its "localtime" would differ from machine to machine."""


def zone_fault(path: str, name: str) -> Iterator[Fault]:
    """The fault of a zone that nobody knows, if it is one."""
    remedy = 'Name one of the time zone database, such as "UTC" or "Europe/Berlin".'
    if not _NAME.fullmatch(name):
        yield path, f"{shown(name)} is no time zone's name. {remedy}"
        return
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        yield path, f"The time zone {shown(name)} is unknown here. {remedy}"
