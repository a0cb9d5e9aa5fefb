"""Whether a cluster has the topics as they are to be; it makes those that are not there."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from consumers.topics.topics import Topic, topics
from ledger.errors import SettingsError, Unavailable
from ledger.settings import KafkaSettings

UNKNOWN_TOPIC = 3
EXISTS = 36
TOO_FEW_BROKERS = 38


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A topic, whether it was made now, in what it is not as it is to be, and what to do then."""

    name: str
    created: bool
    faults: tuple[str, ...]
    remedy: str = ""


async def apply(kafka: KafkaSettings, replication: int | None) -> list[Applied]:
    """Makes the topics that are not there, and compares the others.

    Raises SettingsError for a cluster with too few brokers, Unavailable.
    """
    wanted = [topic.with_copies(replication) for topic in topics().values()]
    async with _admin(kafka) as admin:
        created = [topic.name for topic in wanted if await _create(admin, topic)]
        return [await _compare(admin, topic, created=topic.name in created) for topic in wanted]


async def check(kafka: KafkaSettings, replication: int | None) -> list[Applied]:
    """Compares the topics, and changes nothing. Raises Unavailable."""
    async with _admin(kafka) as admin:
        return [
            await _compare(admin, topic.with_copies(replication), created=False)
            for topic in topics().values()
        ]


@asynccontextmanager
async def _admin(kafka: KafkaSettings) -> AsyncIterator[Any]:
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import KafkaError

    from consumers.kafka.clients import connection_options, translate_connect_errors

    admin = AIOKafkaAdminClient(**connection_options(kafka, "airledger"))
    try:
        async with translate_connect_errors(kafka):
            await admin.start()
        yield admin
    except KafkaError as error:
        raise Unavailable(
            f"Kafka cannot do it: {error}.",
            remedy="Check kafka.bootstrap_servers, and whether the brokers run.",
        ) from error
    finally:
        await admin.close()


async def _create(admin: Any, topic: Topic) -> bool:
    """Whether it was not there."""
    from aiokafka.admin import NewTopic
    from aiokafka.errors import for_code

    new = NewTopic(topic.name, topic.partitions, topic.replication, topic_configs=topic.config)
    answer = await admin.create_topics([new])
    [(_, code, *_)] = answer.topic_errors
    if code == TOO_FEW_BROKERS:
        raise SettingsError(
            f"{topic.name} is to have {topic.replication} copies, and the cluster has fewer "
            "brokers.",
            remedy="For development: --replication 1.",
        )
    if code not in (0, EXISTS):
        raise for_code(code)(f"{topic.name} cannot be made")
    return bool(code == 0)


async def _compare(admin: Any, topic: Topic, *, created: bool) -> Applied:
    if created:  # the broker that answers may not know of a new one yet
        return Applied(name=topic.name, created=True, faults=())
    [found] = await admin.describe_topics([topic.name])
    if found["error_code"] == UNKNOWN_TOPIC:
        return Applied(
            name=topic.name,
            created=False,
            faults=("is not there",),
            remedy="Make it: airledger topics apply.",
        )
    differs = await _config(admin, topic)
    faults = _shape(topic, found["partitions"])
    faults += [
        f"has {name} = {value} and is to have {topic.config[name]}"
        for name, value in differs.items()
    ]
    return Applied(
        name=topic.name, created=False, faults=tuple(faults), remedy=_remedy(topic, list(differs))
    )


def _remedy(topic: Topic, differing: Sequence[str]) -> str:
    """How the configuration is set; partitions and copies are no matter of one command."""
    if not differing:
        return ""
    settings = ",".join(f"{name}={topic.config[name]}" for name in differing)
    return (
        f"Set it: kafka-configs.sh --bootstrap-server HOST:PORT --alter --topic {topic.name} "
        f"--add-config {settings}"
    )


def _shape(topic: Topic, partitions: Sequence[dict[str, Any]]) -> list[str]:
    faults = []
    if len(partitions) != topic.partitions:
        faults.append(f"has partitions: {len(partitions)}, and is to have {topic.partitions}")
    copies = min(len(each["replicas"]) for each in partitions)
    if copies != topic.replication:
        faults.append(f"has copies: {copies}, and is to have {topic.replication}")
    return faults


async def _config(admin: Any, topic: Topic) -> dict[str, str | None]:
    """The settings that are not as they are to be, as they are."""
    from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    differs: dict[str, str | None] = {}
    for answer in await admin.describe_configs([resource]):
        for _, _, _, _, entries in answer.resources:
            found = {name: value for name, value, *_ in entries}
            differs |= {
                name: found.get(name)
                for name, value in topic.config.items()
                if found.get(name) != value
            }
    return differs
