"""The log's signing key and its verifier key: C2SP signed-note with Ed25519 (RFC 8032), as text.

A verifier key is `<name>+<hash>+<base64 of 0x01 and the public key>`, a signing key
`PRIVATE+KEY+<name>+<hash>+<base64 of 0x01 and the seed>`; the hash, 8 hex digits, is the key's id.
Go's golang.org/x/mod/sumdb/note reads and writes the same. A key that cannot be read is a
`SettingsError`, which never shows key material.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import SettingsError

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"

_KEY_REMEDY = (
    "Put the key's backup in its place; only a new ledger, in an empty data directory, has another."
)
_VKEY_REMEDY = "Give the one line that the log's operator publishes: name+hash+key."


@dataclass(frozen=True, slots=True)
class Verifier:
    """A log's name and public key: checks its notes."""

    name: str
    public_key: bytes = field(repr=False)

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that tell a signature's key, with the name."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:4]

    def verifies(self, text: bytes, signature: bytes) -> bool:
        """Whether these 64 bytes are this key's signature of `text`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True

    def __str__(self) -> str:
        """The verifier key as others take it: `name+hash+key`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(_ED25519 + self.public_key)}"


@dataclass(frozen=True, slots=True)
class Signer:
    """A log's name and private key. Its `repr` is safe to log, `export` is not."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """What checks this signer's notes."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return Verifier(self.name, key.public_key().public_bytes_raw())

    def export(self) -> str:
        """The private key as `parse_signer` takes it; keep it secret."""
        hash_ = self.verifier.key_id.hex()
        return f"{_PRIVATE}{self.name}+{hash_}+{to_base64(_ED25519 + self.seed)}"

    def sign(self, text: bytes) -> bytes:
        """The 64 bytes of this key's signature of `text`."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text)


def is_key_name(name: str) -> bool:
    """Whether a key, and so an origin, may have this name.

    Not empty, no plus, no Unicode space or control character, and encodable as UTF-8.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return bool(name) and not any(c == "+" or c < " " or c.isspace() for c in name)


def generate(name: str) -> Signer:
    """A new key for a log of this name, from the system's random source."""
    if not is_key_name(name):
        raise SettingsError(
            f"{name!r} cannot be a log's name: it is empty, or has a space or a plus in it.",
            remedy="Set log.origin to something like example.com/incidents.",
        )
    return Signer(name, Ed25519PrivateKey.generate().private_bytes_raw())


def parse_signer(key: str) -> Signer:
    """The signer that `Signer.export` wrote, or Go's note.GenerateKey."""
    key = key.strip()
    if not key.startswith(_PRIVATE):
        raise SettingsError(
            f"This is no signing key: it does not begin with {_PRIVATE}.", remedy=_KEY_REMEDY
        )
    name, hash_, seed = _parse_key(key.removeprefix(_PRIVATE), "signing key", _KEY_REMEDY)
    signer = Signer(name, seed)
    if signer.verifier.key_id != hash_:
        raise SettingsError(
            "The signing key is damaged: its hash is not that of its name and key.",
            remedy=_KEY_REMEDY,
        )
    return signer


def parse_verifier(vkey: str) -> Verifier:
    """The verifier that `str(Verifier)` wrote, or Go's note.GenerateKey; `name+hash+key`."""
    vkey = vkey.strip()
    if vkey.startswith(_PRIVATE):
        raise SettingsError(
            "This is a private signing key where the public verifier key belongs.",
            remedy="Keep it secret, and give what `/log/vkey` shows.",
        )
    name, hash_, public_key = _parse_key(vkey, "verifier key", _VKEY_REMEDY)
    verifier = Verifier(name, public_key)
    if verifier.key_id != hash_:
        raise SettingsError(
            "The verifier key is damaged: its hash is not that of its name and key.",
            remedy=_VKEY_REMEDY,
        )
    return verifier


def to_base64(data: bytes) -> str:
    """Standard base64 (RFC 4648 section 4), padded."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes | None:
    """Standard base64 (RFC 4648 section 4) in its one canonical spelling, or None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if to_base64(data) == text else None


def _parse_key(text: str, kind: str, remedy: str) -> tuple[str, bytes, bytes]:
    """Name, hash (4 bytes) and key (32 bytes) of `name+hash+key`."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not is_key_name(parts[0]) or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        raise SettingsError(f"The {kind} is malformed: it is not name+hash+key.", remedy=remedy)
    key = from_base64(parts[2])
    if key is None or len(key) != 33 or key[:1] != _ED25519:
        raise SettingsError(f"The {kind} does not hold an Ed25519 key.", remedy=remedy)
    return parts[0], bytes.fromhex(parts[1]), key[1:]
