"""A process that decides says at its start what the policy in force lacks."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from consumers.access.people import by_airledger
from consumers.container.ledger import new_id, now, open_ledger
from ledger.domain.access.deciding import HOST
from ledger.domain.policy import AdoptPolicy
from ledger.execute import AdoptPolicyRequest
from ledger.policy import absent_keys, shipped
from ledger.policy.absent import WITHOUT
from tests.e2e.server import Server, complaints
from tests.harness.homes import settings_of


def of_before() -> str:
    """The policy as shipped without the keys that came later."""
    kept, table = list[str](), ""
    for line in shipped().splitlines(keepends=True):
        if (heading := re.match(r"\[+([\w.]+)\]", line)) is not None:
            table = heading[1]
        key = re.match(r"(\w+) = ", line)
        path = f"{table}.{key[1]}" if key else ""
        whole = table.partition(".")[0] if table.startswith("risks") else table
        if not {whole, table, path} & set(WITHOUT):
            kept.append(line)
    return "".join(kept)


@pytest.mark.parametrize("command", ["serve", "run intake web"])
def test_a_start_under_a_policy_of_before_names_each_key_that_it_lacks(
    tmp_path: Path, command: str
) -> None:
    data, text = tmp_path / "data", of_before()
    with closing(open_ledger(settings_of(data))) as ledger:
        request = AdoptPolicyRequest(
            asker=HOST, command=AdoptPolicy(text=text, reason="Of before.")
        )
        ledger.executor.execute(request, by_airledger(now(), new_id()))
        ledger.seal_and_project()

    with Server(data, command=command) as server:
        told = [line for line in complaints(server) if line["event"] == "policy_key_absent"]

    assert [(key.path, key.without) for key in absent_keys(text)] == [
        (line["key"], line["without"]) for line in told
    ]
    assert all("airledger policy adopt" in line["remedy"] for line in told)
