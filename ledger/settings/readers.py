"""The settings of readers: servers that measurements are read from, and the secrets of that.

The policy says what they are asked for, and names them; where a name leads to is no part of the
log. Source: Prometheus HTTP API.
"""

from typing import Annotated

from pydantic import Field

from ledger.errors import SettingsError
from ledger.settings.notify import ChannelName
from ledger.settings.trackers import Token, User
from ledger.settings.types import BaseUrl, File, Group, Text

Timeout = Annotated[int, Field(ge=1, le=300)]
Hours = Annotated[int, Field(ge=0, le=31 * 24)]


class ReaderSettings(Group):
    """A Prometheus, or what answers as one, by the `name` that the policy has for it.

    `url` is that before `/api/v1`. It is asked with a bearer `token`, or as a `user` with a
    `password`, or without either. `ca_file` has the CA certificates to trust; those of the machine
    by default. `timeout` is in seconds, for a question as a whole. Intervals that ended longer than
    `catch_up_hours` ago are not asked for any more.
    """

    name: ChannelName
    url: BaseUrl
    token: Token | None = None
    user: User | None = None
    password: Text | None = None
    ca_file: File | None = None
    timeout: Timeout = 10
    catch_up_hours: Hours = 24


def require_whole(readers: tuple[ReaderSettings, ...]) -> None:
    """Raises SettingsError for two of one name, and for a way in that is incomplete or double."""
    names = [each.name for each in readers]
    for each in readers:
        if names.count(each.name) > 1:
            raise SettingsError(
                f"Two readers have the name {each.name!r}.", remedy="Give each its own."
            )
        if each.token is not None and each.user is not None:
            raise SettingsError(
                f"The reader {each.name!r} has a token and a user.", remedy="Leave one out."
            )
        if (each.user is None) != (each.password is None):
            raise SettingsError(
                f"Of user and password of the reader {each.name!r} one is set and the other is "
                "not.",
                remedy="Set both, or none.",
            )
