"""Settings of readers: each has a name of its own, and no secret is shown."""

import os
from pathlib import Path

import pytest

from ledger import settings
from ledger.errors import SettingsError

CANARY = "canarysecret"
PROD = '[[readers]]\nname = "prod"\nurl = "https://prometheus.example/prod/"\n'


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty working directory, and no variable of ours."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("AIRLEDGER_")]:
        monkeypatch.delenv(name)


def write(text: str) -> None:
    Path("airledger.toml").write_text(text, "utf-8")


def test_a_reader_is_what_its_settings_say_and_no_secret_is_shown() -> None:
    more = '[[readers]]\nname = "b"\nurl = "http://b:9090"\ntimeout = 3\n'
    write(f'{PROD}token = "{CANARY}"\n{more}')
    prod, short = settings.load().readers
    assert ("https://prometheus.example/prod", CANARY, 10) == (prod.url, prod.token, prod.timeout)
    assert (3, 24, None) == (short.timeout, short.catch_up_hours, short.token)
    shown = {each.key: each.value for each in settings.provenance()}["readers"]
    assert [
        {"name": "prod", "url": "https://prometheus.example/prod"},
        {"name": "b", "url": "http://b:9090"},
    ] == shown


def test_readers_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLEDGER_READERS", '[{"name": "prod", "url": "http://p:9090"}]')
    assert ["prod"] == [each.name for each in settings.load().readers]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PROD + PROD, "Two readers have the name 'prod'."),
        (f'{PROD}token = "{CANARY}"\nuser = "ada"\npassword = "{CANARY}"\n', "a token and a user"),
        (f'{PROD}user = "ada"\n', "one is set and the other is not"),
        (f'{PROD}password = "{CANARY}"\n', "one is set and the other is not"),
        (PROD.replace("prometheus.example", f"ada:{CANARY}@p"), "readers.url is '***' (file"),
        (f'{PROD}token = "{CANARY} {CANARY}"\n', "readers.token is '***'"),
        (PROD.replace('"prod"', '"A B"'), "must have a name as policies have it"),
        (f"{PROD}timeout = 0\n", "readers.timeout is"),
        (f"{PROD}catch_up_hours = 9999\n", "readers.catch_up_hours is"),
        (f'{PROD}secret = "{CANARY}"\n', "readers.secret is set"),
        ('[[readers]]\nname = "prod"\n', "readers.url is not set"),
    ],
)
def test_what_is_wrong_is_said_without_a_secret(text: str, said: str) -> None:
    write(text)
    with pytest.raises(SettingsError) as found:
        settings.load().require_supported()
    assert said in str(found.value)
    assert CANARY not in str(found.value)
