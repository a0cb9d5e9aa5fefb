"""Tickets as issues of a GitHub repository, by its REST API (also GitHub Enterprise Server).

Our issue is looked for in the list of those with our label, and in the newest ones, since labels
of a user without the right are left out without an error. The search of GitHub is not used: it
reads an index that is written after the answer, so that an issue of seconds ago is missing.

Sources: https://docs.github.com/en/rest/issues (issues, comments), .../rest/repos (get a
repository), CommonMark 0.31 (fenced code, in which neither markup nor mentions are read).
"""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from consumers.notify.message import Message
from consumers.notify.outcome import Failed
from consumers.notify.tickets import Ticket
from consumers.notify.tracker_api import TrackerApi
from ledger.settings.trackers import GitHubChannel

LABEL = "airledger"
PER_PAGE = 100
"""The most that a page has."""
CLOCKS_DIFFER = timedelta(hours=1)
"""By so much GitHub's clock may differ from ours."""
_ADDRESS = re.compile(
    r"https?://([A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?)/([^/?#\s]+/[^/?#\s]+)/issues/([0-9]{1,15})"
)


class Issue(msgspec.Struct):
    """What is read of an issue; a pull request is one as well."""

    number: int
    html_url: str
    created_at: datetime
    body: str | None = None
    pull_request: Any = None


class Comment(msgspec.Struct):
    """What is read of a comment."""

    body: str | None = None


class Repository(msgspec.Struct):
    """What is read of a repository; `permissions` are those of the token's user."""

    has_issues: bool = True
    archived: bool = False
    permissions: dict[str, bool] = {}


class GitHub:
    """The issues of a repository."""

    def __init__(self, channel: GitHubChannel, api: TrackerApi) -> None:
        self._channel = channel
        self._api = api
        self._repository = f"/repos/{channel.repository}"
        self._issues = f"{self._repository}/issues"

    @staticmethod
    def headers(channel: GitHubChannel) -> Mapping[str, str]:
        """The token, and the version of the API."""
        return {
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {channel.secret}",
            "x-github-api-version": "2022-11-28",
        }

    def known(self, urls: frozenset[str]) -> Ticket | None:
        """The issue of this repository with the lowest number."""
        host = urlsplit(self._channel.url).netloc.lower()
        hosts = {host, host.removeprefix("api.")}
        numbers = {
            int(found[3]): url
            for url in urls
            if (found := self._address(url)) and found[1].lower() in hosts
        }
        return Ticket(f"#{min(numbers)}", numbers[min(numbers)]) if numbers else None

    async def find(self, message: Message) -> Ticket | None:
        """The oldest issue with the key: a later one may quote it."""
        since = message.began_at - CLOCKS_DIFFER
        ours = {"labels": LABEL, "state": "all", "sort": "created", "direction": "desc"}
        found = [
            issue async for issue in self._since(since, ours) if _has(issue, message.ticket_key)
        ]
        if not found:
            newest = await self._page(1, {**ours, "labels": ""})
            found = [issue for issue in newest if _has(issue, message.ticket_key)]
        return self._ticket(min(found, key=lambda each: each.number)) if found else None

    async def open(self, title: str, lines: tuple[str, ...], message: Message) -> Ticket:
        """Opens an issue with our label and those of the settings."""
        labels = dict.fromkeys((LABEL, *self._channel.labels))
        body = {"title": title, "body": _markdown(lines, message.link), "labels": [*labels]}
        return self._ticket(await self._api.post(self._issues, body, Issue))

    async def is_told(self, ticket: Ticket, message: Message) -> bool:
        """Among the comments since what is told was recorded."""
        path = f"{self._issues}/{ticket.name[1:]}/comments"
        since = _time(message.recorded_at - CLOCKS_DIFFER)
        page = 0
        while True:
            page += 1
            params = {"since": since, "per_page": f"{PER_PAGE}", "page": f"{page}"}
            comments = await self._api.get(path, list[Comment], **params)
            if any(message.key in (each.body or "") for each in comments):
                return True
            if len(comments) < PER_PAGE:
                return False

    async def comment(self, ticket: Ticket, lines: tuple[str, ...], message: Message) -> None:
        """Comments an issue, open or closed."""
        body = {"body": _markdown(lines, message.link)}
        await self._api.post(f"{self._issues}/{ticket.name[1:]}/comments", body, Comment)

    async def check(self) -> str:
        """That the repository takes issues."""
        of = await self._api.get(self._repository, Repository)
        if of.archived or not of.has_issues:
            raise Failed("the repository is archived" if of.archived else "it has no issues")
        labels = any(of.permissions.get(each) for each in ("triage", "push", "maintain", "admin"))
        may = "" if labels else "; the token's user may not set labels (role triage or more)"
        return f"the token reads {self._channel.repository}, which takes issues{may}"

    async def _since(self, at: datetime, params: Mapping[str, str]) -> AsyncIterator[Issue]:
        """The issues that were created since then, the newest first."""
        page = 0
        while True:
            page += 1
            issues = await self._page(page, params)
            for issue in issues:
                if issue.created_at < at:
                    return
                yield issue
            if len(issues) < PER_PAGE:
                return

    async def _page(self, number: int, params: Mapping[str, str]) -> list[Issue]:
        given = {name: value for name, value in params.items() if value}
        paging = {"per_page": f"{PER_PAGE}", "page": f"{number}"}
        return await self._api.get(self._issues, list[Issue], **given, **paging)

    def _ticket(self, issue: Issue) -> Ticket:
        if self._address(issue.html_url) is None:
            raise Failed("the answer has no address of an issue of this repository")
        return Ticket(f"#{issue.number}", issue.html_url, issue.body or "")

    def _address(self, url: str) -> re.Match[str] | None:
        """The address as that of an issue of this repository; names there have no case."""
        found = _ADDRESS.fullmatch(url)
        ours = self._channel.repository.lower()
        return found if found and found[2].lower() == ours else None


def _has(issue: Issue, key: str) -> bool:
    return issue.pull_request is None and key in (issue.body or "")


def _markdown(lines: tuple[str, ...], link: str | None) -> str:
    """The lines in a fence that is longer than any of theirs, then the link."""
    text = "\n".join(lines)
    longest = max((len(each) for each in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}\n" + (f"\n{link}\n" if link else "")


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
