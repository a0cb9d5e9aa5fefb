"""GitHub as its REST API documents issues, version 2022-11-28: what notifications use of it.

Source: https://docs.github.com/en/rest/issues, .../rest/repos, .../rest/using-the-rest-api.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from tests.harness.tracker_server import Answer, Asked, Json, TrackerServer

TOKEN = "canarytoken-of-github"
NOT_FOUND = {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}


class GitHubServer(TrackerServer):
    """One repository. Label and time of an issue are those that it gets; its search is empty."""

    prefix = "/api/v3"

    def __init__(self, repository: str = "acme/ops") -> None:
        super().__init__()
        self.repository = repository
        self.issues: list[Json] = []
        self.comments: dict[int, list[Json]] = {}
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.sets_labels = True
        self.about: Json = {"has_issues": True, "archived": False, "permissions": {"push": True}}

    def respond(self, asked: Asked) -> Answer:
        """By the path. Raises no error: what is wrong is kept."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"message": "Bad credentials"})
        headers = asked.headers
        self.expect(asked, "accept", headers["accept"] == "application/vnd.github+json")
        self.expect(asked, "version", headers["x-github-api-version"] == "2022-11-28")
        self.expect(asked, "user agent", headers.get("user-agent"))
        path = asked.path.removeprefix(f"{self.prefix}/repos/{self.repository}")
        if path == asked.path:
            return Answer(404, NOT_FOUND)
        if not path and asked.method == "GET":
            return Answer(200, self.about)
        if path == "/issues":
            return self._list(asked) if asked.method == "GET" else self._create(asked)
        found = re.fullmatch("/issues/([0-9]+)/comments", path)
        if found is None or not 0 < int(found[1]) <= len(self.issues):
            return Answer(404, NOT_FOUND)
        of = self.comments.setdefault(int(found[1]), [])
        return self._comments(asked, of) if asked.method == "GET" else self._comment(asked, of)

    def add(self, body: str | None, *, labels: list[str] | None = None, **given: object) -> Json:
        """An issue that somebody opened."""
        number = len(self.issues) + 1
        issue = {
            "id": 1_000 + number,
            "number": number,
            "html_url": f"{self.site}/{self.repository}/issues/{number}",
            "state": "open",
            "created_at": f"{self.clock():%Y-%m-%dT%H:%M:%SZ}",
            "body": body,
            "labels": [{"name": each} for each in labels or []],
            **given,
        }
        self.issues.append(issue)
        return issue

    def _create(self, asked: Asked) -> Answer:
        body = asked.body
        self.expect(asked, "fields", set(body) <= {"title", "body", "labels"})
        self.expect(asked, "title", isinstance(body["title"], str) and len(body["title"]) <= 256)
        self.expect(asked, "body", isinstance(body["body"], str))
        labels = body.get("labels", []) if self.sets_labels else []
        return Answer(201, self.add(body["body"], labels=labels, title=body["title"]))

    def _list(self, asked: Asked) -> Answer:
        query = asked.query
        known = {"labels", "state", "sort", "direction", "since", "per_page", "page"}
        self.expect(asked, "query", set(query) <= known)
        size, page = int(query["per_page"]), int(query.get("page", 1))
        self.expect(asked, "page", size <= 100)
        wanted = set(filter(None, query.get("labels", "").split(",")))
        found = [
            each
            for each in reversed(self.issues)
            if wanted <= {label["name"] for label in each["labels"]}
            and query.get("state", "open") in {"all", each["state"]}
        ]
        return Answer(200, found[size * (page - 1) : size * page])

    def _comments(self, asked: Asked, of: list[Json]) -> Answer:
        self.expect(asked, "query", set(asked.query) <= {"since", "per_page", "page"})
        size, page = int(asked.query["per_page"]), int(asked.query.get("page", 1))
        since = asked.query["since"]
        self.expect(asked, "since", datetime.fromisoformat(since))
        found = [each for each in of if each["updated_at"] >= since]
        return Answer(200, found[size * (page - 1) : size * page])

    def _comment(self, asked: Asked, of: list[Json]) -> Answer:
        self.expect(asked, "fields", set(asked.body) == {"body"})
        comment = {
            "id": len(of) + 1,
            "body": asked.body["body"],
            "updated_at": f"{self.clock():%Y-%m-%dT%H:%M:%SZ}",
        }
        of.append(comment)
        return Answer(201, comment)
