"""Options, help, exit statuses: what holds for every command."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cyclopts import App

from consumers.cli import errors, session
from consumers.cli.app import app
from ledger import errors as e
from ledger import settings
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.only_on("sqlite", "what is typed and said is alike; e2e has both stores")

NO_FLAGS = ("oidc.", "notify.", "evidence.", "readers")
"""Settings of the file and the environment alone."""
HEAVY = ("litestar", "uvicorn", "sqlalchemy", "pydantic", "eventsourcing", "httpx", "cryptography")


def commands(of: App = app, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in of.resolved_commands().items():
        if not name.startswith("-"):
            yield (*before, name)
            yield from commands(command, (*before, name))


def test_every_setting_is_an_option_of_every_command(run: Run) -> None:
    optional = [key for key in settings.KEYS if not key.startswith(NO_FLAGS)]
    given = {key: f"{number}" for number, key in enumerate(optional)}
    given |= {"log.public": "true", "kafka.bootstrap_servers": "b:1", "log_level": "debug"}
    given |= {"views.feed": "kafka", "kafka.security_protocol": "sasl_ssl"}
    given |= {"kafka.sasl_mechanism": "plain"}
    given |= {"http.trusted_proxies": "10.0.0.0/8,::1", "http.path_prefix": "/airledger"}
    given |= {"http.public_url": "https://ledger.example", "time_zone": "Europe/Berlin"}
    for key in ("url", "token"):  # they are options of some commands: set in the environment
        del given[key]
    flags = [word for key, value in given.items() for word in (settings.flag(key), value)]

    shown = run(*flags, "config", "show", "--json").json["items"]

    sources = {
        each["key"]: each["source"] for each in shown if not each["key"].startswith(NO_FLAGS)
    }
    assert {"url": "default", "token": "default"} == {
        key: sources.pop(key) for key in ("url", "token")
    }
    assert {key: f"flag {settings.flag(key)}" for key in given} == sources


def test_options_of_all_commands_may_stand_before_and_behind_the_command(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "my.toml").write_text("[http]\nport = 7\n")

    before = run("--config", "my.toml", "config", "show", "--json").json["items"]
    behind = run("config", "show", "--json", "--config=my.toml").json["items"]

    assert before == behind
    assert {"key": "http.port", "value": 7, "source": "file my.toml"} in before


def test_every_command_has_help_and_says_what_its_options_are(run: Run) -> None:
    for command in commands():
        told = run(*command, "--help")

        assert (0, "") == (told.status, told.err), command
        assert "--data-dir" in told.out
        assert "Usage: airledger " + " ".join(command) in told.out


def test_help_and_version_import_nothing_heavy() -> None:
    script = (
        "import sys; from consumers.cli import main\n"
        "for words in (['--version'], ['--help'], ['incident', 'contain', '--help']):\n"
        "    assert main(words) == 0\n"
        f"sys.exit(str([name for name in {HEAVY} if name in sys.modules] or ''))\n"
    )

    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert "" == ended.stderr.strip()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["nope"], 'Unknown command "nope"'),
        (["incidents", "--xyz"], "Unknown option: --xyz. See airledger incidents --help."),
        (["incidents", "too", "many"], "Unused Tokens: ['too', 'many']"),
        (["incident"], "airledger incident needs one of its commands."),
        (["incident", "rollback"], "airledger incident rollback needs one of its commands."),
        (["incident", "show"], "requires an argument. See airledger incident show --help."),
        (
            ["incident", "classify", "INC-1", "data_breach", "nope"],
            'Invalid value "nope" for SEVERITY',
        ),
        (["incident", "rca", "withdraw", "INC-1", "--mark", "nope", "--reason", "R"], '"overdue"'),
        (["incidents", "--severity", "worst"], '"critical", "high", "medium", "low"'),
        (["source", "add", "a"], "parameter --kind requires an argument"),
        (["replay", "--from", "x"], "--from 'x' is invalid: it is no time."),
        (["replay", "--data-dir"], "Parameter --data-dir requires an argument"),
        (["incident", "reopen", "INC-1", "--reason", "-5 %"], "written --option=-value"),
    ],
)
def test_wrong_usage_is_2_on_stderr_and_names_the_remedy(
    run: Run, typed: list[str], said: str
) -> None:
    ended = run(*typed)

    assert (2, "") == (ended.status, ended.out)
    assert said in ended.err
    assert ended.err.startswith("airledger: ")


def test_nothing_typed_is_answered_with_the_commands(run: Run) -> None:
    told = run()

    assert 0 == told.status
    assert "incidents" in told.out


def test_the_version_is_told(run: Run) -> None:
    assert re.fullmatch(r"airledger \d+\.\d+\.\d+\S*\n", run("--version").out)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (e.Refused("rule", "No."), 1),
        (e.NotFound("None."), 1),
        (e.Conflict("Later."), 1),
        (e.Unavailable("Full."), 1),
        (e.Fork("Cut."), 1),
        (e.EventTooLarge("Long."), 1),
        (e.UnknownEvent("New."), 1),
        (e.Invalid("Wrong."), 2),
        (e.SettingsError("Wrong."), 2),
    ],
)
def test_what_was_refused_is_1_and_what_was_wrong_is_2(error: e.LedgerError, status: int) -> None:
    assert status == errors.status_of(error)


def test_each_wrong_value_is_told_in_a_line_with_the_remedy_behind() -> None:
    error = e.Invalid("Wrong.", errors=[("a.b", "x"), ("", "y"), ("c", "Wrong")], remedy="Mend.")

    assert "Wrong.\n  a.b: x\n  y\nMend." == errors.error_text(error)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ZeroDivisionError("oops\nmore"), "Internal error of airledger: ZeroDivisionError: oops."),
        (OSError(28, "No space left on device"), "OSError: [Errno 28] No space left on device."),
    ],
)
def test_an_unexpected_error_is_one_line_without_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(session.Session, "settings", fail)

    ended = run("incidents")

    assert (1, "") == (ended.status, ended.out)
    assert said in ended.err
    assert 1 == ended.err.count("\n")


def test_a_reader_that_goes_away_is_no_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(session.Session, "settings", gone)

    assert (0, "", "") == run("incidents")


def test_a_wrong_setting_is_2_and_names_the_flag(run: Run) -> None:
    ended = run("incidents", "--http.port", "x")

    assert 2 == ended.status
    assert "http.port is 'x' (flag --http.port)" in ended.err


def test_a_relay_without_brokers_is_refused(run: Run) -> None:
    ended = run("run", "relay")

    assert 2 == ended.status
    assert "kafka.bootstrap_servers is not set" in ended.err


def test_positions_are_listed_and_reset(run: Run) -> None:
    ended = run(
        "positions", "reset", "--topic", "airledger.signals", "--partition", "2", "--to", "7"
    )

    assert 0 == ended.status
    listed = run("positions", "list")
    assert "airledger.signals (generation 1), partition 2: 7" in listed.out
    assert "airledger.commands (generation 1), partition 5: 0" in listed.out


def test_positions_of_a_topic_that_is_not_taken_are_not_reset(run: Run) -> None:
    ended = run("positions", "reset", "--topic", "airledger.events")

    assert 1 == ended.status
    assert "airledger.events' is consumed" in ended.err


def test_read_models_from_kafka_need_brokers(run: Run) -> None:
    ended = run("incidents", "--views.feed", "kafka")

    assert 2 == ended.status
    assert "kafka.bootstrap_servers is not set" in ended.err


@pytest.mark.usefixtures("begun")
def test_read_models_on_a_server_that_is_away_are_unavailable(run: Run) -> None:
    ended = run("incidents", "--views.url", "postgresql://me:hunter2@127.0.0.1:1/l")

    assert 1 == ended.status
    assert "The read models cannot be used: no connection to its server" in ended.err
    assert "hunter2" not in ended.err
