"""A release is named by SYSTEM@VERSION, and a deployment is of the release that its name says."""

from typing import Any

import pytest

from ledger.domain.release.commands import DeployRelease
from ledger.domain.release.naming import filled
from ledger.errors import Invalid


@pytest.mark.parametrize(
    ("ref", "given", "environment"),
    [
        ("chat@2", {}, "production"),
        ("chat@2", {"system": "Chat", "version": "2"}, "production"),
        ("chat@2", {"environment": "staging"}, "staging"),
        ("chat@2@staging", {"environment": "staging"}, "staging"),
    ],
)
def test_the_name_says_what_the_command_does_not(
    ref: str, given: dict[str, Any], environment: str
) -> None:
    found = filled(DeployRelease(**given), ref)
    assert ("chat", "2", environment) == (
        (found.system or "").casefold(),
        found.version,
        found.environment,
    )


@pytest.mark.parametrize(
    ("ref", "field", "given"),
    [
        ("chat@2", "system", {"system": "rag", "version": "2"}),
        ("chat@2", "version", {"version": "3"}),
        ("chat@2@staging", "environment", {"environment": "production"}),
        ("RLS-7", "system", {"system": "chat", "version": "2"}),
    ],
)
def test_another_release_than_its_name_says_is_no_deployment_of_it(
    ref: str, field: str, given: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as found:
        filled(DeployRelease(**given), ref)
    assert found.value.errors is not None
    assert [field] == [name for name, _ in found.value.errors]
