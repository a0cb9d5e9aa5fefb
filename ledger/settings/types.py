"""What a setting can be: types with their rules."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import NoDecode

POSTGRESQL = "postgresql://"

_SECONDS = re.compile(r"\s*(\d{1,6})\s*s?\s*")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_BASE_URL = re.compile(
    r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(/[A-Za-z0-9._~-]+)*"
)
_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,\[\]]+):\d{1,5}")


def matching(pattern: re.Pattern[str], otherwise: str) -> AfterValidator:
    """Texts that match as a whole; `otherwise` says what one must be."""

    def require(value: str) -> str:
        if pattern.fullmatch(value) is None:
            raise ValueError(otherwise)
        return value

    return AfterValidator(require)


def _not_empty(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty; leave it out for the default")
    return value


def _expand_home(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return Path(_not_empty(value)).expanduser()
    except RuntimeError as error:
        raise ValueError(f"must be a path: {error}") from error


def _database(value: str) -> str:
    if "://" in value and not value.startswith(POSTGRESQL):
        raise ValueError(f"must be a file name or begin with {POSTGRESQL}")
    return value


def split_list(value: object) -> object:
    """The parts of a comma-separated text; another value as it is."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        raise ValueError(f"must name each proxy as an address or a network: {error}") from error


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    if (found := _SECONDS.fullmatch(value)) is None:
        raise ValueError("must be a number of seconds, such as 75 or '75 s'")
    return int(found[1])


def _path_prefix(value: str) -> str:
    path = value.rstrip("/")
    if _PREFIX.fullmatch(path) is None:
        raise ValueError("must be a path such as /airledger, of letters, digits and . _ ~ -")
    return path


def _base_url(value: str) -> str:
    url = value.rstrip("/")
    if _BASE_URL.fullmatch(url) is None:
        raise ValueError("must be an address such as https://ledger.example, without a query")
    return url


def _key_name(value: str) -> str:
    if re.search(r"[\s+]", value):
        raise ValueError("must hold no space and no plus sign (C2SP signed-note, key names)")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("must be a zone of the time zone database, as Europe/Berlin") from error
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


File = Annotated[Path, BeforeValidator(_expand_home)]
Text = Annotated[str, AfterValidator(_not_empty)]
Database = Annotated[Text, AfterValidator(_database)]
Origin = Annotated[Text, AfterValidator(_key_name)]
Servers = Annotated[
    tuple[Annotated[str, matching(_SERVER, "must name each server as host:port")], ...],
    NoDecode,
    BeforeValidator(split_list),
]
Proxies = Annotated[
    tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(split_list)
]
Seconds = Annotated[int, BeforeValidator(_seconds), Field(ge=1, le=86_400)]
PathPrefix = Annotated[Text, AfterValidator(_path_prefix)]
BaseUrl = Annotated[Text, AfterValidator(_base_url)]
Zone = Annotated[Text, AfterValidator(_zone)]
Protocol = Annotated[
    Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], BeforeValidator(_upper)
]
Mechanism = Annotated[Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], BeforeValidator(_upper)]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_lower)
]


class Group(BaseModel):
    """Settings of one table."""

    model_config = ConfigDict(extra="forbid", frozen=True)
