"""The newest checkpoint in Kafka, kept beside the signing key before a sealer starts.

A store that was restored from an older copy is known by what was signed before. Where the file
beside the key was restored with it, or the key came to another host, Kafka still remembers.
"""

import asyncio

import structlog
from aiokafka.errors import KafkaError

from consumers.kafka.checkpoints import checkpoint_consumer, last_record
from consumers.topics.topics import CHECKPOINTS
from ledger.errors import Invalid, SettingsError, Unavailable
from ledger.sealing import KeptCheckpoint, open_signer
from ledger.settings import KafkaSettings, Settings
from ledger.transparency.keys import Verifier
from ledger.transparency.notes import open_checkpoint

log = structlog.get_logger(__name__)

ANSWER_WITHIN_SECONDS = 5.0


async def recover_checkpoint(settings: Settings) -> None:
    """Keeps the newest checkpoint in Kafka beside the key, where that one is of fewer events.

    Kafka is a witness more, not a condition: while it does not answer, that is logged and left. A
    new ledger has no key yet, and nothing to remember. Raises SettingsError.
    """
    if not settings.key_path.exists():
        return
    verifier = open_signer(settings.key_path, origin=None, create=False).verifier
    try:
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            note = await _newest(settings.kafka)
        if note is not None:
            await asyncio.to_thread(_keep, KeptCheckpoint(settings.key_path), note, verifier)
    except (KafkaError, TimeoutError, Unavailable, Invalid) as error:
        # One that is none of this log's is the relay's to refuse.
        log.warning("not_compared_with_kafka", topic=CHECKPOINTS, reason=repr(error))


def _keep(kept: KeptCheckpoint, note: bytes, verifier: Verifier) -> None:
    """Raises Invalid for a note of another log, SettingsError."""
    told = open_checkpoint(note, verifier)
    try:
        before = kept.read()
        if before is None or open_checkpoint(before, verifier).size < told.size:
            kept.write(note)
            log.info("checkpoint_remembered", size=told.size)
    except OSError as error:
        raise SettingsError(
            f"The checkpoint {kept.path} cannot be kept: {error}.",
            remedy="Free room there and make it readable and writable.",
        ) from error


async def _newest(kafka: KafkaSettings) -> bytes | None:
    """Raises KafkaError, Unavailable."""
    async with checkpoint_consumer(kafka, "airledger-sealer") as consumer:
        record = await last_record(consumer)
        return record.value if record is not None else None
