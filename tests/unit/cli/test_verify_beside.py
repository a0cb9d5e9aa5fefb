"""What `airledger verify` says of a store whose log is whole and whose other tables are not."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.harness.homes import home
from tests.harness.tampering import tamper
from tests.unit.cli.conftest import Ended, Run

OF = "holder_name = (SELECT holder_name FROM token_names WHERE name = '{}')"
"""The token that a name stands for."""


@pytest.fixture
def ledger(run: Run, data_dir: Path) -> Run:
    """With a token in use, one that was revoked and given anew, and a source."""
    for command in (
        ("source", "add", "am", "--kind", "alertmanager"),
        ("token", "add", "ann", "--scope", "operate"),
        ("token", "revoke", "ann"),
        ("token", "add", "ann", "--scope", "read"),
        ("token", "add", "gone", "--scope", "read"),
        ("token", "revoke", "gone"),
        ("token", "add", "bob", "--scope", "read", "--expires", "90d"),
        ("incident", "report", "--title", "Toxic answers", "--system", "chat"),
    ):
        assert 0 == run(*command).status
    return run


def told(run: Run) -> list[str]:
    """What is wrong beside the log, as programs and people read it."""
    ended, plain = run("verify", "--json"), run("verify")
    assert ended.json["ok"]
    assert "The log is whole." in plain.out
    assert ended.status == plain.status == (1 if ended.json["beside"] else 0)
    shown = " ".join(plain.out.split())
    assert all(" ".join(each.split()) in shown for each in ended.json["beside"])
    return list(ended.json["beside"])


def test_of_a_store_that_is_as_its_log_says_nothing_is_said(ledger: Run) -> None:
    assert [] == told(ledger)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            (
                'UPDATE tokens SET row = replaced(row, \'"scope":"read"\', \'"scope":"admin"\')'
                f" WHERE {OF.format('ann')}"
            ),
            "The token of token ann has scope admin as person/",
        ),
        (
            (
                'UPDATE tokens SET row = replaced(row, \'"expires_at":"2\', \'"expires_at":"3\')'
                f" WHERE {OF.format('bob')}"
            ),
            "The token of token bob expires 3",
        ),
        (
            "UPDATE token_names SET holder_name = 'token/1' WHERE name = 'bob'",
            "is named bob, and that name stands for token/1.",
        ),
        (
            "UPDATE tokens SET revoked = {false} WHERE " + OF.format("gone"),
            "The token of token gone is in use, and the log says that it was revoked.",
        ),
        (
            (
                "UPDATE tokens SET revoked = {false} WHERE holder_kind = 'token'"
                f" AND NOT {OF.format('gone')}"
            ),
            (
                "The token of token ann is in use, and the log says that it was revoked.\n"
                "2 tokens of token ann are in use; the log grants one at a time."
            ),
        ),
        (
            (
                "UPDATE tokens SET row = replaced(row, '\"am\"', '\"pm\"'), holder_name = 'pm'"
                " WHERE holder_name = 'am'"
            ),
            (
                "The token of source pm was granted by no event of the log.\n"
                "The token of source am is gone: the log granted it, and the store has none."
            ),
        ),
        (
            (
                "INSERT INTO positions VALUES ('reviews', 5000)"
                " ON CONFLICT (follower) DO UPDATE SET next = 5000"
            ),
            "The follower reviews stands at leaf 5000, and the store holds",
        ),
        (
            (
                "INSERT INTO positions VALUES ('clock/policy', 9)"
                " ON CONFLICT (follower) DO UPDATE SET next = 9"
            ),
            "The clock looked at alerts by policy 9, and 1 were adopted.",
        ),
    ],
    ids=["scope", "expiry", "name", "revoked", "twice", "unknown", "position", "policy"],
)
def test_what_was_changed_beside_the_log_is_named(
    ledger: Run, data_dir: Path, statement: str, said: str
) -> None:
    false = "0" if home(data_dir) is None else "false"
    tamper(data_dir, statement.replace("{false}", false))

    assert all(part in fault for part, fault in zip(said.splitlines(), told(ledger), strict=True))


@pytest.mark.only_on("sqlite", "pages of its file are overwritten")
def test_a_zeroed_page_of_a_side_table_is_named(ledger: Run, data_dir: Path) -> None:
    path = data_dir / "ledger.db"
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = file.execute("SELECT rootpage FROM sqlite_master WHERE name = 'people'")
        [(size,)] = file.execute("PRAGMA page_size")
    with path.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(bytes(size))

    ended: Ended = ledger("verify", "--json")

    assert (1, True) == (ended.status, ended.json["ok"])
    assert any("The database" in fault for fault in ended.json["beside"])
