"""The settings of log-in by OpenID Connect: the provider, this client of it, and what groups may.

Sources: OpenID Connect Core 1.0 (claims, scopes), OpenID Connect Discovery 1.0 (issuer).
"""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

from ledger.errors import SettingsError
from ledger.settings.types import Group, Text, split_list
from ledger.vocabulary import Scope

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def _issuer(value: str) -> str:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - to read it checks it
    except ValueError as error:
        raise ValueError(f"must be an address: {error}") from error
    if parts.query or parts.fragment or parts.username or not parts.hostname:
        raise ValueError(
            "must be an address such as https://login.example/realm, without user, query or #"
        )
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return value
    raise ValueError("must begin with https://; http:// is for a provider on this host alone")


def _asked(value: str) -> str:
    asked = value.split()
    if "openid" not in asked or not all(_SCOPE_TOKEN.fullmatch(each) for each in asked):
        raise ValueError("must be scopes with spaces between them, and openid among them")
    return " ".join(asked)


def _granted(value: Scope) -> Scope:
    if value is Scope.PUBLISH:
        raise ValueError("must not be publish, which is for sources")
    return value


def _path(value: str) -> str:
    if not all(value.split(".")):
        raise ValueError("must be a claim's name, or names with dots between them")
    return value


Issuer = Annotated[Text, AfterValidator(_issuer)]
Asked = Annotated[Text, AfterValidator(_asked)]
ClaimPath = Annotated[Text, AfterValidator(_path)]
Granted = Annotated[Scope, AfterValidator(_granted)]


class GroupMapping(Group):
    """What the members of a group may do, and the roles that they have.

    The roles hold for `system`, or everywhere where none is named.
    """

    scopes: tuple[Granted, ...] = ()
    roles: tuple[Text, ...] = ()
    system: Text | None = None


class OidcSettings(Group):
    """The provider that people log in at; without an issuer there is none.

    `leeway` is in seconds: by so much the provider's clock may differ from this one.
    """

    issuer: Issuer | None = None
    title: Text = "your organisation's account"
    client_id: Text | None = None
    client_secret: Text | None = None
    scopes: Asked = "openid profile"
    name_claim: Text = "name"
    groups_claim: ClaimPath = "groups"
    groups: dict[Text, GroupMapping] = Field(default={})
    scopes_of_all: Annotated[tuple[Granted, ...], NoDecode, BeforeValidator(split_list)] = ()
    leeway: Annotated[int, Field(ge=0, le=600)] = 60

    @property
    def is_set(self) -> bool:
        """Whether people log in at a provider."""
        return self.issuer is not None

    @property
    def on_loopback(self) -> bool:
        """Whether the provider is on this host, where http is allowed."""
        return urlsplit(self.issuer or "").hostname in LOOPBACK


def require_whole(oidc: OidcSettings, host: str, public_url: str | None) -> None:
    """Raises SettingsError for a log-in that is incomplete, or that nobody could come back from.

    `host` is the address that the web listens on.
    """
    if not oidc.is_set:
        given = sorted(oidc.model_fields_set)
        if given:
            raise SettingsError(
                f"oidc.{given[0]} is set, and oidc.issuer is not: nobody can log in by it.",
                remedy="Set oidc.issuer to the provider's issuer, or leave the others out.",
            )
        return
    if oidc.client_id is None:
        raise SettingsError(
            "oidc.issuer is set, and oidc.client_id is not.",
            remedy="Register this server as a client at the provider, and set its id.",
        )
    if not oidc.scopes_of_all and not any(each.scopes for each in oidc.groups.values()):
        raise SettingsError(
            "oidc.issuer is set, and no group has scopes: everybody would be refused.",
            remedy='Map a group: [oidc.groups."NAME"] with scopes = ["read"]; or set '
            "oidc.scopes_of_all.",
        )
    if public_url is None and host not in LOOPBACK:
        raise SettingsError(
            f"oidc.issuer is set, http.host is {host!r}, and http.public_url is not set: the "
            "provider has no address to send people back to.",
            remedy="Set http.public_url to this server's address, such as https://ledger.example.",
        )
