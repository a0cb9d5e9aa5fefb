"""The settings that there are, their defaults, and what goes together."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from ledger.errors import SettingsError
from ledger.settings import kafka as kafka_settings
from ledger.settings import oidc as oidc_settings
from ledger.settings import readers as readers_settings
from ledger.settings.evidence import EvidenceSettings
from ledger.settings.kafka import KafkaSettings
from ledger.settings.notify import NotifySettings
from ledger.settings.oidc import OidcSettings
from ledger.settings.readers import ReaderSettings
from ledger.settings.types import (
    POSTGRESQL,
    BaseUrl,
    Database,
    File,
    Group,
    LogLevel,
    Origin,
    PathPrefix,
    Proxies,
    Seconds,
    Text,
    Zone,
)

PREFIX = "AIRLEDGER_"
_SECRET = re.compile(r"(?<=://)([^:@/]*:).*(?=@)|(password=)[^&#]*", re.IGNORECASE)


class StoreSettings(Group):
    """Where the ledger is."""

    url: Database = "ledger.db"


class ViewsSettings(Group):
    """Where the read models are, and what feeds them."""

    url: Database = "views.db"
    feed: Literal["store", "kafka"] = "store"


class LogSettings(Group):
    """The transparency log."""

    origin: Origin | None = None
    key_file: File | None = None
    public: bool = False


class ReleasesSettings(Group):
    """Releases: the key that signs statements about decisions, which is not the log's."""

    key_file: File | None = None


class HttpSettings(Group):
    """Where the web listens, and what stands before it. Port 0 is a free one.

    `keep_alive` is in seconds. `path_prefix` begins with a slash and ends without one.
    """

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    trusted_proxies: Proxies = ()
    path_prefix: PathPrefix | None = None
    keep_alive: Seconds = 75
    public_url: BaseUrl | None = None

    @property
    def prefix(self) -> str:
        """What the path of every link begins with; empty where the pages are at the root."""
        return self.path_prefix or urlsplit(self.public_url or "").path


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
    releases: ReleasesSettings = ReleasesSettings()
    http: HttpSettings = HttpSettings()
    oidc: OidcSettings = OidcSettings()
    notify: NotifySettings = NotifySettings()
    evidence: EvidenceSettings = EvidenceSettings()
    readers: tuple[ReaderSettings, ...] = ()
    log_level: LogLevel = "info"
    url: BaseUrl | None = None
    token: Text | None = None
    ca_file: File | None = None
    time_zone: Zone | None = None

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
    def release_key_path(self) -> Path:
        """The file of the key that signs statements about decisions on releases."""
        return self.releases.key_file or self.data_dir / "release-key.pem"

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
        kafka_settings.require_whole(self.kafka)
        oidc_settings.require_whole(self.oidc, self.http.host, self.http.public_url)
        readers_settings.require_whole(self.readers)


def masked(value: object, key: str = "") -> object:
    """The value without a password in it. `key` is the setting's name, where it is one's."""
    if value is not None and (key in PASSWORDS or key.startswith(f"{CHANNELS}.")):
        return "***"
    if key == CHANNELS and isinstance(value, Mapping):
        return {name: _kind(each) for name, each in value.items()}
    if key == READERS and isinstance(value, list | tuple):
        return [_reader(each) for each in value]
    if key == READERS or key.startswith(f"{READERS}."):
        return "***"
    if key == CHANNELS or key.startswith(f"{CHANNELS}."):
        return "***"
    return _SECRET.sub(r"\1\2***", value) if isinstance(value, str) else value


def _kind(channel: object) -> object:
    return channel.get("kind", "***") if isinstance(channel, Mapping) else "***"


def _reader(reader: object) -> object:
    if not isinstance(reader, Mapping):
        return "***"
    return {name: reader[name] for name in ("name", "url") if name in reader}


def _group(name: str) -> type[BaseModel] | None:
    kind = Settings.model_fields[name].annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


CHANNELS = "notify.channels"
"""Of channels the kinds alone are shown: an address may be a secret."""
READERS = "readers"
"""Of readers the names and addresses alone are shown."""
PASSWORDS = frozenset({"kafka.sasl_password", "oidc.client_secret", "token"})
GROUPS = tuple(name for name in Settings.model_fields if _group(name))
KEYS = tuple(
    f"{name}.{leaf}" if group else name
    for name in Settings.model_fields
    for group in (_group(name),)
    for leaf in (group.model_fields if group else (name,))
)
