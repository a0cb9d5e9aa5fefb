"""Roles on the host's command line: whom they may be given to, and what a refusal leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import add_source, add_token
from tests.unit.cli.processes import Airledger

pytestmark = pytest.mark.only_on("sqlite", "names are resolved before any store is asked")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Airledger]:
    data = tmp_path / "data"
    add_token(data, "ada", Scope.OPERATE)
    add_source(data, "pipeline")
    with Airledger(data) as host:
        yield host


def holders(host: Airledger) -> list[str]:
    return [each["person"] for each in host.done("role", "list", "--json").json["items"]]


def test_a_role_is_given_to_somebody_new_and_to_a_source_that_is_there(host: Airledger) -> None:
    host.done("role", "grant", "Grace Hopper", "risk_manager")
    host.done("role", "grant", "source/pipeline", "mlops_engineer")
    assert {"Grace Hopper", "source/pipeline"} == set(holders(host))


@pytest.mark.parametrize(
    "person",
    ["", "  ", "x" * 3000, "source/", "source/nobody", "person/7", f"person/{'0' * 8}-0000"],
)
def test_whoever_is_not_there_or_has_no_name_gets_none(host: Airledger, person: str) -> None:
    ended = host.run("role", "grant", person, "risk_manager")
    assert ended.status in {1, 2}
    assert "airledger: " in ended.err
    assert [] == holders(host)


@pytest.mark.parametrize("command", ["grant", "revoke"])
def test_a_refused_change_makes_nobody_known(host: Airledger, command: str) -> None:
    refused = host.run("role", command, "Grcae Hopper", "risk_manger")
    assert refused.status in {1, 2}
    again = host.run("role", "revoke", "Grcae Hopper", "risk_manager")
    assert "There is no person 'Grcae Hopper'" in again.err


@pytest.mark.parametrize("other", ["source/nobody", "Nobody"])
def test_nobody_is_joined_to_what_is_not_there(host: Airledger, other: str) -> None:
    refused = host.run("person", "join", "ada", other)
    assert "There is no " in refused.err


def test_a_role_that_the_policy_names_no_more_is_revoked(host: Airledger, tmp_path: Path) -> None:
    host.done("role", "grant", "ada", "product_owner")
    text = host.done("policy", "show", "--raw").text
    named = ("product_owner = ", 'id = "product_owner"')
    lines = [each for each in text.splitlines() if not any(name in each for name in named)]
    without = "\n".join(lines).replace('"product_owner", ', "").replace('"product_owner"', "")
    file = tmp_path / "policy.toml"
    file.write_text(without + "\n")
    host.done("policy", "adopt", str(file), "--reason", "No product owners.")
    assert ["ada"] == holders(host)
    assert 2 == host.run("role", "grant", "ada", "product_owner").status
    host.done("role", "revoke", "ada", "product_owner")
    assert [] == holders(host)
