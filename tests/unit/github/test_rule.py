"""The rule's file, the release that it names for a deployment, and what GitHub is told."""

from pathlib import Path

import pytest
from joserfc.jwk import RSAKey

from consumers.github.answering import comment_of
from consumers.github.reviewing import REPORT_CHARACTERS
from consumers.github.settings import ProtectedEnvironment, Rule, read_rule
from ledger.errors import SettingsError
from tests.docs.pages import ROOT

EXAMPLE = (ROOT / "infra/pipelines/github.toml").read_text("utf-8")
SHA = "f" * 40


def _environment(version: str = "ref", prefix: str = "v") -> ProtectedEnvironment:
    return ProtectedEnvironment(
        repository="acme/chat",
        environment="production",
        system="chat",
        version="sha" if version == "sha" else "ref",
        prefix=prefix,
    )


def _write(directory: Path, text: str = EXAMPLE, secret: str = "s" * 20) -> Path:
    key = RSAKey.generate_key(2048)
    (directory / "github-app.pem").write_bytes(key.as_pem(private=True))
    (directory / "github-webhook.secret").write_text(f"{secret}\n", "utf-8")
    path = directory / "github.toml"
    path.write_text(text, "utf-8")
    return path


def _example(directory: Path) -> Rule:
    return read_rule(_write(directory))


def test_the_example_is_read(tmp_path: Path) -> None:
    rule = _example(tmp_path)
    assert ("https://api.github.com", b"s" * 20) == (rule.file.api, rule.secret)
    found = rule.environment("ACME/Support-Assistant", "production")
    assert found is not None
    assert "support-assistant@2.4.0@production" == found.release_of("v2.4.0", SHA)
    staging = rule.environment("acme/support-assistant", "staging")
    assert staging is not None
    assert f"support-assistant@{SHA}@staging" == staging.release_of("v2.4.0", SHA)
    assert rule.environment("acme/support-assistant", "Production") is None
    assert rule.environment("acme/other", "production") is None


@pytest.mark.parametrize(
    ("ref", "version"),
    [
        ("v2.4.0", "2.4.0"),
        ("refs/tags/v2.4.0", "2.4.0"),
        ("refs/heads/v2.4.0", "2.4.0"),
        ("vv1", "v1"),
    ],
)
def test_the_version_is_the_ref_without_its_prefix(ref: str, version: str) -> None:
    assert f"chat@{version}@production" == _environment().release_of(ref, SHA)


@pytest.mark.parametrize("ref", ["main", "", "v", "v1@staging", "v1 2", "refs/heads/main"])
def test_a_ref_that_says_no_version_names_no_release(ref: str) -> None:
    assert _environment().release_of(ref, SHA) is None


def test_the_commit_may_be_the_version() -> None:
    assert f"chat@{SHA}@production" == _environment("sha").release_of("main", SHA)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "app"),
        ("x", "cannot be read"),
        (EXAMPLE.replace('version = "sha"', 'version = "commit"'), "version"),
        (EXAMPLE.replace("acme/support", "acme"), "repository"),
        (f'secret = "here"\n{EXAMPLE}', "secret"),
        (f'api = "https://user:word@github.example"\n{EXAMPLE}', "api"),
        (EXAMPLE.replace("github-app.pem", "missing.pem"), "missing.pem"),
        (EXAMPLE.replace("github-app.pem", "github-webhook.secret"), "RSA"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        read_rule(_write(tmp_path, text))


def test_a_secret_that_can_be_guessed_and_a_public_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="guessed"):
        read_rule(_write(tmp_path, secret="short"))
    path = _write(tmp_path)
    (tmp_path / "github-app.pem").write_bytes(RSAKey.generate_key(2048).as_pem(private=False))
    with pytest.raises(SettingsError, match="public"):
        read_rule(path)


@pytest.mark.parametrize("reason", ["", "x", "```\n@acme/all", "`" * 2_000, "x" * 5_000, "ü" * 990])
def test_a_comment_is_short_enough_and_has_no_markup(reason: str) -> None:
    comment = comment_of(reason)
    assert len(comment) <= REPORT_CHARACTERS
    fence = comment.partition("text\n")[0]
    assert comment.endswith(f"\n{fence}")
    assert fence not in comment[len(fence) : -len(fence)]
