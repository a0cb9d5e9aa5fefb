"""The settings of channels that are trackers: notifications open tickets there.

Sources: GitHub REST API (issues), Jira REST API version 2 (Cloud and Data Center).
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from ledger.settings.types import BaseUrl, Group, Text, matching

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")
_LABEL = re.compile(r"[^,\s]([^,\r\n\t]{0,48}[^,\s])?")
_VISIBLE = re.compile(r"[\x21-\x7e]+")


def _user(value: str) -> str:
    if ":" in value or not value.isprintable():
        raise ValueError("must be a user's name or address, without a colon")
    return value


Repository = Annotated[Text, matching(_REPOSITORY, "must be a repository as owner/name")]
Project = Annotated[Text, matching(_PROJECT, "must be the key of a project, such as OPS")]
Label = Annotated[
    Text, matching(_LABEL, "must be a label of at most 50 characters, without commas")
]
Token = Annotated[Text, matching(_VISIBLE, "must be a token: ASCII characters without spaces")]
User = Annotated[Text, AfterValidator(_user)]


class GitHubChannel(Group):
    """Issues of a repository. `url` is the API's, `secret` a token, `labels` are given to each."""

    kind: Literal["github"]
    url: BaseUrl = "https://api.github.com"
    repository: Repository
    secret: Token
    labels: tuple[Label, ...] = ()


class JiraChannel(Group):
    """Issues of a project. `secret` is the API token of `user`, or a personal access token.

    With a user it is Jira Cloud (basic authentication), without one Jira Data Center (bearer).
    """

    kind: Literal["jira"]
    url: BaseUrl
    project: Project
    issue_type: Text
    user: User | None = None
    secret: Token


TRACKERS = (GitHubChannel, JiraChannel)
"""The kinds of channels where the first notice of an incident opens a ticket."""
