"""DSSE envelopes: a payload and who signed it, over both its bytes and its type.

Source: the Dead Simple Signing Envelope, version 1. Signed with Ed25519 (RFC 8032); the key is a
file of PKCS 8 in PEM, and what others check with is its SubjectPublicKeyInfo in PEM. A key that
cannot be read is a `SettingsError`, which never shows key material.
"""

from hashlib import sha256

import msgspec
import rfc8785
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ledger.errors import SettingsError
from ledger.transparency.keys import to_base64


class EnvelopeSignature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature in base64, and the id of its key: a hint, which proves nothing."""

    keyid: str
    sig: str


class SignedEnvelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A payload in base64, what it is, and its signatures."""

    payload: str
    payload_type: str
    signatures: tuple[EnvelopeSignature, ...]


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: both parts with their lengths in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


class EnvelopeSigner:
    """A private key that signs envelopes. Its `repr` is safe to log, `export` is not."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def keyid(self) -> str:
        """The SHA-256 (hex) of the key as canonical JSON, as securesystemslib computes it."""
        public = self._key.public_key().public_bytes_raw().hex()
        described = rfc8785.dumps(
            {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}}
        )
        return sha256(described).hexdigest()

    @property
    def public_key(self) -> str:
        """What others check with: SubjectPublicKeyInfo in PEM."""
        spki = PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(Encoding.PEM, spki).decode()

    def export(self) -> bytes:
        """The private key as `parse_envelope_key` takes it; keep it secret."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def envelope(self, payload_type: str, payload: bytes) -> SignedEnvelope:
        """The payload, signed. The same payload has the same signature."""
        signature = self._key.sign(pre_authentication_encoding(payload_type, payload))
        return SignedEnvelope(
            payload=to_base64(payload),
            payload_type=payload_type,
            signatures=(EnvelopeSignature(keyid=self.keyid, sig=to_base64(signature)),),
        )


def new_envelope_key() -> EnvelopeSigner:
    """A new key, from the system's random source."""
    return EnvelopeSigner(Ed25519PrivateKey.generate())


def parse_envelope_key(pem: bytes) -> EnvelopeSigner:
    """The key in a file. Raises SettingsError."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a passphrase
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(
            "This is no Ed25519 private key in PKCS 8 and PEM without a passphrase.",
            remedy="Put the key's backup in its place, or make one: airledger release key init.",
        )
    return EnvelopeSigner(key)
