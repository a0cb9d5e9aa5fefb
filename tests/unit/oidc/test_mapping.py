"""What claims come to: names, groups under a path, scopes and roles of the settings."""

import pytest

from consumers.oidc.mapping import NAME_CHARACTERS, groups_in, logged_in, name_in
from ledger.domain.access.roles import RoleAt
from ledger.errors import Refused
from ledger.settings import GroupMapping, OidcSettings
from ledger.vocabulary import Scope

OIDC = OidcSettings(
    issuer="https://login.example",
    groups={
        "readers": GroupMapping(scopes=(Scope.READ,)),
        "office": GroupMapping(scopes=(Scope.OPERATE, Scope.AUDIT), roles=("risk_manager",)),
        "chat": GroupMapping(roles=("product_owner",), system="chat"),
        "again": GroupMapping(roles=("risk_manager",)),
    },
)


def test_scopes_and_roles_of_all_groups_add_up() -> None:
    said = logged_in({"sub": "s", "name": "Ada", "groups": ["again", "office", "chat", "x"]}, OIDC)
    assert (Scope.AUDIT, Scope.OPERATE) == said.scopes
    roles = (RoleAt("risk_manager", None), RoleAt("product_owner", "chat"))
    assert roles == said.roles


def test_a_group_with_roles_and_without_scopes_logs_nobody_in() -> None:
    with pytest.raises(Refused, match="log_in_no_group"):
        logged_in({"sub": "s", "groups": ["chat"]}, OIDC)


def test_the_scopes_of_all_are_everybodys() -> None:
    oidc = OIDC.model_copy(update={"scopes_of_all": (Scope.REPORT,)})
    assert (Scope.REPORT,) == logged_in({"sub": "s"}, oidc).scopes
    assert (Scope.REPORT, Scope.READ) == logged_in({"sub": "s", "groups": "readers"}, oidc).scopes


@pytest.mark.parametrize(
    ("claims", "path", "found"),
    [
        ({"groups": ["a", "b"]}, "groups", ["a", "b"]),
        ({"groups": "a"}, "groups", ["a"]),
        ({"groups": ["a", 1, None, ["b"]]}, "groups", ["a"]),
        ({"groups": 7}, "groups", []),
        ({}, "groups", None),
        ({"groups": None}, "groups", None),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"realm_access": ["roles"]}, "realm_access.roles", None),
        ({"https://x.example/groups": ["a"]}, "https://x.example/groups", ["a"]),
    ],
    ids=str,
)
def test_groups_are_found_by_name_or_path(
    claims: dict[str, object], path: str, found: list[str] | None
) -> None:
    groups = groups_in(claims, path)
    assert found == (None if groups is None else sorted(groups))


@pytest.mark.parametrize("path", ["groups", "groups.names"])
def test_groups_that_are_elsewhere_are_not_none(path: str) -> None:
    with pytest.raises(Refused, match="log_in_too_many_groups"):
        groups_in({"_claim_names": {"groups": "src1"}}, path)


def test_a_reference_to_another_claim_does_not_matter() -> None:
    assert None is groups_in({"_claim_names": {"other": "src1"}}, "groups")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ada", "email": "a@x.example"}, "Ada"),
        ({"preferred_username": "ada", "email": "a@x.example"}, "ada"),
        ({"name": " ", "email": "a@x.example"}, "a@x.example"),
        ({"name": 7}, ""),
        ({"name": "A\u202eda\x1b[31m \n Lovelace"}, "A da [31m Lovelace"),
        ({"name": "xy" * 70}, "xy" * (NAME_CHARACTERS // 2)),
    ],
    ids=str,
)
def test_a_name_is_one_line_that_can_be_shown(claims: dict[str, object], name: str) -> None:
    assert name == name_in(claims, "name")
