"""Playing the shipped sample over HTTP: an Alertmanager's deliveries, then people's commands.

The sample's README says what its lines hold.
"""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec

from ledger.errors import LedgerError

HERE = Path(__file__).parent / "signals" / "sample"
TIMEOUT_SECONDS = 30.0
T = TypeVar("T")
_PLACEHOLDER = re.compile(r"@(-[0-9]+\.[0-9]{3})s")


class Delivery(msgspec.Struct, frozen=True):
    """A webhook body, and when in the play it arrives."""

    offset: float
    body: dict[str, Any]


class PersonsCommand(msgspec.Struct, frozen=True):
    """What somebody does with an incident, which goes by a name of the sample."""

    who: str
    incident: str
    command: str
    body: dict[str, Any]


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of the play: the source's, and each person's."""

    source: str
    people: Mapping[str, str]
    operator: str


class Played(msgspec.Struct, kw_only=True):
    """What the deliveries came to, in signals."""

    deliveries: int = 0
    received: int = 0
    recorded: int = 0
    repeats: int = 0


def sample_parts() -> tuple[list[Delivery], list[PersonsCommand]]:
    """The sample's deliveries and commands, in order."""
    return _lines("sample.jsonl", Delivery), _lines("people.jsonl", PersonsCommand)


def _lines(name: str, kind: type[T]) -> list[T]:
    return [
        msgspec.json.decode(line, type=kind) for line in (HERE / name).read_bytes().splitlines()
    ]


class Player:
    """Plays against the server at `url`; every time lies before `loaded_at`."""

    def __init__(self, url: str, tokens: Tokens, *, loaded_at: datetime) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)
        self._tokens = tokens
        self._loaded_at = loaded_at
        self._ids: dict[str, str] = {}

    async def play(self, deliveries: list[Delivery], commands: list[PersonsCommand]) -> Played:
        """Sends everything, each once the one before was answered. Raises LedgerError."""
        played = Played()
        names: Counter[str] = Counter()
        for delivery in deliveries:
            answer = await self._post(
                "/v1/signals/alertmanager", self._tokens.source, delivery.body
            )
            played.deliveries += 1
            played.received += answer["received"]
            played.recorded += answer["recorded"]
            played.repeats += answer["repeats"]
            for incident in answer["incidents"]:
                if incident not in self._ids.values():
                    group = " ".join(delivery.body["groupLabels"].values())
                    names[group] += 1
                    self._ids[f"{group} {names[group]}"] = incident
        for command in commands:
            await self._command(command)
        return played

    async def incidents(self, token: str, *, at_least: int) -> list[dict[str, Any]]:
        """The register up to that leaf, oldest detection first."""
        answer = await self._client.get(
            "/v1/incidents",
            params={"sort": "detected_at", "limit": 1_000, "at_least": at_least},
            headers=_bearer(token),
        )
        found: list[dict[str, Any]] = _checked(answer)["items"]
        return found

    async def _command(self, command: PersonsCommand) -> None:
        token = self._tokens.people[command.who]
        if command.command == "report":
            reported = await self._post("/v1/incidents", token, command.body)
            self._ids[command.incident] = reported["id"]
            return
        body = command.body
        if command.command == "merge":
            body = {**body, "into": self._ids[body["into"]]}
        await self._post(
            f"/v1/incidents/{self._ids[command.incident]}/{command.command}", token, body
        )

    async def _post(self, path: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return _checked(
            await self._client.post(path, json=self._timed(body), headers=_bearer(token))
        )

    def _timed(self, value: Any) -> Any:
        """The value with its placeholders made times before the moment of loading."""
        match value:
            case dict():
                return {name: self._timed(each) for name, each in value.items()}
            case list():
                return [self._timed(each) for each in value]
            case str() if found := _PLACEHOLDER.fullmatch(value):
                at = self._loaded_at + timedelta(seconds=float(found[1]))
                return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            case _:
                return value

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _checked(answer: httpx.Response) -> dict[str, Any]:
    """The answer's body. Raises LedgerError where it refuses."""
    if answer.is_success:
        found: dict[str, Any] = answer.json()
        return found
    raise LedgerError(
        f"{answer.request.method} {answer.request.url.path} was answered "
        f"{answer.status_code}: {answer.text.strip()}"
    )
