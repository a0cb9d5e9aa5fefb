"""A broker that asks who its clients are: TLS on both sides, logins, and rights of each user."""

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consumers.kafka.clients import connection_options
from infra.kafka.cluster import Cluster, Secured
from ledger.settings import KafkaSettings

PASSWORD = "said to nobody"
OWNER = "owner"
READ, WRITE, CREATE, DESCRIBE = 3, 4, 5, 8
"""Kafka's numbers of operations (AclOperation)."""
TOPIC, GROUP = 2, 3
"""Its numbers of what they are done with (ResourceType)."""
_LITERAL, _PREFIXED, _ALLOW, _ANYBODY = 3, 4, 3, "*"
_MECHANISM = "scram-sha-512"
_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"


class Right(NamedTuple):
    """That a user may do something with a topic or a group, or those with a `prefix`."""

    user: str
    operation: int
    kind: int
    name: str
    prefix: bool = False


class Guarded:
    """A broker for these users, who may do nothing yet but the owner."""

    def __init__(self, directory: Path, users: tuple[str, ...]) -> None:
        directory.mkdir()
        self._ca = directory / "ca.pem"
        self._own = directory / "client.pem"
        authority = _Authority()
        self._ca.write_bytes(authority.pem)
        self._own.write_bytes(authority.issued("client"))
        broker = directory / "broker.pem"
        broker.write_bytes(authority.issued("broker"))
        passwords = dict.fromkeys((OWNER, *users), PASSWORD)
        self.cluster = Cluster(
            directory / "cluster",
            secured=Secured("SASL_SSL", passwords, _properties(broker, self._ca)),
        )

    def met_by(self, user: str, password: str = PASSWORD) -> KafkaSettings:
        """The settings of who meets it as this user."""
        return KafkaSettings(
            bootstrap_servers=tuple(self.cluster.bootstrap_servers),
            security_protocol="SASL_SSL",
            sasl_username=user,
            sasl_password=password,
            ssl_ca_file=self._ca,
            ssl_cert_file=self._own,
            ssl_key_file=self._own,
        )

    async def allow(self, *rights: Right) -> None:
        """Lets users do these."""
        admin = AIOKafkaAdminClient(**connection_options(self.met_by(OWNER), "owner"))
        await admin.start()
        try:
            for user, operation, kind, name, prefix in rights:
                pattern = _PREFIXED if prefix else _LITERAL
                asked = CreateAclsRequest(
                    kind, name, pattern, f"User:{user}", _ANYBODY, operation, _ALLOW
                )
                answer: Any = await admin._send_to_controller(asked)
                [(code, why)] = answer.creation_responses
                assert 0 == code, why
        finally:
            await admin.close()


@contextmanager
def guarded(directory: Path, users: tuple[str, ...]) -> Iterator[Guarded]:
    """Such a broker, while it is needed."""
    broker = Guarded(directory, users)
    broker.cluster.start()
    try:
        yield broker
    finally:
        broker.cluster.remove()


def _properties(own: Path, authority: Path) -> Mapping[str, str]:
    listener = f"listener.name.sasl_ssl.{_MECHANISM}.sasl.jaas.config"
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": f"{own}",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": f"{authority}",
        "ssl.client.auth": "required",
        "sasl.enabled.mechanisms": _MECHANISM.upper(),
        "sasl.mechanism.inter.broker.protocol": _MECHANISM.upper(),
        listener: f'{_LOGIN} required username="{OWNER}" password="{PASSWORD}";',
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{OWNER};User:ANONYMOUS",  # the controllers' own listener has no login
    }


class _Authority:
    """Who vouches for certificates, for an hour."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._signed("authority", self._key, vouches=True)
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM)

    def issued(self, name: str) -> bytes:
        """A key and its certificate, for 127.0.0.1, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        certificate = self._signed(name, key, vouches=False)
        return private + certificate.public_bytes(serialization.Encoding.PEM)

    def _signed(
        self, name: str, key: ec.EllipticCurvePrivateKey, *, vouches: bool
    ) -> x509.Certificate:
        called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer = called if vouches else self._certificate.subject
        now = datetime.now(UTC)
        here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        return (
            x509.CertificateBuilder()
            .subject_name(called)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=vouches, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([here]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
