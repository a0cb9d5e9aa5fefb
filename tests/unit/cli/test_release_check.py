"""`airledger release check` has the exit statuses 0, 1 and 2 for answers, and 3 for all else."""

import pytest

from consumers.cli import errors
from consumers.cli.errors import NO_ANSWER, is_check
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.only_on("sqlite", "exit statuses are alike; e2e has both stores")


@pytest.mark.parametrize(
    "words",
    [
        ("release", "check"),
        ("release", "check", "chat", "1.0", "--no-such-option"),
        ("release", "check", "chat", "1.0", "2.0", "3.0"),
        ("release", "check", "chat", "1.0", "--digest"),
        ("release", "check", "chat", "1.0", "--environment"),
        ("release", "check", "chat", " "),
        ("release", "check", "chat", "1.0"),
        ("release", "check", "RLS-7"),
        ("release", "check", "chat", "1.0", "--rollback", "INC-7"),
        ("--config", "missing.toml", "release", "check", "chat", "1.0"),
        ("release", "--config", "missing.toml", "check", "chat", "1.0"),
        ("release", "check", "chat", "1.0", "--http.port", "no-port"),
    ],
    ids=" ".join,
)
def test_wrong_usage_settings_and_an_unknown_release_are_no_answer(
    run: Run, words: tuple[str, ...]
) -> None:
    run("policy", "show")

    ended = run(*words)

    assert (NO_ANSWER, "") == (ended.status, ended.out)
    assert ended.err


def test_a_server_that_is_not_there_is_no_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRLEDGER_DATA_DIR", raising=False)
    monkeypatch.setenv("AIRLEDGER_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AIRLEDGER_TOKEN", "t" * 32)

    ended = run("release", "check", "chat", "1.0")

    assert NO_ANSWER == ended.status
    assert "127.0.0.1:9" in ended.err


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), RuntimeError("a fault")])
def test_an_error_of_the_program_is_no_answer(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("consumers.cli.release.release_ref", fail)

    assert NO_ANSWER == run("release", "check", "chat", "1.0").status


def test_a_reader_that_went_away_has_no_answer(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("consumers.cli.release.release_ref", fail)
    monkeypatch.setattr("consumers.cli._forget_stdout", lambda: None)

    assert NO_ANSWER == run("release", "check", "chat", "1.0").status


def test_other_commands_keep_their_exit_statuses(run: Run) -> None:
    assert errors.WRONG == run("release", "propose", "check", "1.0", "--no-such-option").status
    assert errors.WRONG == run("release", "--config=check", "list", "--no-such-option").status


def test_a_check_is_known_by_its_words() -> None:
    assert is_check(("release", "check"))
    assert is_check(("--data-dir", "release", "release", "--json", "check"))
    assert not is_check(("release",))
    assert not is_check(("check",))
    assert not is_check(("release", "propose", "check"))
