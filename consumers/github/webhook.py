"""The webhook's bodies: whether GitHub signed one, and which deployment it asks about."""

import hmac
import re
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from consumers.github.settings import Rule
from ledger.errors import Invalid

EVENT, SIGNATURE = "x-github-event", "x-hub-signature-256"
RULE_EVENT = "deployment_protection_rule"
BODY_BYTES = 25 * 1024 * 1024
"""GitHub sends no larger one."""

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class NotSigned(Exception):
    """A body that is not signed with the secret of the webhook."""


class Numbered(msgspec.Struct, frozen=True):
    """What is read of an installation."""

    id: Number


class OfRepository(msgspec.Struct, frozen=True):
    """What is read of a repository."""

    id: Number
    full_name: str


class OfDeployment(msgspec.Struct, frozen=True):
    """What is read of a deployment."""

    id: Number
    ref: str
    sha: str


class RuleRequest(msgspec.Struct, frozen=True):
    """What is read of the event."""

    environment: str
    deployment_callback_url: str
    deployment: OfDeployment
    repository: OfRepository
    installation: Numbered
    action: str = ""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A deployment that waits for a review. `since` is in seconds since 1970.

    `said` is the newest status report, of `reports`.
    """

    repository: str
    repository_id: Number
    installation: Number
    environment: str
    run: Number
    deployment: Number
    ref: str
    sha: str
    since: float
    said: str = ""
    reports: int = 0


def require_signed(rule: Rule, headers: Mapping[str, str], body: bytes) -> None:
    """Raises NotSigned for a body that GitHub did not sign."""
    expected = "sha256=" + hmac.new(rule.secret, body, "sha256").hexdigest()
    if not hmac.compare_digest(expected.encode(), headers.get(SIGNATURE, "").encode()):
        raise NotSigned("The signature is not this body's under the secret of webhook_secret_file.")


def parse_request(rule: Rule, body: bytes, now: float) -> Waiting:
    """The deployment of an event. Raises Invalid.

    The address for the answer has to be that of a run of the repository at the configured API, so
    that no body chooses where the token of the App is sent.
    """
    try:
        asked = msgspec.json.decode(body, type=RuleRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(f"The body is no {RULE_EVENT}: {error}.") from error
    known = {each.repository.lower() for each in rule.file.environments}
    if asked.repository.full_name.lower() not in known:
        raise Invalid(
            f"The file names no environment of {asked.repository.full_name!r}.",
            remedy="Add it under [[environments]], and have GitHub deliver the event again.",
        )
    runs = f"{rule.file.api}/repos/{asked.repository.full_name}/actions/runs/"
    pattern = re.escape(runs) + "([1-9][0-9]{0,17})/deployment_protection_rule"
    found = re.fullmatch(pattern, asked.deployment_callback_url, re.IGNORECASE | re.ASCII)
    if found is None:
        raise Invalid(
            f"The address for the answer is not at {runs}.",
            remedy="Name the address of the API under `api`.",
        )
    return Waiting(
        repository=asked.repository.full_name,
        repository_id=asked.repository.id,
        installation=asked.installation.id,
        environment=asked.environment,
        run=int(found[1]),
        deployment=asked.deployment.id,
        ref=asked.deployment.ref,
        sha=asked.deployment.sha,
        since=now,
    )
