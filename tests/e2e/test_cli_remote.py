"""The command line from another machine: AIRLEDGER_URL and a token, and no data directory."""

import re
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_source, add_token
from tests.unit.cli.processes import Airledger, Ended

pytestmark = pytest.mark.only_on(
    "sqlite", "it is over HTTP that they are alike; test_cli_walk has both stores"
)

_NOW = re.compile(r"after now, [0-9T:.+-]+")
SOURCE_BODY = b'{"alerts": "none"}'


class Both(NamedTuple):
    """The same ledger: by its files on its host, and from a machine that has its URL alone."""

    host: Airledger
    away: Airledger
    server: Server
    token: str


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    place = tmp_path_factory.mktemp("remote")
    data_dir = place / "data"
    token = add_token(data_dir, "ada", Scope.ADMIN)
    publish = add_source(data_dir, "alertmanager")
    with Server(data_dir) as server, Airledger(data_dir) as host:
        env = {
            "AIRLEDGER_URL": server.url,
            "AIRLEDGER_TOKEN": token,
            "XDG_CONFIG_HOME": str(place / "config"),
        }
        with Airledger(place / "away", env) as away:
            made = Both(host, away, server, token)
            fill(made, publish)
            yield made


def fill(both: Both, publish: str) -> None:
    """An alert with its incident, an incident of a person merged into it, and a body set aside."""
    header = {"Authorization": f"Bearer {publish}"}
    url = f"{both.server.url}/v1/signals/alertmanager"
    firing = {
        "version": "4", "groupKey": "g", "status": "firing", "receiver": "r", "groupLabels": {},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am", "alerts": [{
            "status": "firing", "labels": {"alertname": "Slow", "system": "chat"},
            "annotations": {}, "startsAt": "2026-11-28T10:00:00Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "", "fingerprint": "f1"}]}  # fmt: skip
    assert 202 == httpx.post(url, json=firing, headers=header).status_code
    assert 202 == httpx.post(url, content=SOURCE_BODY, headers=header).status_code
    report = ("incident", "report", "--title", "Slow, too", "--system", "chat", "--json")
    made = both.away.done(*report).json
    [opened] = both.away.done("alerts", "--json").json["items"]
    both.away.done("incident", "merge", made["reference"], opened["incident"], "--reason", "Same")
    both.away.done("incident", "contain", opened["incident"], "Off", "--at", "1 minute ago")


READING = (
    *(("incidents",), ("incidents", "--json"), ("incidents", "--sort", "title", "--limit", "1")),
    *(("rca",), ("rca", "--json"), ("counts",), ("counts", "--json"), ("reviews", "--json")),
    *(("alerts",), ("alerts", "--json"), ("alerts", "--state", "firing", "--limit", "1")),
    *(("quarantine", "list"), ("quarantine", "list", "--json")),
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
        *(["token", "add", "x", "--scope", "read"], ["token", "list"], ["source", "list"]),
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
        refused = laptop.run("token", "list")
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
    assert "This requires scope operate; the token of 'reader' has read." in wrote.err
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


def test_a_server_that_cannot_be_reached_is_named_with_what_to_do(both: Both) -> None:
    ended = both.away.run("incidents", env={"AIRLEDGER_URL": "http://127.0.0.1:1"})

    assert (1, "") == (ended.status, ended.text)
    assert "http://127.0.0.1:1 cannot be reached: " in ended.err
    assert "Check the URL (AIRLEDGER_URL, or airledger login)" in ended.err


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server that answers every request in this way; its URL."""

    class Handler(BaseHTTPRequestHandler):
        do_GET = do_POST = answer  # noqa: N815 - as http.server names them

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def answer_with(
    to: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]
) -> None:
    to.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        to.send_header(name, value)
    to.end_headers()
    to.wfile.write(body)


@pytest.mark.parametrize(
    ("status", "body", "headers", "said"),
    [
        (200, b"<html>", {"Content-Type": "text/html"}, "as a server of airledger does"),
        (200, b'{"items": [{}]}', {"Content-Type": "application/json"}, "missing required field"),
        (404, b"nothing", {}, "it answers with status 404"),
        (302, b"", {"Location": "https://ledger.example/"}, "redirects to https://ledger.example/"),
    ],
)
def test_what_is_no_server_of_airledger_is_told_apart(
    both: Both, status: int, body: bytes, headers: dict[str, str], said: str
) -> None:
    with answering(lambda to: answer_with(to, status, body, headers)) as url:
        ended = both.away.run("incidents", env={"AIRLEDGER_URL": url})

    assert (2, "") == (ended.status, ended.text)
    assert said in ended.err


def test_a_page_in_place_of_a_file_is_no_list(both: Both) -> None:
    page = {"Content-Type": "text/html"}
    with answering(lambda to: answer_with(to, 200, b"<html>", page)) as url:
        for form, name in (("csv", "CSV"), ("jsonl", "JSON Lines")):
            ended = both.away.run("incidents", "--format", form, env={"AIRLEDGER_URL": url})
            assert (2, "") == (ended.status, ended.text)
            assert f"a list as {name} came as text/html" in ended.err


def test_a_header_with_no_number_of_ours_is_told_apart(both: Both) -> None:
    wrong = {"Airledger-Position": "9" * 5_000}
    with answering(lambda to: answer_with(to, 200, b"<html>", wrong)) as url:
        ended = both.away.run("incident", "note", "1", "Noted", env={"AIRLEDGER_URL": url})

    assert 2 == ended.status
    assert "as a server of airledger does" in ended.err


def through(both: Both, fails: int, how: Answer) -> Answer:
    """Fails the first commands, then passes requests on to the server."""
    failed: list[BaseHTTPRequestHandler] = []

    def answer(to: BaseHTTPRequestHandler) -> None:
        body = to.rfile.read(int(to.headers.get("content-length", 0)))
        if to.command == "POST" and len(failed) < fails:
            failed.append(to)
            how(to)
            return
        names = ("authorization", "idempotency-key", "content-type")
        headers = {name: to.headers[name] for name in names if name in to.headers}
        url = f"{both.server.url}{to.path}"
        got = httpx.request(to.command, url, content=body, headers=headers)
        kept = {
            name: got.headers[name]
            for name in ("content-type", "airledger-position", "airledger-recorded")
            if name in got.headers
        }
        answer_with(to, got.status_code, got.content, kept)

    return answer


def overload(to: BaseHTTPRequestHandler) -> None:
    answer_with(to, 503, b"", {"Retry-After": "0"})


def hang_up(to: BaseHTTPRequestHandler) -> None:
    to.close_connection = True


@pytest.mark.parametrize("how", [overload, hang_up])
def test_a_command_is_repeated_by_itself_and_recorded_once(both: Both, how: Answer) -> None:
    report = ("incident", "report", "--title", how.__name__, "--system", how.__name__)
    with answering(through(both, 2, how)) as url:
        ended = both.away.run(*report, env={"AIRLEDGER_URL": url})

    listed = both.away.done("incidents", "--system", how.__name__, "--json").json["items"]
    assert (0, "") == (ended.status, ended.err)
    assert [how.__name__] == [each["title"] for each in listed]


def test_a_command_without_an_answer_says_how_to_repeat_it_safely(both: Both) -> None:
    report = ("incident", "report", "--title", "Unanswered", "--system", "unanswered")
    with answering(through(both, 99, hang_up)) as url:
        ended = both.away.run(*report, env={"AIRLEDGER_URL": url})
    [key] = re.findall(r"Repeat it with --idempotency-key (\S+): it is recorded once\.", ended.err)

    repeated = [both.away.done(*report, "--idempotency-key", key).text for _ in range(2)]

    assert (1, True) == (ended.status, "The command may have been recorded." in ended.err)
    assert repeated[0] == repeated[1]
    listed = both.away.done("incidents", "--system", "unanswered", "--json").json["items"]
    assert 1 == len(listed)


def test_a_url_without_encryption_to_another_machine_is_warned_of(both: Both) -> None:
    ended = both.away.run("incidents", env={"AIRLEDGER_URL": "http://ledger.invalid"})

    assert 1 == ended.status
    assert "Warning: http://ledger.invalid is not encrypted" in ended.err
    assert "Warning" not in both.away.done("incidents").err


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
