"""The settings of channels that are trackers: notifications open tickets there.

Sources: GitHub REST API (issues), Jira REST API version 2 (Cloud and Data Center).
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from ledger.settings.types import BaseUrl, Group, Text

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")
_LABEL = re.compile(r"[^,\s]([^,\r\n\t]{0,48}[^,\s])?")
_VISIBLE = re.compile(r"[\x21-\x7e]+")


def _repository(value: str) -> str:
    if _REPOSITORY.fullmatch(value) is None:
        raise ValueError("must be a repository as owner/name")
    return value


def _project(value: str) -> str:
    if _PROJECT.fullmatch(value) is None:
        raise ValueError("must be the key of a project, such as OPS")
    return value


def _label(value: str) -> str:
    if _LABEL.fullmatch(value) is None:
        raise ValueError("must be a label of at most 50 characters, without commas")
    return value


def _token(value: str) -> str:
    if _VISIBLE.fullmatch(value) is None:
        raise ValueError("must be a token: ASCII characters without spaces")
    return value


def _user(value: str) -> str:
    if ":" in value or not value.isprintable():
        raise ValueError("must be a user's name or address, without a colon")
    return value


Repository = Annotated[Text, AfterValidator(_repository)]
Project = Annotated[Text, AfterValidator(_project)]
Label = Annotated[Text, AfterValidator(_label)]
Token = Annotated[Text, AfterValidator(_token)]
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
