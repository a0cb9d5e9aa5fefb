"""Settings of channels: each kind has what it needs and nothing else, and no secret is shown."""

import os
import re
from pathlib import Path

import pytest

from ledger import settings
from ledger.errors import SettingsError
from ledger.settings import GitHubChannel, JiraChannel, WebhookChannel
from tests.docs.pages import ROOT

CANARY = "canarysecret"
URL = "https://canary.example"
GITHUB = f'kind = "github"\nrepository = "acme/ops"\nsecret = "{CANARY}"\n'
JIRA = f'kind = "jira"\nurl = "{URL}"\nproject = "OPS"\nissue_type = "Bug"\nsecret = "{CANARY}"\n'
WEBHOOK = f'kind = "webhook"\nurl = "{URL}"\nsecret = "{CANARY}"\n'


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty working directory, and no variable of ours."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.upper().startswith("AIRLEDGER_")]:
        monkeypatch.delenv(name)


def write(text: str) -> None:
    """One channel, in the settings file."""
    Path("airledger.toml").write_text(f"[notify.channels.x]\n{text}", "utf-8")


def test_each_kind_is_what_its_settings_say() -> None:
    write(f"{GITHUB}[notify.channels.y]\n{JIRA}user = 'a@b'\n[notify.channels.z]\n{WEBHOOK}")
    channels = settings.load().notify.channels
    github, jira = channels["x"], channels["y"]
    assert isinstance(github, GitHubChannel)
    assert ("https://api.github.com", ()) == (github.url, github.labels)
    assert isinstance(jira, JiraChannel)
    assert "a@b" == jira.user
    shown = {each.key: each.value for each in settings.provenance()}["notify.channels"]
    assert {"x": "github", "y": "jira", "z": "webhook"} == shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GITHUB.replace("repository", "# "), "notify.channels.x.repository is not set (file"),
        (f'{GITHUB}user = "x"\n', "notify.channels.x.user is set (file airledger.toml): there is"),
        (f'{GITHUB}project = "x"\n', "notify.channels.x.project is set"),
        (GITHUB.replace("acme/ops", "acme"), "must be a repository as owner/name"),
        (GITHUB.replace("acme/ops", "acme/.."), "must be a repository as owner/name"),
        (GITHUB.replace(CANARY, f"{CANARY} x"), "x.secret is '***' (file airledger.toml): must be"),
        (f'{GITHUB}labels = ["a,b"]\n', "must be a label of at most 50 characters"),
        (JIRA.replace("url", "# "), "notify.channels.x.url is not set"),
        (JIRA.replace("issue_type", "# "), "notify.channels.x.issue_type is not set"),
        (JIRA.replace("OPS", "a b"), "must be the key of a project, such as OPS"),
        (f'{JIRA}user = "a:b"\n', "without a colon"),
        (f'{JIRA}repository = "a/b"\n', "notify.channels.x.repository is set"),
        (WEBHOOK.replace("secret", "# "), "notify.channels.x.secret is not set"),
        (WEBHOOK.replace("webhook", "pager"), "'webhook', 'mail', 'apprise', 'github', 'jira'"),
        (
            WEBHOOK.replace("kind", "# "),
            "x.kind is not set (file airledger.toml), and must be webhook, mail, apprise,",
        ),
        (WEBHOOK.replace(URL, f"{URL}/a#b"), "x.url is '***' (file airledger.toml): must be an"),
        (WEBHOOK.replace("canary.", "a:b@canary."), "without a user, a password and a fragment"),
        (WEBHOOK.replace(URL, f"{URL}/?a b"), "such as https://hooks.example/risk?key=1"),
        (
            f'{WEBHOOK}[notify.channels."A B"]\n{WEBHOOK}',
            "notify.channels.A B is '***' (file airledger.toml): must have a name as policies have",
        ),
        (f"{WEBHOOK}body = 'x {CANARY}'\n", "must be JSON once it is filled in"),
        (f"{WEBHOOK}body = '{{\"a\": {{title}}}}'\n", "each placeholder inside a string"),
        (
            f'{WEBHOOK}body = \'{{"a": "{{titel}} {{Text}}"}}\'\n',
            (
                "must name no placeholder but text, title, reference, link, severity, system, key, "
                "notice; it names titel, Text."
            ),
        ),
        (f'{WEBHOOK}headers = {{"a b" = "x"}}\n', "must be the name of an HTTP header"),
        (f'{WEBHOOK}headers = {{"Webhook-Id" = "x"}}\n', "no header that airledger sets itself"),
        (f'{WEBHOOK}headers = {{"X-Key" = "{CANARY}\\n"}}\n', "must be one line of ASCII"),
        (f'{GITHUB}body = "{{}}"\n', "notify.channels.x.body is set"),
    ],
)
def test_what_a_kind_lacks_or_does_not_have_is_refused_without_a_secret(
    text: str, said: str
) -> None:
    write(text)
    with pytest.raises(SettingsError) as refused:
        settings.load()
    assert said in f"{refused.value}"
    assert "canary" not in f"{refused.value}"


@pytest.mark.parametrize(
    "url", [f"{URL}/v1/x/messages?key=a-b&token=c_d%3D", f"{URL}:443/a(b)/%2F/?sig=a+b", f"{URL}?a"]
)
def test_a_webhook_s_address_may_have_a_query_which_is_not_shown(url: str) -> None:
    write(WEBHOOK.replace(URL, url))
    channel = settings.load().notify.channels["x"]
    assert isinstance(channel, WebhookChannel)
    assert url == channel.url
    assert "canary" not in f"{settings.provenance()}"


def test_the_channels_of_the_guide_are_taken() -> None:
    page = (ROOT / "docs/how-to/tickets.md").read_text("utf-8")
    blocks = re.findall(r"^```toml\n(\[notify.channels.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert 3 == len(blocks)
    for block in blocks:
        Path("airledger.toml").write_text(block, "utf-8")
        assert {"tracker"} == set(settings.load().notify.channels)


@pytest.mark.parametrize("given", [f'"{CANARY}"', f'{{"x": {CANARY}', CANARY])
def test_channels_that_are_no_table_are_refused_and_not_shown(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRLEDGER_NOTIFY__CHANNELS", given)
    with pytest.raises(SettingsError) as refused:
        settings.load()
    assert f"{refused.value}".endswith("Correct or unset AIRLEDGER_NOTIFY__CHANNELS.")
    assert CANARY not in f"{refused.value}"
