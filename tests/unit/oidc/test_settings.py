"""The settings of log-in at a provider: what is refused at the start, and that secrets stay so."""

from pathlib import Path

import pytest

from ledger import settings
from ledger.errors import SettingsError
from ledger.vocabulary import Scope

ISSUER = "https://login.example"
WHOLE: dict[str, object] = {
    "oidc.issuer": ISSUER,
    "oidc.client_id": "airledger",
    "oidc.scopes_of_all": "report",
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_groups_are_tables_of_the_file() -> None:
    Path("airledger.toml").write_text(
        f'[oidc]\nissuer = "{ISSUER}"\nclient_id = "a"\n[oidc.groups."/risk/office.x"]\n'
        'scopes = ["operate", "audit"]\nroles = ["risk_manager"]\nsystem = "chat"\n'
    )
    oidc = settings.load().oidc
    settings.load().require_supported()
    [(name, mapping)] = oidc.groups.items()
    assert "/risk/office.x" == name
    assert (Scope.OPERATE, Scope.AUDIT) == mapping.scopes
    assert (("risk_manager",), "chat") == (mapping.roles, mapping.system)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("issuer", "http://login.example", "http:// is for a provider on this host alone"),
        ("issuer", "login.example", "must be an address"),
        ("issuer", "https://u:p@login.example", "must be an address"),
        ("issuer", "https://login.example/?a=b", "must be an address"),
        ("issuer", "https://login.example:x", "must be an address"),
        ("scopes", "profile", "openid among them"),
        ("scopes_of_all", "publish", "must not be publish"),
        ("scopes_of_all", "everything", "must be 'publish'"),
        ("groups_claim", "a..b", "names with dots between them"),
        ("leeway", "-1", "must be greater than or equal to 0"),
        ("groups", '{"a": {"scope": ["read"]}}', "oidc.groups.a.scope"),
        ("groups", '{"a": {"scopes": ["root"]}}', "oidc.groups.a.scopes"),
        ("client_secret", "", "must not be empty"),
    ],
)
def test_a_wrong_value_is_refused_with_its_rule(
    key: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRLEDGER_OIDC__{key.upper()}", value)
    with pytest.raises(SettingsError) as refused:
        settings.load()
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"oidc.client_id": "a"}, "oidc.client_id is set, and oidc.issuer is not"),
        ({**WHOLE, "oidc.client_id": None}, "oidc.client_id is not"),
        ({**WHOLE, "oidc.scopes_of_all": None}, "everybody would be refused"),
        ({**WHOLE, "http.host": "0.0.0.0"}, "http.public_url is not set"),
    ],
)
def test_what_is_incomplete_is_refused_at_the_start(flags: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings.load(flags=flags).require_supported()


@pytest.mark.parametrize("issuer", [ISSUER, "http://127.0.0.1:8080/x", "http://localhost"])
def test_what_is_whole_is_taken(issuer: str) -> None:
    settings.load(flags={**WHOLE, "oidc.issuer": issuer}).require_supported()
    settings.load(
        flags={**WHOLE, "http.host": "0.0.0.0", "http.public_url": "https://l.example"}
    ).require_supported()


def test_the_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLEDGER_OIDC__CLIENT_SECRET", "hunter2")
    shown = {each.key: each.value for each in settings.provenance()}
    assert "***" == shown["oidc.client_secret"]
    assert "hunter2" not in str(shown)
