"""The command line from another machine: AIRLEDGER_URL and a token, and no data directory."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.away import SOURCE_BODY, Both, both_in
from tests.e2e.server import Server, add_token
from tests.unit.cli.processes import Airledger, Ended

pytestmark = pytest.mark.only_on(
    "sqlite", "it is over HTTP that they are alike; test_cli_walk has both stores"
)

_NOW = re.compile(r"after now, [0-9T:.+-]+")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with both_in(tmp_path_factory.mktemp("remote")) as both:
        yield both


READING = (
    *(("incidents",), ("incidents", "--json"), ("incidents", "--sort", "title", "--limit", "1")),
    *(("rca",), ("rca", "--json"), ("counts",), ("counts", "--json"), ("reviews", "--json")),
    *(("alerts",), ("alerts", "--json"), ("alerts", "--state", "firing", "--limit", "1")),
    *(("quarantine", "list"), ("quarantine", "list", "--json")),
    *(("source", "list"), ("source", "list", "--json")),
    ("quarantine", "list", "--source", "am", "--sort=-seen", "--format", "csv"),
    ("counts", "--sort=-count", "--format", "jsonl"),
    *(("policy", "show"), ("policy", "show", "--json"), ("policy", "show", "--raw")),
    *(("policy", "history"), ("policy", "history", "--json", "--diff")),
    *(("replay",), ("replay", "--json", "--from", "2", "--to", "4")),
    *(("replay", "--from", "2026-11-01", "--to", "today 00:00"),),
    *(("replay", "--type", "incident.detected.v1"), ("replay", "--type", "incident.nope.v1")),
    *(("incidents", "--tz", "Asia/Tokyo"), ("incidents", "--month", "2026-13")),
    *(("incident", "show", "999999"), ("incident", "timeline", "nonsense")),
    *(("quarantine", "show", "nope"), ("quarantine", "retry", "nope")),
    *(("incidents", "--sort", "mood"), ("alerts", "--incident", "999999")),
)


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_what_is_read_is_the_same_from_anywhere(both: Both, words: tuple[str, ...]) -> None:
    on_host, away = both.host.run(*words), both.away.run(*words)

    assert (on_host.status, on_host.text, on_host.err) == (away.status, away.text, away.err)


def test_an_incident_is_shown_the_same_with_its_timeline_and_alerts(both: Both) -> None:
    [merged] = both.away.done("incidents", "--status", "merged", "--json").json["items"]
    target = both.away.done("incident", "show", merged["merged_into"], "--json").json
    for ref in (merged["reference"], target["reference"], target["id"]):
        for words in (("incident", "show", ref), ("incident", "timeline", ref)):
            for json in ((), ("--json",)):
                there, here = (each.done(*words, *json) for each in (both.host, both.away))
                assert there.text == here.text
    shown = both.away.done("incident", "show", target["reference"].removeprefix("INC-")).text
    for word in ("Contained: Off", "Absorbed " + merged["reference"], "Firing", "alertmanager"):
        assert word in shown
    alerts = shown.partition("\nAlerts\n")[2].partition("\nTimeline")[0]
    assert "Firing" in alerts
    assert "Incident" not in alerts
    assert (
        f"Merged into {target['reference']}"
        in both.away.done("incident", "timeline", merged["reference"]).text
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["close", "REF"], "(rule: steps_pending)"),
        (["contain", "999999", "x"], "There is no incident '999999'."),
        (["contain", "REF", ""], "--action '' is invalid"),
        (["contain", "REF", "x", "--at", "2096-01-01 10:00"], "(rule: not_in_the_future)"),
        (["contain", "REF", "x", "--at", "noon"], "Write it as 17:51"),
        (["amend", "REF", "mood", "good", "--reason", "R"], "expected one of title, system,"),
        (["reopen", "REF", "--reason", "R"], "(rule: incident_open)"),
    ],
)
def test_a_refusal_has_the_same_words_and_status(both: Both, words: list[str], said: str) -> None:
    ref = reported(both)
    typed = ["incident", *(ref if word == "REF" else word for word in words)]

    on_host, away = both.host.run(*typed), both.away.run(*typed)

    assert said in away.err
    assert (on_host.status, on_host.text) == (away.status, away.text)
    assert _NOW.sub("now", on_host.err) == _NOW.sub("now", away.err)


def reported(both: Both) -> str:
    made = both.away.done("incident", "report", "--title", "T", "--system", "s", "--json")
    return str(made.json["reference"])


def test_a_command_prints_the_same_and_who_acts_is_the_tokens_holder(both: Both) -> None:
    ref = reported(both)

    first = both.away.done("incident", "contain", ref.removeprefix("INC-"), "Off").text
    again = both.away.done("incident", "contain", ref, "Off").text

    assert first.startswith(f"{ref}: contained.\nNext step: Communicate.")
    assert again.startswith(f"{ref}: nothing to do, already in this state.\n")
    entries = both.away.done("incident", "timeline", ref, "--json").json["items"]
    assert ["ada", "ada"] == [each["actor"] for each in entries]


def test_what_was_written_is_read_by_the_next_command(both: Both) -> None:
    for _ in range(5):
        ref = reported(both)
        assert ref in both.away.done("incidents", "--system", "s").text


def test_quarantine_is_worked_from_away(both: Both) -> None:
    [entry] = both.away.done("quarantine", "list", "--state", "open", "--json").json["items"]

    body = both.away.done("quarantine", "body", entry["id"])
    retried = both.away.run("quarantine", "retry", entry["id"])
    both.away.done("quarantine", "dismiss", entry["id"], "--reason", "A test")

    assert SOURCE_BODY == body.out
    assert (1, True) == (retried.status, "(rule: still_not_understood)" in retried.err)
    for each in (both.away, both.host):
        shown = each.done("quarantine", "show", entry["id"], "--json").json["entry"]
        assert ("dismissed", "A test", "ada") == tuple(
            shown[name] for name in ("state", "close_reason", "closed_by")
        )


def test_a_policy_is_checked_here_and_adopted_there(both: Both, tmp_path: Path) -> None:
    raw = both.away.done("policy", "show", "--raw").out
    (tmp_path / "p.toml").write_bytes(raw + b"# reviewed\n")
    digest = both.away.done("policy", "show", "--json").json["digest"]
    adopt = ("policy", "adopt", str(tmp_path / "p.toml"), "--reason", "Reviewed")

    checked = both.away.done("policy", "check", str(tmp_path / "p.toml")).text
    stale = both.away.run(*adopt, "--expect", f"sha256:{'0' * 64}")
    first = both.away.done(*adopt, "--expect", digest, "--json").json
    again = both.away.done(*adopt).text

    assert f"Against the policy in force ({digest}):" in checked
    assert 1 == stale.status
    assert [True, "Nothing to do: this policy is in force already.\n"] == [first["adopted"], again]


@pytest.mark.parametrize(
    "words",
    [
        *(["serve"], ["run", "web"], ["demo"], ["store", "init"], ["log", "init"], ["rebuild"]),
        *(["topics", "check"], ["positions", "list"], ["migrate", "--from", "x"]),
        *(["token", "add", "x", "--scope", "read"], ["token", "revoke", "x"]),
        *(["source", "add", "x", "--kind", "native"], ["source", "revoke", "x"]),
    ],
    ids=" ".join,
)
def test_a_command_about_the_hosts_files_says_that_it_needs_the_host(
    both: Both, words: list[str]
) -> None:
    ended = both.away.run(*words)

    assert (2, "") == (ended.status, ended.text)
    assert "works on the files and the store of the ledger's host" in ended.err
    assert f"AIRLEDGER_URL names a server: {both.server.url}. Run it on that host." in ended.err


def test_the_log_is_verified_from_away(both: Both, tmp_path: Path) -> None:
    (tmp_path / "vkey").write_bytes(httpx.get(f"{both.server.url}/log/vkey").content)

    whole = both.away.done("verify", "--vkey", str(tmp_path / "vkey"))
    without = both.away.run("verify")

    assert whole.text.startswith("The log is whole.\n")
    assert (2, True) == (without.status, "a key from the server proves nothing" in without.err)


def test_a_login_is_checked_and_kept_for_its_user_alone(both: Both, tmp_path: Path) -> None:
    config = tmp_path / "config"
    env = {"XDG_CONFIG_HOME": str(config), "AIRLEDGER_TOKEN": both.token}
    with Airledger(tmp_path / "laptop", {"XDG_CONFIG_HOME": str(config)}) as laptop:
        wrong = laptop.run("login", both.server.url, env={"AIRLEDGER_TOKEN": "x" * 32})
        kept_nothing = not (config / "airledger" / "login.json").exists()
        told = laptop.run("login", f"{both.server.url}/", env=env)
        file = config / "airledger" / "login.json"
        modes = [stat.S_IMODE(each.stat().st_mode) for each in (file, file.parent)]
        listed = laptop.run("incidents", "--json")
        refused = laptop.run("token", "revoke", "ada")
        here = laptop.run("incidents", "--data-dir", str(tmp_path / "none"))
        left = laptop.run("logout")
        gone = laptop.run("incidents")

    assert (2, True) == (wrong.status, kept_nothing)
    assert f"{both.server.url} does not accept the token." in wrong.err
    assert (0, f"Logged in at {both.server.url} as ada, with scope admin.") == (
        told.status,
        told.text.splitlines()[0],
    )
    assert [0o600, 0o700] == modes
    assert both.away.done("incidents", "--json").text == listed.text
    assert (2, True) == (refused.status, "airledger login names a server" in refused.err)
    assert (2, True) == (here.status, f"no ledger in {tmp_path}/none" in here.err)
    assert (0, False) == (left.status, file.exists())
    assert (2, True) == (gone.status, "There is no ledger in" in gone.err)
    for ended in (wrong, told, listed, refused, left, gone):
        assert both.token not in ended.text + ended.err


def test_a_missing_right_and_a_wrong_token_are_refused_in_words(both: Both) -> None:
    reader = add_token(both.host.data_dir, "reader", Scope.READ)
    report = ("incident", "report", "--title", "T", "--system", "s")

    read = both.away.run("incidents", env={"AIRLEDGER_TOKEN": reader})
    wrote = both.away.run(*report, env={"AIRLEDGER_TOKEN": reader})
    wrong = both.away.run("incidents", env={"AIRLEDGER_TOKEN": "wrong-token"})

    assert (0, 1, 2) == (read.status, wrote.status, wrong.status)
    assert "This requires scope report; 'reader' has read." in wrote.err
    assert "does not accept the token. Set AIRLEDGER_TOKEN, or run airledger login" in wrong.err
    assert "wrong-token" not in wrong.err


@pytest.mark.parametrize("token", ["\u00e9t\u00e9", "two\nlines", "\udcff"])
def test_a_token_that_cannot_be_sent_is_refused_and_not_printed(both: Both, token: str) -> None:
    ended = both.away.run("incidents", env={"AIRLEDGER_TOKEN": token})

    assert (2, "") == (ended.status, ended.text)
    assert "has characters that no token has" in ended.err
    assert "Bearer" not in ended.err


@pytest.mark.parametrize("key", ["\u00e9", "two\nlines", " "])
def test_a_key_that_cannot_be_sent_is_refused_and_not_called_recorded(both: Both, key: str) -> None:
    ended = both.away.run("incident", "note", "1", "Noted", "--idempotency-key", key)

    assert (2, "") == (ended.status, ended.text)
    assert "The Idempotency-Key cannot be sent to a server." in ended.err
    assert "may have been recorded" not in ended.err


@pytest.mark.only_on("postgres", "an embedded ledger's commands seal by themselves")
def test_what_is_recorded_and_not_sealed_ends_with_4(tmp_path: Path) -> None:
    token = add_token(tmp_path / "data", "ada", Scope.OPERATE)
    report = ("incident", "report", "--title", "T", "--system", "s", "--json")
    unsealed: list[Ended] = []
    with Server(tmp_path / "data", command="run web") as server:
        env = {"AIRLEDGER_URL": server.url, "AIRLEDGER_TOKEN": token}
        with Airledger(tmp_path / "away", env) as away:
            unsealed.append(away.run(*report))
    with Airledger(tmp_path / "data") as host:
        unsealed.append(host.run(*report, env={"AIRLEDGER_LOG__KEY_FILE": "/nowhere/log.key"}))

    for ended in unsealed:
        assert (4, "open") == (ended.status, ended.json["status"])
        assert "Recorded, but not sealed and readable yet: " in ended.err
        assert "Do not repeat the command." in ended.err
