"""The content of evidence, outside the log: by its digest in an object store, in flat memory."""

from consumers.evidence_store.content import (
    ContentFacts,
    ContentMissing,
    ContentStore,
    Received,
)
from consumers.evidence_store.opening import content_store

__all__ = [
    "ContentFacts",
    "ContentMissing",
    "ContentStore",
    "Received",
    "content_store",
]
