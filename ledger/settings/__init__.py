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
from ledger.settings.notify import (
    AppriseChannel,
    ChannelSettings,
    MailChannel,
    NotifySettings,
    WebhookChannel,
)
from ledger.settings.oidc import GroupMapping, OidcSettings
from ledger.settings.readers import ReaderSettings
from ledger.settings.trackers import GitHubChannel, JiraChannel

__all__ = [
    "KEYS",
    "AppriseChannel",
    "ChannelSettings",
    "GitHubChannel",
    "GroupMapping",
    "HttpSettings",
    "JiraChannel",
    "KafkaSettings",
    "LogSettings",
    "MailChannel",
    "NotifySettings",
    "OidcSettings",
    "Provenance",
    "ReaderSettings",
    "Settings",
    "StoreSettings",
    "ViewsSettings",
    "WebhookChannel",
    "flag",
    "load",
    "masked",
    "provenance",
    "variable",
]
