"""`airledger notify test` asks a tracker whether tickets could be opened, and opens none."""

from datetime import UTC, datetime

import pytest

from consumers.notify.channels import send
from consumers.notify.message import trial
from consumers.notify.outcome import Failed, Sending
from ledger.settings import ChannelSettings
from tests.harness.github_server import GitHubServer
from tests.harness.jira_server import JiraServer
from tests.unit.notify.tracked import CLOUD, DATA_CENTER, GITHUB, KINDS, server_of, settings_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def checked(channel: ChannelSettings) -> str:
    """What a trial by a channel says."""
    try:
        return send(channel, trial("key", NOON, None), Sending("airledger", NOON)).receipt
    except Failed as failure:
        return f"failed: {failure.reason}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_tracker_that_works_is_said_to_and_nothing_is_opened(kind: str) -> None:
    with server_of(kind) as server:
        said = checked(settings_of(server))
        assert said.endswith(". No ticket was opened.")
        assert ("acme/ops" in said) or ("OPS" in said)
        assert {"GET"} == {each.method for each in server.asked}


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_token_a_wrong_place_and_nobody_there_are_told_apart(kind: str) -> None:
    with server_of(kind) as server:
        channel = settings_of(server)
        token = channel.model_copy(update={"secret": "other"})
        assert "failed: status 401: it does not accept the token" == checked(token)
        place = channel.model_copy(update={"repository": "acme/gone", "project": "GONE"})
        assert checked(place).startswith("failed: status 404: it is not there, or")
    assert checked(channel).startswith("failed: the connection was refused: check host")


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"archived": True}, "failed: the repository is archived"),
        ({"has_issues": False}, "failed: it has no issues"),
        (
            {"permissions": {"pull": True}},
            (
                "the token reads acme/ops, which takes issues; the token's user may not set labels "
                "(role triage or more). No ticket was opened."
            ),
        ),
    ],
)
def test_a_repository_that_takes_no_issues_is_said(about: dict[str, object], said: str) -> None:
    with server_of(GITHUB) as server:
        assert isinstance(server, GitHubServer)
        server.about |= about
        assert said == checked(settings_of(server))


@pytest.mark.parametrize("kind", [CLOUD, DATA_CENTER])
def test_a_project_without_the_type_or_the_right_is_said(kind: str) -> None:
    with server_of(kind) as server:
        assert isinstance(server, JiraServer)
        channel = settings_of(server)
        other = channel.model_copy(update={"issue_type": "Incident"})
        assert "failed: OPS has no issue type 'Incident', it has Bug, Task" == checked(other)
        server.may["ADD_COMMENTS"] = False
        assert "failed: the token has no permission ADD_COMMENTS in OPS" == checked(channel)
