"""Sealing: appended events enter the transparency log, under a signed checkpoint."""

from ledger.sealing.key_files import KeptCheckpoint, open_signer, place_signer
from ledger.sealing.private_files import create_private
from ledger.sealing.reader import StoreLogReader
from ledger.sealing.repair import Repair
from ledger.sealing.sealer import Sealer

__all__ = [
    "KeptCheckpoint",
    "Repair",
    "Sealer",
    "StoreLogReader",
    "create_private",
    "open_signer",
    "place_signer",
]
