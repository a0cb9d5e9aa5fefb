"""What a setting can be: types with their rules."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_settings import NoDecode

POSTGRESQL = "postgresql://"

_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,\[\]]+):\d{1,5}")


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


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _server(value: str) -> str:
    if not _SERVER.fullmatch(value):
        raise ValueError("must name each server as host:port")
    return value


def _key_name(value: str) -> str:
    if re.search(r"[\s+]", value):
        raise ValueError("must hold no space and no plus sign (C2SP signed-note, key names)")
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
    tuple[Annotated[str, AfterValidator(_server)], ...], NoDecode, BeforeValidator(_split)
]
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
