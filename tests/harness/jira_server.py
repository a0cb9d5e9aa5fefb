"""Jira as its REST API version 2 documents issues: Cloud, or Data Center.

Sources: https://developer.atlassian.com/cloud/jira/platform/rest/v2/,
https://docs.atlassian.com/software/jira/docs/api/REST/.
"""

import re
from base64 import b64encode
from typing import Any

from tests.harness.tracker_server import Answer, Asked, Json, TrackerServer

TOKEN = "canarytoken-of-jira"
USER = "robot@example.org"
API = "/rest/api/2"
JQL = re.compile(r'project = "(\w+)" AND labels = "([\w-]+)" ORDER BY created ASC')


class JiraServer(TrackerServer):
    """One project. `lag` issues, the newest ones, are not in the index of the search yet."""

    prefix = "/jira"

    def __init__(self, *, cloud: bool, project: str = "OPS") -> None:
        super().__init__()
        self.cloud = cloud
        self.project = project
        self.issues: list[Json] = []
        self.comments: dict[str, list[Json]] = {}
        self.lag = 0
        self.may: dict[str, bool] = {"CREATE_ISSUES": True, "ADD_COMMENTS": True}
        pair = b64encode(f"{USER}:{TOKEN}".encode()).decode()
        self._authorization = f"Basic {pair}" if cloud else f"Bearer {TOKEN}"

    def respond(self, asked: Asked) -> Answer:
        """By the path."""
        if asked.headers.get("authorization") != self._authorization:
            return Answer(401, {"errorMessages": ["Client must be authenticated."], "errors": {}})
        self.expect(asked, "accept", asked.headers["accept"] == "application/json")
        path = asked.path.removeprefix(self.prefix + API)
        if asked.method == "POST":
            self.expect(asked, "type", asked.headers["content-type"] == "application/json")
        match asked.method, path:
            case "POST", "/issue":
                return self._create(asked)
            case "GET", "/search/jql" if self.cloud:
                return self._search(asked, {"isLast": True})
            case "GET", "/search" if not self.cloud:
                return self._search(asked, {"startAt": 0, "maxResults": 1, "total": 1})
            case "GET", "/mypermissions":
                self.expect(asked, "project", asked.query["projectKey"] == self.project)
                names = asked.query["permissions"].split(",")
                mine = {name: {"key": name, "havePermission": self.may[name]} for name in names}
                return Answer(200, {"permissions": mine})
            case "GET", _ if path == f"/project/{self.project}":
                types = [{"id": "1", "name": "Bug"}, {"id": "2", "name": "Task"}]
                return Answer(200, {"key": self.project, "issueTypes": types})
        found = re.fullmatch(r"/issue/([A-Z]+-[0-9]+)/comment", path)
        if found is None or found[1] not in {each["key"] for each in self.issues}:
            said = "Issue does not exist or you do not have permission to see it."
            return Answer(404, {"errorMessages": [said], "errors": {}})
        return self._comment(asked, self.comments.setdefault(found[1], []))

    def add(self, **fields: Any) -> Json:
        """An issue that somebody opened."""
        number = len(self.issues) + 1
        issue = {"id": f"{10_000 + number}", "key": f"{self.project}-{number}", "fields": fields}
        self.issues.append(issue)
        return issue

    def _create(self, asked: Asked) -> Answer:
        fields = asked.body["fields"]
        known = {"project", "issuetype", "summary", "description", "labels"}
        self.expect(asked, "fields", set(asked.body) == {"fields"} and set(fields) == known)
        self.expect(asked, "project", fields["project"] == {"key": self.project})
        self.expect(asked, "summary", len(fields["summary"]) <= 255)
        self.expect(asked, "summary's lines", "\n" not in fields["summary"])
        self.expect(asked, "labels", not any(" " in each for each in fields["labels"]))
        if fields["issuetype"] not in ({"name": "Bug"}, {"name": "Task"}):
            errors = {"issuetype": "Specify a valid issue type"}
            return Answer(400, {"errorMessages": [], "errors": errors})
        issue = self.add(**fields)
        key = issue["key"]
        address = f"{self.url}{API}/issue/{issue['id']}"
        return Answer(201, {"id": issue["id"], "key": key, "self": address})

    def _search(self, asked: Asked, paging: Json) -> Answer:
        found = JQL.fullmatch(asked.query["jql"])
        self.expect(asked, "JQL", found)
        self.expect(asked, "query", set(asked.query) == {"jql", "fields", "maxResults"})
        indexed = self.issues[: len(self.issues) - self.lag]
        issues = [
            {**each, "fields": {"description": each["fields"]["description"]}}
            for each in indexed
            if found and found[1] == self.project and found[2] in each["fields"]["labels"]
        ]
        return Answer(200, {"issues": issues[: int(asked.query["maxResults"])], **paging})

    def _comment(self, asked: Asked, of: list[Json]) -> Answer:
        if asked.method == "GET":
            start = int(asked.query.get("startAt", 0))
            page = {"startAt": start, "maxResults": 50, "total": len(of)}
            return Answer(200, {"comments": of[start : start + 50], **page})
        self.expect(asked, "fields", set(asked.body) == {"body"})
        of.append({"id": f"{len(of) + 1}", "body": asked.body["body"]})
        return Answer(201, of[-1])
