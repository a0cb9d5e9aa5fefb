"""Alertmanager's fingerprint of a label set (prometheus/common, model/signature.go)."""

from collections.abc import Mapping

OFFSET = 0xCBF29CE484222325
PRIME = 0x100000001B3
SEPARATOR = b"\xff"


def fingerprint(labels: Mapping[str, str]) -> str:
    """FNV-1a, 64 bits, over name, 0xff, value, 0xff in the order of names; 16 hex digits."""
    total = OFFSET
    for name in sorted(labels):
        for byte in name.encode() + SEPARATOR + labels[name].encode() + SEPARATOR:
            total = (total ^ byte) * PRIME % 2**64
    return f"{total:016x}"
