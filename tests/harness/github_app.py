"""GitHub as it documents Apps and custom deployment protection rules: events, tokens, reviews.

Sources: https://docs.github.com/en/actions/how-tos/deploy (create custom protection rules),
.../apps/creating-github-apps (generate a JWT, authenticate as an installation),
.../webhooks/using-webhooks/validating-webhook-deliveries.
"""

import hmac
import json
import re
import time
from collections.abc import Mapping
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.harness.github_server import NOT_FOUND
from tests.harness.tracker_server import Answer, Asked, Json, TrackerServer

APP, INSTALLATION, REPOSITORY_ID = "123456", 4711, 321
REPOSITORY = "acme/support-assistant"
SECRET = "canarysecret-of-the-webhook"
MOST_REPORTS, REPORT_CHARACTERS = 10, 1024


class GitHubApp(TrackerServer):
    """One repository with the App installed; `key` is the App's. Runs wait until a review."""

    prefix = "/api/v3"

    def __init__(self) -> None:
        super().__init__()
        self.key = RSAKey.generate_key(2048)
        self.reviews: dict[int, list[Json]] = {}
        self.reports: dict[int, list[str]] = {}
        self.waits: set[int] = set()
        self._tokens: set[str] = set()

    def event(self, run: int, **changes: Any) -> Json:
        """What GitHub sends of a deployment that waits, as far as it is documented."""
        self.waits.add(run)
        call = f"{self.url}/repos/{REPOSITORY}/actions/runs/{run}/deployment_protection_rule"
        return {
            "action": "requested",
            "environment": "production",
            "event": "push",
            "deployment_callback_url": call,
            "deployment": {
                "id": 9_000 + run,
                "ref": "v1.0.0",
                "sha": "f" * 40,
                "environment": "production",
            },
            "pull_requests": [],
            "repository": {"id": REPOSITORY_ID, "full_name": REPOSITORY, "private": True},
            "installation": {"id": INSTALLATION},
            "sender": {"login": "octocat", "id": 1},
            **changes,
        }

    @staticmethod
    def deliver(
        url: str,
        body: Json,
        *,
        event: str = "deployment_protection_rule",
        secret: str = SECRET,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Sends an event to a webhook, signed."""
        content = json.dumps(body).encode()
        signature = hmac.new(secret.encode(), content, "sha256").hexdigest()
        given = {
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/1",
            "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "x-github-event": event,
            "x-hub-signature-256": f"sha256={signature}",
        }
        return httpx.post(url, content=content, headers={**given, **(headers or {})}, timeout=30)

    def states(self, run: int) -> list[str]:
        """The reviews of a run."""
        return [each["state"] for each in self.reviews.get(run, [])]

    def respond(self, asked: Asked) -> Answer:
        """By the path. Raises no error: what is wrong is kept."""
        self.expect(asked, "accept", asked.headers["accept"] == "application/vnd.github+json")
        self.expect(asked, "version", asked.headers["x-github-api-version"] == "2022-11-28")
        self.expect(asked, "user agent", asked.headers.get("user-agent"))
        path = asked.path.removeprefix(self.prefix)
        if path == f"/app/installations/{INSTALLATION}/access_tokens" and asked.method == "POST":
            return self._token(asked)
        run = re.fullmatch(
            f"/repos/{REPOSITORY}/actions/runs/([0-9]+)/deployment_protection_rule", path
        )
        if run is None or asked.method != "POST":
            self.expect(asked, "is not asked for", False)
            return Answer(404, NOT_FOUND)
        return self._review(asked, int(run[1]))

    def _token(self, asked: Asked) -> Answer:
        try:
            given = jwt.decode(_bearer(asked), self.key, algorithms=["RS256"])
        except JoseError:
            return Answer(401, {"message": "A JSON web token could not be decoded"})
        claims, now = given.claims, time.time()
        self.expect(asked, "issuer", claims["iss"] == APP)
        self.expect(asked, "issued before", claims["iat"] <= now)
        self.expect(asked, "ends within ten minutes", now < claims["exp"] <= now + 600)
        self.expect(asked, "rights", asked.body["permissions"] == {"deployments": "write"})
        self.expect(asked, "repository", asked.body["repository_ids"] == [REPOSITORY_ID])
        token = f"ghs_{len(self._tokens)}"
        self._tokens.add(token)
        return Answer(201, {"token": token, "expires_at": "2099-01-01T00:00:00Z"})

    def _review(self, asked: Asked, run: int) -> Answer:
        if _bearer(asked) not in self._tokens:
            return Answer(401, {"message": "Bad credentials"})
        if run not in self.waits:
            return Answer(422, {"message": "Validation Failed"})
        body = asked.body
        self.expect(asked, "fields", set(body) <= {"environment_name", "state", "comment"})
        self.expect(asked, "environment", body["environment_name"] == "production")
        self.expect(asked, "comment", 0 < len(body["comment"]) <= REPORT_CHARACTERS)
        if "state" not in body:
            reports = self.reports.setdefault(run, [])
            reports.append(body["comment"])
            self.expect(asked, "reports", len(reports) <= MOST_REPORTS)
            return Answer(204)
        self.expect(asked, "state", body["state"] in {"approved", "rejected"})
        self.reviews.setdefault(run, []).append(body)
        self.waits.discard(run)
        return Answer(204)


def _bearer(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer ")
