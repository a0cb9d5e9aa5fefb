"""Settings: four layers, strict names, and errors that say where and what."""

import os
from pathlib import Path

import pytest

from ledger import settings
from ledger.errors import SettingsError
from ledger.settings import HttpSettings, Settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty working directory, and no variable of ours."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("AIRLEDGER_")]:
        monkeypatch.delenv(name)


def write(text: str, path: str = "airledger.toml") -> Path:
    file = Path(path)
    file.write_text(text, "utf-8")
    return file


def refusal(config: Path | None = None, flags: dict[str, object] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        settings.load(config, flags)
    return str(caught.value)


def test_nothing_given_is_the_documented_defaults() -> None:
    loaded = settings.load()

    assert {
        "data_dir": "airledger-data",
        "store": {"url": "ledger.db"},
        "views": {"url": "views.db", "feed": "store"},
        "kafka": {
            "bootstrap_servers": [],
            "security_protocol": "PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_username": None,
            "sasl_password": None,
            "ssl_ca_file": None,
            "ssl_cert_file": None,
            "ssl_key_file": None,
        },
        "log": {"origin": None, "key_file": None, "public": False},
        "releases": {"key_file": None},
        "http": {
            "host": "127.0.0.1",
            "port": 8080,
            "trusted_proxies": [],
            "path_prefix": None,
            "keep_alive": 75,
            "public_url": None,
        },
        "oidc": {
            "issuer": None,
            "title": "your organisation's account",
            "client_id": None,
            "client_secret": None,
            "scopes": "openid profile",
            "name_claim": "name",
            "groups_claim": "groups",
            "groups": {},
            "scopes_of_all": [],
            "leeway": 60,
        },
        "notify": {"channels": {}},
        "readers": [],
        "evidence": {"url": None, "most_bytes": 1024**3},
        "log_level": "info",
        "url": None,
        "token": None,
        "ca_file": None,
        "time_zone": None,
    } == loaded.model_dump(mode="json")


def test_a_flag_is_over_the_environment_is_over_the_file_is_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write('log_level = "debug"\n[http]\nhost = "0.0.0.0"\nport = 1\n[log]\npublic = true\n')
    monkeypatch.setenv("AIRLEDGER_HTTP__PORT", "2")
    monkeypatch.setenv("AIRLEDGER_HTTP__HOST", "::1")

    loaded = settings.load(flags={"http.port": 3, "log_level": None})

    assert HttpSettings(host="::1", port=3) == loaded.http
    assert loaded.log.public
    assert "debug" == loaded.log_level


def test_constructing_settings_reads_nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[http]\nport = 1\n")
    monkeypatch.setenv("AIRLEDGER_HTTP__PORT", "2")

    assert 8080 == Settings().http.port


@pytest.mark.parametrize("named_by", ["argument", "environment"])
def test_a_named_file_takes_the_place_of_the_one_in_the_working_directory(
    named_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write('log_level = "debug"\n')
    other = write("[http]\nport = 1\n", "other.toml")
    if named_by == "environment":
        monkeypatch.setenv("AIRLEDGER_CONFIG", str(other))

    loaded = settings.load(other if named_by == "argument" else None)

    assert (1, "info") == (loaded.http.port, loaded.log_level)


def test_a_list_in_the_environment_is_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLEDGER_KAFKA__BOOTSTRAP_SERVERS", "a:9092, [::1]:9093")

    assert ("a:9092", "[::1]:9093") == settings.load().kafka.bootstrap_servers


def test_a_list_in_the_file_is_a_list() -> None:
    write('[kafka]\nbootstrap_servers = ["a:9092", "b:9092"]\n')

    assert ("a:9092", "b:9092") == settings.load().kafka.bootstrap_servers


@pytest.mark.parametrize(
    ("text", "named", "remedy"),
    [
        ('[store]\nurll = "x"\n', "'store.urll'", "Did you mean store.url?"),
        ('[stor]\nurl = "x"\n', "'stor'", "Did you mean store.url?"),
        ("[htttp]\n", "'htttp'", "There are data_dir, store.url"),
        ('store = "x"\n', "'store'", "Did you mean store.url?"),
        ('data-dir = "x"\n', "'data-dir'", "Did you mean data_dir?"),
        ("quux = 1\n", "'quux'", "There are data_dir, store.url, views.url,"),
    ],
)
def test_an_unknown_key_in_the_file_is_refused_with_the_closest_known(
    text: str, named: str, remedy: str
) -> None:
    write(text)

    said = refusal()

    assert said.startswith(f"Unknown setting {named} (file airledger.toml).")
    assert remedy in said


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("AIRLEDGER_HTTP_PORT", "AIRLEDGER_HTTP__PORT"),
        ("AIRLEDGER_DATADIR", "AIRLEDGER_DATA_DIR"),
        ("AIRLEDGER_STORE", "AIRLEDGER_STORE__URL"),
        ("AIRLEDGER_STORE__PATH", "AIRLEDGER_STORE__URL"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_closest_known(
    name: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")

    said = refusal()

    assert said.startswith(f"Unknown setting '{name}' (environment).")
    assert remedy in said.split("Did you mean")[1]


def test_an_unknown_flag_is_refused() -> None:
    assert "Unknown setting 'http.prot' (flags)" in refusal(flags={"http.prot": 1})


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("HTTP__PORT", "99999", "http.port is '99999' (environment AIRLEDGER_HTTP__PORT): must be"),
        ("HTTP__PORT", "x", "must be a valid integer"),
        ("LOG__PUBLIC", "maybe", "must be a valid boolean"),
        ("LOG_LEVEL", "loud", "must be 'debug', 'info'"),
        ("LOG__ORIGIN", "a log", "no space and no plus sign"),
        ("KAFKA__BOOTSTRAP_SERVERS", "a", "must name each server as host:port"),
        ("STORE__URL", "mysql://h/d", "must be a file name or begin with postgresql://"),
        ("HTTP__TRUSTED_PROXIES", "10.0.0.300", "must name each proxy as an address or a network"),
        ("HTTP__KEEP_ALIVE", "1 h", "must be a number of seconds, such as 75 or '75 s'"),
        ("HTTP__PATH_PREFIX", "/a?b", "must be a path such as /airledger"),
        ("HTTP__PUBLIC_URL", "ledger.example", "must be an address such as https://ledger.example"),
        ("DATA_DIR", "", "must not be empty; leave it out for the default"),
        ("DATA_DIR", "~nobody-of-that-name/x", "must be a path"),
    ],
)
def test_a_wrong_value_is_refused_with_its_rule_and_its_remedy(
    name: str, value: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRLEDGER_{name}", value)

    said = refusal()

    assert rule in said
    assert said.endswith(f"Correct or unset AIRLEDGER_{name}.")


def test_what_stands_before_the_server_is_given_as_people_write_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRLEDGER_HTTP__TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    monkeypatch.setenv("AIRLEDGER_HTTP__KEEP_ALIVE", "90 s")
    monkeypatch.setenv("AIRLEDGER_HTTP__PATH_PREFIX", "/airledger/")
    monkeypatch.setenv("AIRLEDGER_HTTP__PUBLIC_URL", "https://ledger.example/")
    http = settings.load().http
    assert ("10.0.0.0/8", "::1/128") == http.trusted_proxies
    assert (90, "/airledger") == (http.keep_alive, http.path_prefix)
    assert "https://ledger.example" == http.public_url


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[http]\nport = -1\n")
    monkeypatch.setenv("AIRLEDGER_LOG_LEVEL", "loud")

    said = refusal(flags={"data_dir": 5})

    assert "http.port is -1 (file airledger.toml)" in said
    assert "log_level is 'loud' (environment AIRLEDGER_LOG_LEVEL)" in said
    assert "data_dir is 5 (flag --data-dir)" in said


def test_a_file_that_is_not_toml_is_refused_with_the_line() -> None:
    write("[http\n")

    said = refusal()

    assert said.startswith("The settings file 'airledger.toml' is not TOML: ")
    assert "line 1" in said


def test_a_named_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file or directory" in refusal(Path("gone.toml"))
    assert "cannot be read: Is a directory" in refusal(tmp_path)


def test_provenance_tells_where_each_value_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[http]\nport = 1\n")
    monkeypatch.setenv("AIRLEDGER_LOG__PUBLIC", "true")

    told = {each.key: each for each in settings.provenance(flags={"data_dir": Path("d")})}

    assert tuple(told) == settings.KEYS
    assert ("http.port", 1, "file airledger.toml") == told["http.port"]
    assert ("log.public", True, "environment AIRLEDGER_LOG__PUBLIC") == told["log.public"]
    assert ("data_dir", "d", "flag --data-dir") == told["data_dir"]
    assert ("http.host", "127.0.0.1", "default") == told["http.host"]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@db/airledger",
        "postgresql://me:hunter2/@x@db/airledger",
        "postgresql://db/airledger?user=me&password=hunter2",
    ],
)
def test_a_password_is_never_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRLEDGER_VIEWS__URL", url)

    shown = {each.key: str(each.value) for each in settings.provenance()}["views.url"]
    settings.load().require_supported()
    monkeypatch.setenv("AIRLEDGER_VIEWS__URL", url.replace("postgresql", "mysql"))
    refused = refusal()

    assert "***" in shown
    assert "hunter2" not in shown + refused


@pytest.mark.parametrize("given", ["hunter2", ""])
def test_a_password_of_kafka_is_shown_nowhere(given: str) -> None:
    flags = {"kafka.security_protocol": "SASL_SSL", "kafka.sasl_password": given}
    try:
        shown = f"{settings.provenance(flags=flags)}"
    except SettingsError as error:
        shown = f"{error}"

    assert "'***'" in shown
    assert "hunter2" not in shown


def test_the_embedded_files_are_in_the_data_directory() -> None:
    loaded = settings.load(flags={"data_dir": "d", "views.url": "v.db"})

    loaded.require_supported()
    assert Path("d/ledger.db") == loaded.ledger_path
    assert Path("d/v.db") == loaded.views_path
    assert Path("d/log.key") == loaded.key_path


def test_a_ledger_on_a_server_is_not_embedded() -> None:
    loaded = settings.load(flags={"store.url": "postgresql://h/d"})

    loaded.require_supported()
    assert not loaded.embedded
    assert loaded.views_embedded
    assert settings.load().embedded


def test_read_models_on_a_server_are_not_embedded() -> None:
    loaded = settings.load(flags={"views.url": "postgresql://h/d"})

    loaded.require_supported()
    assert (True, False) == (loaded.embedded, loaded.views_embedded)


def test_the_key_of_statements_is_beside_the_ledger_or_where_it_is_named() -> None:
    assert Path("d/release-key.pem") == settings.load(flags={"data_dir": "d"}).release_key_path
    named = settings.load(flags={"releases.key_file": "/k.pem"})
    assert Path("/k.pem") == named.release_key_path


def test_a_key_file_that_is_named_is_the_key_file() -> None:
    assert Path("/k") == settings.load(flags={"log.key_file": "/k"}).key_path


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"views.feed": "kafka"}, "kafka.bootstrap_servers is not set"),
        ({"views.url": "ledger.db"}, "must be two files"),
        ({"kafka.security_protocol": "sasl_ssl"}, "kafka.sasl_username is not set"),
        (
            {"kafka.security_protocol": "SASL_PLAINTEXT", "kafka.sasl_username": "a"},
            "kafka.sasl_password is not set",
        ),
        ({"kafka.sasl_password": "hunter2"}, "kafka.sasl_password is set, and .* PLAINTEXT"),
        ({"kafka.ssl_ca_file": "ca.pem"}, "kafka.ssl_ca_file is set, and .* PLAINTEXT"),
        (
            {"kafka.security_protocol": "SSL", "kafka.ssl_cert_file": "own.pem"},
            "one is set and the other is not",
        ),
    ],
)
def test_what_never_works_is_said_and_not_ignored(flags: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings.load(flags=flags).require_supported()
