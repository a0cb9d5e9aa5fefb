"""GitHub's API, as the App: reviews of deployments, by a token of the installation."""

from enum import StrEnum
from typing import Any

import httpx
import msgspec
from joserfc import jwt

from consumers.github.settings import Rule
from consumers.github.webhook import Waiting

REPORT_CHARACTERS = 1024
"""The longest status report."""
STEP_SECONDS = 10.0
DRIFT_SECONDS = 60
"""By so much GitHub's clock may be behind ours."""
TOKEN_SECONDS = 540
"""The App's own token ends so much later; GitHub takes at most ten minutes."""
ENDED = frozenset({404, 409, 410, 422})
"""Statuses of a deployment that waits no more, or of which the rule was taken away."""


class ReviewState(StrEnum):
    """What a review says; without one it is a status report."""

    APPROVED = "approved"
    REJECTED = "rejected"


class NotReviewed(Exception):
    """A review that did not arrive; `ended`: no later one will."""

    def __init__(self, reason: str, *, ended: bool = False) -> None:
        super().__init__(reason)
        self.ended = ended


class _Token(msgspec.Struct):
    token: str


def review(
    rule: Rule, waiting: Waiting, state: ReviewState | None, comment: str, now: float
) -> None:
    """Sends a review of a deployment, or a status report where there is no state. Blocking.

    Raises NotReviewed.
    """
    run = f"/repos/{waiting.repository}/actions/runs/{waiting.run}/deployment_protection_rule"
    body: dict[str, Any] = {
        "environment_name": waiting.environment,
        "comment": comment[:REPORT_CHARACTERS],
    }
    if state is not None:
        body["state"] = state.value
    wanted = {
        "repository_ids": [waiting.repository_id],
        "permissions": {"deployments": "write"},
    }
    tokens = f"/app/installations/{waiting.installation}/access_tokens"
    with httpx.Client(base_url=rule.file.api, timeout=STEP_SECONDS) as client:
        answer = _post(client, tokens, app_token(rule, now), wanted)
        if answer.status_code != httpx.codes.CREATED:
            raise NotReviewed(f"GitHub gives no token: status {answer.status_code}")
        try:
            token = msgspec.json.decode(answer.content, type=_Token).token
        except msgspec.DecodeError as error:
            raise NotReviewed("GitHub's answer holds no token") from error
        answer = _post(client, run, token, body)
        if not answer.is_success:
            ended = answer.status_code in ENDED
            raise NotReviewed(f"GitHub refuses it: status {answer.status_code}", ended=ended)


def app_token(rule: Rule, now: float) -> str:
    """The App's own token, which is exchanged for one of an installation."""
    claims = {
        "iat": int(now) - DRIFT_SECONDS,
        "exp": int(now) + TOKEN_SECONDS,
        "iss": rule.file.app,
    }
    return jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, rule.key)


def _post(client: httpx.Client, path: str, token: str, body: object) -> httpx.Response:
    headers = {
        "accept": "application/vnd.github+json",
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "user-agent": "airledger",
        "x-github-api-version": "2022-11-28",
    }
    try:
        return client.post(path, content=msgspec.json.encode(body), headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotReviewed(f"GitHub does not answer: {type(error).__name__}") from error
