"""By which rules a card was checked: a check counts as long as the policy has the same."""

from functools import lru_cache
from hashlib import sha256

import msgspec

from ledger.policy.evidence import CardRules


def rules_digest(rules: CardRules) -> str:
    """The SHA-256 (hex) of the rules for a kind of card."""
    return _digest(msgspec.json.encode(rules, order="deterministic"))


@lru_cache(maxsize=256)
def _digest(canonical: bytes) -> str:
    return sha256(canonical).hexdigest()
