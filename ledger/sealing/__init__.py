"""Sealing: what was appended goes into the transparency log, and a signed checkpoint says so."""

from ledger.sealing.key_files import KeptCheckpoint, open_signer, place_signer
from ledger.sealing.reader import StoreLogReader
from ledger.sealing.repair import Repair
from ledger.sealing.sealer import Sealer

__all__ = ["KeptCheckpoint", "Repair", "Sealer", "StoreLogReader", "open_signer", "place_signer"]
