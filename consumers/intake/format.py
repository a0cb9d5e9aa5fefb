"""The registration of a source format: how its bodies are parsed, bounded, documented and set up.

The routes of the HTTP API, the choices and the text of `airledger source add`, Kafka's header
`airledger-kind` and the reference of formats derive from these values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from consumers.intake.parsed import Incoming, ParsedBody
from consumers.intake.webhook_signatures import WebhookSignature
from ledger.vocabulary import SourceKind

BODY_BYTES = 1024 * 1024
GROUP_BODY_BYTES = 16 * BODY_BYTES
"""Alertmanager and Grafana never split a group: 3,000 modest alerts are 1.6 MB."""
SIGNALS_PATH = "/v1/signals"
WEBHOOKS_PATH = "/v1/webhooks"
_CURL = "curl -H 'Authorization: Bearer {token}' --json @body.json {url}{path}"

Parse = Callable[[Incoming], ParsedBody]
"""Parses a body. Total: what it cannot parse is in the result as refused parts, never raised."""
Mask = Callable[[bytes], bytes | None]
"""Replaces a token that a body carries. Returns None where the body carries none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """A source format, one file each in `consumers/intake/formats`.

    `summary` completes "Receive ..." in the API's description, `description` says what a body
    becomes. `setup` is what `airledger source add` prints; `{url}`, `{path}` and `{token}` in it
    are replaced. `limit` is the largest body in bytes, once it is decoded; a larger one is 413.
    `content` gives the types of a body by media type, for the OpenAPI document; none documents no
    body. `can_sign` says that bodies may carry an HMAC signature, `mask` removes the token from
    bodies that carry it. `own_path` is the path of a format that brings a route of its own.
    `webhook` is the signature of a format whose bodies come without a token: the source's name is
    in the path, and its signature alone authenticates it. Such bodies become commands.
    """

    kind: SourceKind
    parse: Parse
    summary: str
    description: str
    setup: str = _CURL
    limit: int = BODY_BYTES
    content: Mapping[str, Any] = field(default_factory=dict)
    content_required: bool = True
    can_sign: bool = False
    mask: Mask | None = None
    own_path: str = ""
    webhook: WebhookSignature | None = None

    @property
    def path(self) -> str:
        """The path of the route that receives its bodies; `{source}` in it is the source's name."""
        if self.webhook is not None:
            return f"{WEBHOOKS_PATH}/{{source}}"
        return self.own_path or f"{SIGNALS_PATH}/{self.kind}"

    @property
    def has_signals_route(self) -> bool:
        """Whether it has no route of its own, and no token is needed."""
        return not self.own_path and self.webhook is None

    @property
    def repeats(self) -> bool:
        """Whether its senders repeat a firing alert: its kind says so, for the domain."""
        return self.kind.repeats

    def setup_text(self, url: str, token: str, name: str) -> str:
        """How a sender is set up, for the server at `url` and the source of this name and token."""
        return self.setup.format(url=url, path=self.path_of(name), token=token)

    def path_of(self, name: str) -> str:
        """The path of the route that receives the bodies of the source of this name."""
        return self.path.replace("{source}", name)
