"""Tickets as issues of a Jira project, by the REST API version 2 of Cloud and of Data Center.

Version 2 has texts in wiki notation on both; version 3 is of Cloud alone. Our issue is looked for
by a label of its own, in JQL: the search of Cloud is `search/jql` since `search` was removed there,
and Data Center has `search` alone. Both read an index, which Cloud writes some seconds after the
answer, so that tries lie apart.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v2/ (issues, comments, projects,
permissions), .../platform/search-and-reconcile/, https://docs.atlassian.com/software/jira/docs/api/
REST/ (Data Center), Jira's text formatting notation ({noformat}).
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from consumers.notify.message import Message
from consumers.notify.outcome import Failed
from consumers.notify.tickets import Ticket
from consumers.notify.tracker_api import TrackerApi
from consumers.text_safety import one_line
from ledger.settings.trackers import JiraChannel

LABEL = "airledger"
API = "/rest/api/2"
PERMISSIONS = ("CREATE_ISSUES", "ADD_COMMENTS")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}-[0-9]{1,15}")
_BRACKETS = str.maketrans("{}[]", "()()")


class Fields(msgspec.Struct):
    """What is read of an issue's fields."""

    description: str | None = None


class Issue(msgspec.Struct):
    """What is read of an issue."""

    key: str
    fields: Fields = msgspec.field(default_factory=Fields)


class Found(msgspec.Struct):
    """What a search answers."""

    issues: list[Issue]


class Comment(msgspec.Struct):
    """What is read of a comment."""

    body: str = ""


class Comments(msgspec.Struct):
    """A page of comments, the oldest first."""

    comments: list[Comment]
    total: int = 0


class IssueType(msgspec.Struct):
    """What is read of a type of issues."""

    name: str


class Project(msgspec.Struct, rename="camel"):
    """What is read of a project."""

    issue_types: list[IssueType] = []


class Permission(msgspec.Struct, rename="camel"):
    """Whether the token has a right."""

    have_permission: bool = False


class Permissions(msgspec.Struct):
    """The token's rights, by name."""

    permissions: dict[str, Permission] = {}


class Jira:
    """The issues of a project."""

    def __init__(self, channel: JiraChannel, api: TrackerApi) -> None:
        self._channel = channel
        self._api = api

    @staticmethod
    def headers(channel: JiraChannel) -> Mapping[str, str]:
        """Basic authentication by a user's API token, else a personal access token."""
        authorization = f"Bearer {channel.secret}"
        if channel.user is not None:
            pair = f"{channel.user}:{channel.secret}".encode()
            authorization = f"Basic {b64encode(pair).decode()}"
        return {"accept": "application/json", "authorization": authorization}

    def known(self, urls: frozenset[str]) -> Ticket | None:
        """The issue of this project with the lowest number."""
        start = f"{self._channel.url}/browse/{self._channel.project}-".lower()
        numbers = {
            int(url[len(start) :]): url
            for url in urls
            if url[: len(start)].lower() == start and re.fullmatch("[0-9]{1,15}", url[len(start) :])
        }
        return self._ticket(Issue(f"{self._channel.project}-{min(numbers)}")) if numbers else None

    async def find(self, message: Message) -> Ticket | None:
        """The oldest issue with the key as a label."""
        path = f"{API}/search" if self._channel.user is None else f"{API}/search/jql"
        asked = f'project = "{self._channel.project}" AND labels = "{message.ticket_key}"'
        found = await self._api.get(
            path, Found, jql=f"{asked} ORDER BY created ASC", fields="description", maxResults="1"
        )
        return self._ticket(found.issues[0]) if found.issues else None

    async def open(self, title: str, lines: tuple[str, ...], message: Message) -> Ticket:
        """Opens an issue with our labels."""
        fields = {
            "project": {"key": self._channel.project},
            "issuetype": {"name": self._channel.issue_type},
            "summary": title,
            "description": _notation(lines, message.link),
            "labels": [LABEL, message.ticket_key],
        }
        return self._ticket(await self._api.post(f"{API}/issue", {"fields": fields}, Issue))

    async def is_told(self, ticket: Ticket, message: Message) -> bool:
        """Among all comments."""
        read = 0
        while True:
            page = await self._api.get(_comments(ticket), Comments, startAt=f"{read}")
            read += len(page.comments)
            if any(message.key in each.body for each in page.comments):
                return True
            if not page.comments or read >= page.total:
                return False

    async def comment(self, ticket: Ticket, lines: tuple[str, ...], message: Message) -> None:
        """Comments an issue, whatever its status."""
        body = {"body": _notation(lines, message.link)}
        await self._api.post(_comments(ticket), body, Comment)

    async def check(self) -> str:
        """That the project has the type of issue, and that the token may open and comment one."""
        project, wanted = self._channel.project, self._channel.issue_type
        of = await self._api.get(f"{API}/project/{quote(project)}", Project)
        names = [one_line(each.name) for each in of.issue_types]
        if wanted.lower() not in {each.lower() for each in names}:
            raise Failed(f"{project} has no issue type {wanted!r}, it has {', '.join(names)}")
        mine = await self._api.get(
            f"{API}/mypermissions",
            Permissions,
            projectKey=project,
            permissions=",".join(PERMISSIONS),
        )
        for each in PERMISSIONS:
            if not mine.permissions.get(each, Permission()).have_permission:
                raise Failed(f"the token has no permission {each} in {project}")
        return f"the token may open and comment issues of {project}"

    def _ticket(self, issue: Issue) -> Ticket:
        if _KEY.fullmatch(issue.key) is None:
            raise Failed("the answer has no key of an issue")
        text = issue.fields.description or ""
        return Ticket(issue.key, f"{self._channel.url}/browse/{issue.key}", text)


def _comments(ticket: Ticket) -> str:
    return f"{API}/issue/{ticket.name}/comment"


def _notation(lines: tuple[str, ...], link: str | None) -> str:
    """The lines in {noformat}, with round brackets, so that none ends it or names a user."""
    text = "\n".join(lines).translate(_BRACKETS)
    return f"{{noformat}}\n{text}\n{{noformat}}\n" + (f"{link}\n" if link else "")
