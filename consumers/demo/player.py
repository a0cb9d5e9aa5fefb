"""Playing the sample over HTTP: what publishers send and people do, each at its moment."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self, assert_never
from urllib.parse import quote

import httpx
import msgspec

from consumers.container.ledger import Ledger
from consumers.demo.clock import PlayedClock
from consumers.demo.documents import make_document
from consumers.demo.sample import (
    Command,
    Delivery,
    Dismissal,
    Filing,
    Generating,
    InPerson,
    MeasureWork,
    NewPolicy,
    Pause,
    ReviewWork,
    Sample,
    SystemWork,
)
from ledger.domain.catalogue import KINDS
from ledger.errors import LedgerError
from ledger.policy import shipped
from ledger.vocabulary import SourceKind

TIMEOUT_SECONDS = 30.0
TITLED = {"risk": "/v1/risks", "improvement": "/v1/improvements"}
"""What the sample names by its title, and the list that has it."""
NAMED = ("@incident ", "@evidence ", *(f"@{kind} " for kind in TITLED))
"""What begins a text that stands for the id of something in the sample."""
IN_FORCE = "@policy in force"
"""A text that stands for the digest of the policy in force."""
_BATCH, _EVENT = "application/cloudevents-batch+json", "application/cloudevents+json"


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens of the play, by name, and those of the sessions of people."""

    sources: Mapping[str, str]
    people: Mapping[str, str]
    sessions: Mapping[str, str]


class Played(msgspec.Struct, kw_only=True):
    """What was sent and done."""

    deliveries: int = 0
    commands: int = 0


class Player:
    """Plays into the ledger behind the server at `url`; nobody else may settle it meanwhile."""

    def __init__(self, url: str, ledger: Ledger, clock: PlayedClock, tokens: Tokens) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)
        self._ledger = ledger
        self._clock = clock
        self._tokens = tokens
        self._policy = shipped()
        self._ids: dict[str, dict[str, str]] = {"incident": {}, "evidence": {}}
        self._digest = ""

    async def play(self, sample: Sample) -> Played:
        """Sends everything, each once the one before was answered. Raises LedgerError."""
        played = Played()
        kinds = {source.name: source.kind for source in sample.sources}
        for step in sample.steps:
            await self._advance_to(step.at)
            match step.line:
                case Delivery() as delivery:
                    await self._deliver(delivery, kinds[delivery.source])
                    played.deliveries += 1
                case Command() as command:
                    await self._command(command)
                    played.commands += 1
                case ReviewWork() as work:
                    await self._review(work, step.at)
                    played.commands += 1
                case Filing() as filing:
                    await self._file(filing)
                    played.commands += 1
                case InPerson() as act:
                    await self._act(act)
                    played.commands += 1
                case Generating() as line:
                    await self._generate(line, step.at)
                    played.commands += 1
                case SystemWork() as work:
                    await self._system(work)
                    played.commands += 1
                case MeasureWork() as work:
                    await self._measure(work)
                    played.commands += 1
                case NewPolicy() as new:
                    await self._adopt(new)
                case Pause() as pause:
                    over = step.at + pause.length
                    await asyncio.to_thread(self._clock.pause_until, over, self._ledger)
                case Dismissal() as dismissal:
                    await self._dismiss(dismissal)
                case unknown:
                    assert_never(unknown)
        await asyncio.to_thread(self._clock.release, self._ledger)
        return played

    async def _advance_to(self, moment: datetime) -> None:
        await asyncio.to_thread(self._clock.advance_to, moment, self._ledger)

    async def _deliver(self, delivery: Delivery, kind: SourceKind) -> None:
        token, body = self._tokens.sources[delivery.source], self._named(delivery.body)
        if kind is SourceKind.PAGERDUTY:
            await self._post("/v2/enqueue", None, {"routing_key": token, **body})
        elif kind is SourceKind.CLOUDEVENTS:
            media_type = _BATCH if isinstance(body, list) else _EVENT
            await self._post("/v1/signals/cloudevents", token, body, media_type)
        else:
            await self._post(f"/v1/signals/{kind}", token, body)
        await self._record_opened(f"A delivery of {delivery.source}", delivery.opens)

    async def _record_opened(self, what: str, opens: str | None) -> None:
        """Finds the incident that something opened, and that it opened no other."""
        await asyncio.to_thread(self._ledger.seal_and_project)
        anybody = next(iter(self._tokens.people.values()))
        listed = await self._read("/v1/incidents", anybody, limit=1_000)
        known = set(self._ids["incident"].values())
        new = [each for each in listed["items"] if each["id"] not in known]
        if len(new) != (opens is not None):
            opened = [f"{each['reference']}: {each['title']}" for each in new]
            raise LedgerError(
                f"{what} at {self._clock().isoformat()} opened {opened}; the sample says {opens}."
            )
        if opens is not None:
            self._ids["incident"][opens] = new[0]["id"]

    async def _command(self, command: Command) -> None:
        token, body = self._tokens.people[command.who], self._named(command.body)
        if command.command == "report":
            reported = await self._post("/v1/incidents", token, body)
            self._ids["incident"][command.incident] = reported["id"]
            return
        path = f"/v1/incidents/{self._ids['incident'][command.incident]}/{command.command}"
        await self._post(path, token, body)

    async def _review(self, work: ReviewWork, at: datetime) -> None:
        """Works on the review of a system's month, which is that of `at`."""
        name = quote(f"{work.system}:{at:%Y-%m}", safe="")
        token = self._tokens.people[work.who]
        await self._post(f"/v1/reviews/{name}/{work.command}", token, work.body)

    async def _system(self, work: SystemWork) -> None:
        token = self._tokens.people[work.who]
        if work.command == "register":
            await self._post("/v1/systems", token, {"system": work.system, **work.body})
            return
        path = f"/v1/systems/{quote(work.system, safe='')}/{work.command}"
        await self._post(path, token, work.body)

    async def _measure(self, work: MeasureWork) -> None:
        await self._post("/v1/measurements", self._tokens.people[work.who], work.body)
        await self._advance_to(self._clock())  # it is judged
        await self._record_opened(f"A measurement of {work.who}", work.opens)

    async def _file(self, filing: Filing) -> None:
        body = {"system": filing.system} if filing.system else {}
        body |= filing.body
        token = self._tokens.people[filing.who]
        if filing.content is None:
            filed = await self._post("/v1/evidence", token, body)
        else:
            filed = await self._file_content(token, body, "text/markdown", filing.content.encode())
        if filing.called is not None:
            self._ids["evidence"][filing.called] = filed["id"]

    async def _file_content(
        self, token: str, body: dict[str, Any], media_type: str, content: bytes
    ) -> dict[str, Any]:
        headers = {"Content-Type": media_type} | _bearer(token)
        path = "/v1/evidence/content"
        return _checked(
            await self._client.post(path, params=body, content=content, headers=headers)
        )

    async def _generate(self, line: Generating, at: datetime) -> None:
        await asyncio.to_thread(self._ledger.seal_and_project)
        made = await asyncio.to_thread(make_document, line, self._ledger.store, at)
        token, body = self._tokens.people[line.who], {**made.fields, **line.body}
        filed = await self._file_content(token, body, made.media_type, made.content)
        if line.called is not None:
            self._ids["evidence"][line.called] = filed["id"]

    async def _act(self, act: InPerson) -> None:
        await self._learn_ids(act)
        token, body = self._tokens.sessions[act.who], self._named(act.body)
        path = f"/v1/{KINDS[act.kind].plural}"
        if act.of:
            path = f"{path}/{quote(self._named(act.of), safe='@')}/{act.command}"
        await self._post(path, token, body)

    async def _learn_ids(self, act: InPerson) -> None:
        """Reads the ids of what a line names by its title, and of the policy in force."""
        said = msgspec.json.encode(act).decode()
        token = self._tokens.people[act.who]
        for kind, path in TITLED.items():
            if f"@{kind} " in said:
                await asyncio.to_thread(self._ledger.seal_and_project)
                found = await self._read(path, token, limit=1_000)
                self._ids[kind] = {each["title"]: each["id"] for each in found["items"]}
        if IN_FORCE in said:
            self._digest = (await self._read("/v1/policy", token))["digest"]

    async def _read(self, path: str, token: str, **params: int) -> dict[str, Any]:
        return _checked(await self._client.get(path, params=params, headers=_bearer(token)))

    async def _adopt(self, new: NewPolicy) -> None:
        self._policy = new.changed(self._policy)
        body = {"text": self._policy, "reason": new.reason}
        await self._post("/v1/policy", self._tokens.people[new.who], body)

    async def _dismiss(self, dismissal: Dismissal) -> None:
        token = self._tokens.people[dismissal.who]
        listed = await self._read("/v1/quarantine", token)
        entry = next(
            each["id"]
            for each in listed["items"]
            if each["source"] == dismissal.source and each["state"] == "open"
        )
        path = f"/v1/quarantine/{entry}/dismiss"
        await self._post(path, token, {"reason": dismissal.reason})

    async def _post(
        self, path: str, token: str | None, body: Any, media_type: str = "application/json"
    ) -> dict[str, Any]:
        headers = {"Content-Type": media_type} | (_bearer(token) if token else {})
        content = msgspec.json.encode(body)
        return _checked(await self._client.post(path, content=content, headers=headers))

    def _named(self, value: Any) -> Any:
        """The value with what the sample names made ids and digests."""
        match value:
            case dict():
                return {name: self._named(each) for name, each in value.items()}
            case list():
                return [self._named(each) for each in value]
            case str() if value == IN_FORCE:
                return self._digest
            case str() if value.startswith(NAMED):
                of, _, name = value.partition(" ")
                return self._ids[of.removeprefix("@")][name]
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
