"""The topics: what they are to be, as data."""

from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

SIGNALS, COMMANDS = "airledger.signals", "airledger.commands"
EVENTS, CHECKPOINTS = "airledger.events", "airledger.checkpoints"
LEAST_COPIES = "min.insync.replicas"


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A topic as it is to be; see infra/kafka/topics.toml."""

    name: str
    direction: Literal["in", "out"]
    why: str
    generation: int
    partitions: int
    replication: int
    config: dict[str, str]

    def with_copies(self, replication: int | None) -> "Topic":
        """The same with another number of copies, of which one may be away if there are several."""
        if replication is None:
            return self
        config = self.config | {LEAST_COPIES: str(max(1, replication - 1))}
        return msgspec.structs.replace(self, replication=replication, config=config)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topic: list[Topic]


@cache
def topics() -> dict[str, Topic]:
    """Every topic by name, as shipped."""
    text = files("consumers.topics").joinpath("topics.toml").read_bytes()
    return {topic.name: topic for topic in msgspec.toml.decode(text, type=_File).topic}
