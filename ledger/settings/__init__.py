"""The settings: defaults, under a TOML file, under the environment, under flags.

A key is dotted (`http.port`); its variable is `AIRLEDGER_HTTP__PORT`, its flag `--http.port`. Paths
are relative to the working directory, a store's file name to `data_dir`.
"""

from ledger.settings.kafka import KafkaSettings
from ledger.settings.loading import Provenance, flag, load, provenance, variable
from ledger.settings.model import (
    KEYS,
    HttpSettings,
    LogSettings,
    Settings,
    StoreSettings,
    ViewsSettings,
    masked,
)
from ledger.settings.notify import AnyChannel, ChannelSettings, NotifySettings
from ledger.settings.oidc import GroupMapping, OidcSettings
from ledger.settings.trackers import GitHubSettings, JiraSettings

__all__ = [
    "KEYS",
    "AnyChannel",
    "ChannelSettings",
    "GitHubSettings",
    "GroupMapping",
    "HttpSettings",
    "JiraSettings",
    "KafkaSettings",
    "LogSettings",
    "NotifySettings",
    "OidcSettings",
    "Provenance",
    "Settings",
    "StoreSettings",
    "ViewsSettings",
    "flag",
    "load",
    "masked",
    "provenance",
    "variable",
]
