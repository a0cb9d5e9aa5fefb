"""A broker with TLS, logins and rights, as docs/how-to/secure-kafka.md says to have it."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError

from consumers.access.people import by_airledger
from consumers.access.tokens import grant_source, grant_token
from consumers.container.ledger import new_id, now, open_ledger
from consumers.kafka import topic_admin
from consumers.kafka.clients import connection_options
from consumers.topics import topics
from ledger.errors import Unavailable
from ledger.settings import KafkaSettings, Settings, variable
from ledger.vocabulary import Scope, SourceKind
from tests.docs.pages import ROOT
from tests.e2e.server import Server
from tests.harness.secured import GROUP, OWNER, READ, TOPIC, WRITE, Guarded, Right, guarded
from tests.kafka.intake_harness import eventually, native, of

pytestmark = [pytest.mark.component("kafka"), pytest.mark.slow]
PAGE = ROOT / "docs/how-to/secure-kafka.md"
DEADLINE_SECONDS = 60
US, TOOLS = "airledger", "tools"


def documented() -> list[Right]:
    """The rights of the page, all for one user."""
    rows = re.findall(
        r"^\| `\w+` \| (read|write) \| (topic|group)(s with the prefix)? `([\w.]+)` \|$",
        PAGE.read_text("utf-8"),
        re.MULTILINE,
    )
    assert 12 == len(rows)
    operations, kinds = {"read": READ, "write": WRITE}, {"topic": TOPIC, "group": GROUP}
    return [
        Right(US, operations[may], kinds[kind], name, prefix=bool(prefix))
        for may, kind, prefix, name in rows
    ]


def variables(kafka: KafkaSettings) -> dict[str, str]:
    """The settings as the environment gives them."""
    given = kafka.model_dump(mode="json", exclude_none=True)
    given["bootstrap_servers"] = ",".join(kafka.bootstrap_servers)
    return {variable(f"kafka.{name}"): value for name, value in given.items()}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("guarded") / "broker", (US, TOOLS)) as broker:
        yield broker


async def publish(broker: Guarded, topic: str) -> None:
    """One signal, as the user who may publish."""
    async with AIOKafkaProducer(
        **connection_options(broker.met_by(TOOLS), "test"), acks="all"
    ) as producer:
        await producer.send_and_wait(topic, native("k"), headers=of(TOOLS))


async def published(broker: Guarded, topic: str) -> None:
    """The same, as soon as the broker knows of a right that was just given."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            try:
                return await publish(broker, topic)
            except TopicAuthorizationFailedError:
                await asyncio.sleep(0.1)


async def test_with_the_documented_rights_a_signal_goes_all_its_way_and_no_other_does(
    broker: Guarded, tmp_path: Path
) -> None:
    made = await topic_admin.apply(broker.met_by(OWNER), 1)
    data_dir = tmp_path / "data"
    with closing(open_ledger(Settings(data_dir=data_dir))) as ledger:
        context = by_airledger(now(), new_id())
        grant_source(ledger.executor, context, TOOLS, SourceKind.NATIVE, Scope.PUBLISH)
        token = grant_token(ledger.store, ledger.executor, context, "r", Scope.READ).token
    env = variables(broker.met_by(US)) | {variable("views.feed"): "kafka"}

    with Server(data_dir, env=env) as server:

        def got(path: str) -> Any:
            answer = httpx.get(f"{server.url}{path}", headers={"Authorization": f"Bearer {token}"})
            return answer.json()

        def states() -> set[str]:
            return {each["state"] for each in got("/health/ready")["loops"]}

        await eventually(lambda: "degraded" in states(), "it has no rights yet")
        refused = got("/health/ready")
        await broker.allow(*documented(), Right(TOOLS, WRITE, TOPIC, topics.SIGNALS))
        await published(broker, topics.SIGNALS)
        await eventually(lambda: got("/v1/incidents")["items"], "the signal is in the register")
        await eventually(lambda: {"running"} == states(), "all is well")
        with pytest.raises(TopicAuthorizationFailedError):
            await publish(broker, topics.COMMANDS)
        assert 0 == await asyncio.to_thread(server.terminate)

    assert 4 == len(made)
    assert "uthoriz" in str(refused)
    assert "said to nobody" not in server.log


async def test_a_wrong_password_and_a_stranger_s_certificate_are_said(broker: Guarded) -> None:
    with pytest.raises(Unavailable, match=r"(?i)authentication"):
        await topic_admin.check(broker.met_by(US, "guessed"), 1)
    nobodys = broker.met_by(US).model_copy(update={"ssl_ca_file": None})
    with pytest.raises(Unavailable, match=r"(?i)certificate"):
        await topic_admin.check(nobodys, 1)
