"""The settings that there are: their types, defaults and rules."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from ledger.errors import SettingsError

PREFIX = "AIRLEDGER_"
POSTGRESQL = "postgresql://"

_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:,\[\]]+):\d{1,5}")
_SECRET = re.compile(r"(?<=://)([^:@/]*:).*(?=@)|(password=)[^&#]*", re.IGNORECASE)


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


File = Annotated[Path, BeforeValidator(_expand_home)]
Text = Annotated[str, AfterValidator(_not_empty)]
Database = Annotated[Text, AfterValidator(_database)]
Origin = Annotated[Text, AfterValidator(_key_name)]
Servers = Annotated[
    tuple[Annotated[str, AfterValidator(_server)], ...], NoDecode, BeforeValidator(_split)
]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_lower)
]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(_Group):
    """Where the ledger is."""

    url: Database = "ledger.db"


class ViewsSettings(_Group):
    """Where the read models are, and what feeds them."""

    url: Database = "views.db"
    feed: Literal["store", "kafka"] = "store"


class KafkaSettings(_Group):
    """The brokers; with them, the relay and the intake from Kafka run. None is embedded."""

    bootstrap_servers: Servers = ()


class LogSettings(_Group):
    """The transparency log."""

    origin: Origin | None = None
    key_file: File | None = None
    public: bool = False


class HttpSettings(_Group):
    """Where the web listens; port 0 is a free one."""

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080


class Settings(BaseSettings):
    """All settings. To construct it reads nothing from outside: `load` does that."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__"
    )

    data_dir: File = Path("airledger-data")
    store: StoreSettings = StoreSettings()
    views: ViewsSettings = ViewsSettings()
    kafka: KafkaSettings = KafkaSettings()
    log: LogSettings = LogSettings()
    http: HttpSettings = HttpSettings()
    log_level: LogLevel = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is given: `load` layers the sources, so as to know where a value is from."""
        return (init_settings,)

    @property
    def ledger_path(self) -> Path:
        """The embedded ledger's file."""
        return self.data_dir / self.store.url

    @property
    def views_path(self) -> Path:
        """The embedded read models' file; it may be deleted at any time."""
        return self.data_dir / self.views.url

    @property
    def key_path(self) -> Path:
        """The signing key's file."""
        return self.log.key_file or self.data_dir / "log.key"

    @property
    def embedded(self) -> bool:
        """Whether the ledger is a file in `data_dir`, and not on a PostgreSQL server."""
        return not self.store.url.startswith(POSTGRESQL)

    @property
    def views_embedded(self) -> bool:
        """Whether the read models are a file in `data_dir`, and not on a PostgreSQL server."""
        return not self.views.url.startswith(POSTGRESQL)

    @property
    def views_from_kafka(self) -> bool:
        """Whether the read models are filled from Kafka, and not from the store."""
        return self.views.feed == "kafka"

    def require_supported(self) -> None:
        """Raise SettingsError for what never works."""
        if self.embedded and self.views_embedded and self.ledger_path == self.views_path:
            raise SettingsError(
                f"store.url and views.url both name {str(self.ledger_path)!r}: "
                "read models may be deleted, the ledger may not, so they must be two files.",
                remedy="Give views.url another name.",
            )
        if self.views_from_kafka and not self.kafka.bootstrap_servers:
            raise SettingsError(
                "views.feed is 'kafka', and kafka.bootstrap_servers is not set.",
                remedy="Name the brokers, or leave views.feed at 'store'.",
            )


def masked(value: object) -> object:
    """The value without a password in it."""
    return _SECRET.sub(r"\1\2***", value) if isinstance(value, str) else value


def _group(name: str) -> type[BaseModel] | None:
    kind = Settings.model_fields[name].annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


GROUPS = tuple(name for name in Settings.model_fields if _group(name))
KEYS = tuple(
    f"{name}.{leaf}" if group else name
    for name in Settings.model_fields
    for group in (_group(name),)
    for leaf in (group.model_fields if group else (name,))
)
