"""Tokens by the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from consumers.access.tokens import TOKEN, holder_of
from ledger.store.side_records import Signing
from tests.harness.homes import store_of
from tests.unit.cli.conftest import Run

pytestmark = pytest.mark.only_on("sqlite", "what is typed and said is alike; e2e has both stores")


def holder(data_dir: Path, token: str) -> str | None:
    store = store_of(data_dir)
    try:
        row = holder_of(store, token)
        return row.shown_name if row else None
    finally:
        store.close()


def test_a_source_gets_a_token_once_and_the_receiver_for_it(run: Run, data_dir: Path) -> None:
    added = run("source", "add", "am", "--kind", "alertmanager", "--http.port", "9")
    [token] = {line.strip() for line in added.out.splitlines() if len(line.strip()) == 32}

    assert "am" == holder(data_dir, token)
    assert "url: http://127.0.0.1:9/v1/signals/alertmanager" in added.out
    assert f"credentials: {token}" in added.out
    assert token not in run("source", "list").out + run("source", "list", "--json").out


def test_a_publisher_gets_a_line_to_try(run: Run) -> None:
    for kind in ("cloudevents", "native"):
        added = run("source", "add", kind, "--kind", kind, "--http.port", "9")
        assert f"--json @body.json http://127.0.0.1:9/v1/signals/{kind}\n" in added.out


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("grafana", "http://127.0.0.1:9/v1/signals/grafana\n"),
        ("pagerduty", "http://127.0.0.1:9/v2/enqueue\n"),
    ],
)
def test_a_source_is_told_where_its_kind_sends(run: Run, kind: str, said: str) -> None:
    assert said in run("source", "add", "a", "--kind", kind, "--http.port", "9").out


def signing(data_dir: Path, token: str) -> Signing | None:
    store = store_of(data_dir)
    try:
        row = holder_of(store, token)
        assert row is not None
        return row.signing
    finally:
        store.close()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_comes_from_a_file_and_is_shown_nowhere(
    run: Run, data_dir: Path, tmp_path: Path, end: str
) -> None:
    file = tmp_path / "grafana.secret"
    file.write_text(f" s3cret, of any words {end}", newline="")
    headers = ("--hmac-header", "X-Signed", "--hmac-timestamp-header", "X-Time")
    added = run(
        *("source", "add", "g", "--kind", "grafana", "--json"),
        *("--hmac-secret-file", str(file), *headers),
    )
    assert {"name", "token"} == added.json.keys()
    assert Signing(
        secret=" s3cret, of any words ", header="X-Signed", timestamp_header="X-Time"
    ) == signing(data_dir, added.json["token"])
    shown = [added, *(run("source", "list", *how) for how in ([], ["--json"])), run("replay")]
    assert [] == [each for each in shown if "s3cret" in each.out + each.err]


def test_a_source_signs_nothing_unless_it_has_a_secret(run: Run, data_dir: Path) -> None:
    added = run("source", "add", "g", "--kind", "grafana", "--json")
    assert signing(data_dir, added.json["token"]) is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--kind", "grafana", "--hmac-secret-file", "missing"], "Cannot read the HMAC secret"),
        (["--kind", "grafana", "--hmac-secret-file", "."], "Cannot read the HMAC secret"),
        (["--kind", "grafana", "--hmac-secret-file", "binary"], "Cannot read the HMAC secret"),
        (["--kind", "grafana", "--hmac-secret-file", "empty"], "The HMAC secret is empty"),
        (["--kind", "grafana", "--hmac-secret-file", "long"], "has more than 4096 bytes"),
        (
            ["--kind", "pagerduty", "--hmac-secret-file", "good"],
            "kind pagerduty cannot sign",
        ),
        (["--kind", "grafana", "--hmac-header", "X-A"], "A signature header needs a secret"),
        (["--kind", "grafana", "--hmac-secret-file", "good", "--hmac-header", "X A"], "'X A' is"),
    ],
)
@pytest.mark.usefixtures("begun")
def test_a_secret_that_cannot_be_taken_says_why_and_adds_nothing(
    run: Run, tmp_path: Path, typed: list[str], said: str
) -> None:
    contents = {"binary": b"\xff", "empty": b"\n", "long": b"x" * 4_097, "good": b"secret"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    ended = run("source", "add", "g", *typed)

    assert (2, "") == (ended.status, ended.out)
    assert said in ended.err
    assert [] == run("source", "list", "--json").json["items"]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A folder with a secret of each form, and one that is too short."""
    for name, text in (("text", "x" * 16), ("whsec", "whsec_" + "eHh4" * 8), ("short", "x" * 15)):
        (tmp_path / name).write_text(f"{text}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "secret", "said"),
    [
        ("pagerduty_webhook", "text", "incident.reassigned"),
        ("incident_io", "whsec", "public_incident.incident_updated_v2"),
        ("jira", "text", "Issue: updated, deleted"),
    ],
)
def test_a_source_of_webhooks_gets_an_address_and_no_token(
    run: Run, secrets: Path, kind: str, secret: str, said: str
) -> None:
    typed = ("--kind", kind, "--scope", "operate", "--hmac-secret-file", str(secrets / secret))
    added = run("source", "add", "a", *typed, "--http.port", "9")
    assert "http://127.0.0.1:9/v1/webhooks/a\n" in added.out
    assert said in added.out
    assert [] == [line for line in added.out.splitlines() if TOKEN.fullmatch(line.strip())]
    run("source", "revoke", "a")
    told = run("source", "add", "a", *typed, "--http.port", "9", "--json").json
    assert {"name": "a", "url": "http://127.0.0.1:9/v1/webhooks/a"} == told


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["jira", "--scope", "operate"], "A source of kind jira needs a secret"),
        (["jira", "--hmac-secret-file", "text"], "need scope operate, and not publish"),
        (["jira", "--scope", "operate", "--hmac-secret-file", "short"], "less than 16 bytes"),
        (["incident_io", "--scope", "operate", "--hmac-secret-file", "text"], "no signing secret"),
        (
            ["pagerduty_webhook", "--scope", "operate", "--hmac-header", "X-A"],
            "signs in headers of its own",
        ),
    ],
)
@pytest.mark.usefixtures("begun")
def test_a_source_of_webhooks_without_what_it_needs_is_not_added(
    run: Run, secrets: Path, typed: list[str], said: str
) -> None:
    files = [str(secrets / each) if (secrets / each).is_file() else each for each in typed]
    ended = run("source", "add", "a", "--kind", *files)
    assert (2, "") == (ended.status, ended.out)
    assert said in ended.err
    assert [] == run("source", "list", "--json").json["items"]


def test_a_program_gets_name_and_token_alone(run: Run, data_dir: Path) -> None:
    source = run("source", "add", "am", "--kind", "alertmanager", "--scope", "operate", "--json")
    token = run("token", "add", "alice", "--scope", "read", "--json")

    assert {"name", "token"} == source.json.keys() == token.json.keys()
    assert "am" == holder(data_dir, source.json["token"])
    assert "alice" == holder(data_dir, token.json["token"])


def test_tokens_are_listed_with_kind_and_scope(run: Run) -> None:
    run("source", "add", "am", "--kind", "alertmanager")
    run("token", "add", "alice", "--scope", "admin")

    [source] = run("source", "list", "--json").json["items"]
    [token] = run("token", "list", "--json").json["items"]

    assert ("am", "alertmanager", "publish", False) == tuple(
        source[field] for field in ("name", "kind", "scope", "revoked")
    )
    assert ("alice", None, "admin") == (token["name"], token["kind"], token["scope"])
    assert "in use" in run("token", "list").out


def test_a_revoked_token_opens_nothing_and_its_name_is_free(run: Run, data_dir: Path) -> None:
    token = run("token", "add", "alice", "--scope", "read", "--json").json["token"]

    revoked = run("token", "revoke", "alice")

    assert "The token of token alice is revoked.\n" == revoked.out
    assert holder(data_dir, token) is None
    assert "revoked" in run("token", "list").out
    assert 0 == run("token", "add", "alice", "--scope", "read").status
    assert [True, False] == [
        each["revoked"] for each in run("token", "list", "--json").json["items"]
    ]


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        (["source", "add", "g", "--kind", "nagios"], 2, 'Choose from: "alertmanager"'),
        (["source", "add", "a b", "--kind", "alertmanager"], 2, "expected 1 to 100 letters"),
        (["source", "add", "a", "--kind", "alertmanager", "--scope", "admin"], 2, '"operate"'),
        (["token", "add", "a", "--scope", "publish"], 2, '"report", "read", "audit"'),
        (["source", "add", "am", "--kind", "alertmanager"], 1, "(rule: name_in_use)"),
        (["source", "revoke", "nobody"], 1, "See airledger source list. (rule: not_granted)"),
        (["token", "revoke", "am"], 1, "(rule: not_granted)"),
    ],
)
def test_what_cannot_be_granted_or_revoked_says_why(
    run: Run, typed: list[str], status: int, said: str
) -> None:
    run("source", "add", "am", "--kind", "alertmanager")

    ended = run(*typed)

    assert (status, "") == (ended.status, ended.out)
    assert said in ended.err


def test_a_token_of_a_person_may_expire(run: Run, data_dir: Path) -> None:
    added = run("token", "add", "ada", "--scope", "read", "--expires", "90d")
    never = run("token", "add", "ben", "--scope", "read")
    past = run("token", "add", "eve", "--scope", "read", "--expires", "2026-01-01")
    wrong = run("token", "add", "eve", "--scope", "read", "--expires", "soon")
    listed = {each["name"]: each for each in run("token", "list", "--json").json["items"]}

    assert "ada has scope read until " in added.out
    assert " until " not in never.out
    assert (1, True) == (past.status, "(rule: expired_already)" in past.err)
    assert (2, True) == (wrong.status, "--expires 'soon' is invalid" in wrong.err)
    assert {"ada", "ben"} == set(listed)
    left = datetime.fromisoformat(listed["ada"]["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)
    assert (None, False) == (listed["ben"]["expires_at"], listed["ada"]["expired"])
    assert listed["ada"]["expires_at"][:10] in run("token", "list").out


def test_a_token_opens_nothing_from_its_expiry_on(run: Run, data_dir: Path) -> None:
    added = run("token", "add", "ada", "--scope", "read", "--json").json
    store = store_of(data_dir)
    try:
        row = holder_of(store, added["token"])
        assert row is not None
        assert row.opens(datetime.max.replace(tzinfo=UTC))
        ended = replace(row, expires_at=datetime.now(UTC))
        assert not ended.opens(datetime.now(UTC))
        assert ended.opens(datetime.now(UTC) - timedelta(minutes=1))
    finally:
        store.close()


def test_tokens_of_one_person_are_listed_as_that_ones(run: Run) -> None:
    run("token", "add", "mara", "--scope", "report")
    [first] = run("token", "list", "--json").json["items"]
    named = run("token", "add", "mara-phone", "--scope", "report", "--person", "mara")
    by_id = run("token", "add", "mara-ci", "--scope", "audit", "--person", first["actor"])
    nobody = "person/00000000-0000-4000-8000-000000000000"
    wrong = run("token", "add", "typo", "--scope", "read", "--person", nobody)
    listed = run("token", "list", "--json").json["items"]

    assert "acting as mara" in named.out
    assert 0 == by_id.status
    assert (1, True) == (wrong.status, f"There is no {nobody}" in wrong.err)
    assert {("mara", first["actor"])} == {(each["person"], each["actor"]) for each in listed}
    assert ["mara", "mara-phone", "mara-ci"] == [each["name"] for each in listed]
    assert all(each["id"].startswith("token/") for each in listed)


def test_a_token_is_revoked_by_what_the_log_calls_it(run: Run) -> None:
    run("token", "add", "mara", "--scope", "read")
    [listed] = run("token", "list", "--json").json["items"]

    assert 0 == run("token", "revoke", listed["id"]).status
    assert "revoked" in run("token", "list").out


def test_the_hosts_user_sees_what_he_reported(run: Run) -> None:
    run("token", "add", "somebody-else", "--scope", "report")
    nothing = run("reports")
    run("incident", "report", "--title", "Seen at the host", "--system", "chat", "--near-miss")
    [one] = run("reports", "--json").json["items"]
    run("incident", "dismiss", one["reference"], "--reason", "A drill")

    assert "You reported nothing yet" in nothing.err
    assert ("Seen at the host", True) == (one["title"], one["near_miss"])
    assert "A drill" in run("reports").out
    assert "A drill" in run("reports", one["reference"]).out
    assert (1, True) == (run("reports", "INC-99").status, "INC-99" in run("reports", "INC-99").err)
    assert 2 == run("reports", one["reference"], "--limit", "1").status
