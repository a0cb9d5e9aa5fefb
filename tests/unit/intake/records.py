"""A record of Kafka as a consumer has it, made without one."""

from collections.abc import Sequence
from typing import NamedTuple

Header = tuple[str, bytes | None]


class Record(NamedTuple):
    """A record as aiokafka has it."""

    headers: Sequence[Header] = ()
    value: bytes | None = b"{}"
    key: bytes | None = b"k"
    topic: str = "airledger.signals"
    partition: int = 2
    offset: int = 17
    timestamp: int = 1_764_324_000_123
    timestamp_type: int = 1
