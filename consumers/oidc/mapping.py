"""What a provider says of a person, as this ledger uses it: a name, scopes, roles."""

from typing import Any, NamedTuple

from consumers.oidc.id_token import Claims
from consumers.text_safety import printable_line
from ledger.domain.access.roles import RoleAt
from ledger.errors import Refused
from ledger.settings import OidcSettings
from ledger.vocabulary import Scope

NAME_CHARACTERS = 100
"""A name is shown, and kept, up to so many characters."""
GROUPS = 10_000
"""So many groups of a person are looked at."""
_OTHER_NAMES = ("preferred_username", "email")


class LoggedIn(NamedTuple):
    """Whom the provider identified. `name` is empty where it says none.

    `roles` are in the order of the settings.
    """

    subject: str
    name: str
    scopes: tuple[Scope, ...]
    roles: tuple[RoleAt, ...]


def logged_in(claims: Claims, oidc: OidcSettings) -> LoggedIn:
    """What claims come to under the settings. Raises Refused for who may do nothing."""
    groups = groups_in(claims, oidc.groups_claim) or frozenset()
    mapped = [of for name, of in oidc.groups.items() if name in groups]
    given = {*oidc.scopes_of_all, *(scope for of in mapped for scope in of.scopes)}
    if not given:
        raise Refused(
            "log_in_no_group",
            "You are logged in at the provider, and none of your groups may use this ledger.",
            remedy="Ask whoever administers the ledger: its settings (oidc.groups) say which may.",
        )
    roles = (RoleAt(role, of.system) for of in mapped for role in of.roles)
    return LoggedIn(
        subject=claims["sub"],
        name=name_in(claims, oidc.name_claim),
        scopes=tuple(each for each in Scope if each in given),
        roles=tuple(dict.fromkeys(roles)),
    )


def groups_in(claims: Claims, path: str) -> frozenset[str] | None:
    """The groups that claims name; None where they do not have that claim.

    A claim with that very name goes before a path. Raises Refused where the provider left the
    groups out because there are too many, which is not the same as none.
    """
    names = claims.get("_claim_names")
    if isinstance(names, dict) and (path in names or path.split(".", maxsplit=1)[0] in names):
        raise Refused(
            "log_in_too_many_groups",
            "You are in more groups than the provider puts into its ID token.",
            remedy="Let the provider send the groups that are assigned to this application, or "
            "application roles, and name that claim in oidc.groups_claim.",
        )
    found: Any = claims[path] if path in claims else _at(claims, path.split("."))
    if found is None:
        return None
    if isinstance(found, str):
        return frozenset({found})
    if isinstance(found, list):
        return frozenset(each for each in found[:GROUPS] if isinstance(each, str))
    return frozenset()


def _at(claims: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(claims, dict):
            return None
        claims = claims.get(name)
    return claims


def name_in(claims: Claims, first: str) -> str:
    """The name of a person: the claim of the settings, or another one; empty without any."""
    for claim in (first, *_OTHER_NAMES):
        value = claims.get(claim)
        if isinstance(value, str) and (name := _printable(value)):
            return name
    return ""


def _printable(value: str) -> str:
    """One line, without what a terminal or page would act on."""
    return printable_line(value)[:NAME_CHARACTERS]
