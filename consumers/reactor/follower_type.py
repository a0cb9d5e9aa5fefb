"""What a follower of the sealed log registers: its name, who runs it, and how it starts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from consumers.services import Services


class LogFollower(Protocol):
    """Reads the sealed log in order and acts on it. Blocking; one thread at a time."""

    def catch_up(self) -> bool:
        """Processes all that is sealed; whether that caused events.

        Raises Unavailable, UnknownEvent for an event that only a newer program knows.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowerType:
    """A follower of the sealed log.

    `name` is the key of its position in the store, for ever, and the name of its loop. `role` is
    the `consumers.container.roles.Role` that runs it. `start` makes one, which has read nothing.
    """

    name: str
    role: str
    start: Callable[[Services], LogFollower]
