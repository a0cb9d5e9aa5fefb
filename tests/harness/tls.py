"""TLS in front of a server that has none of its own, as a proxy puts it there."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
IDLE_SECONDS = 30


class Secured(NamedTuple):
    """The proxy's address, and what its clients have to trust."""

    url: str
    trust: ssl.SSLContext


@contextmanager
def secured(port: int, directory: Path) -> Iterator[Secured]:
    """A proxy before a port of this machine; its certificate is made in `directory`."""
    certificate, key = made(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server((HOST, 0)) as listening:
        threading.Thread(target=_accept, args=(listening, context, port), daemon=True).start()
        trust = ssl.create_default_context(cafile=str(certificate))
        try:
            yield Secured(f"https://{HOST}:{listening.getsockname()[1]}", trust)
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def made(directory: Path) -> tuple[Path, Path]:
    """The files of a certificate for this machine and of its key, made in a directory."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "proxy.crt", directory / "proxy.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def _accept(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):
        while True:
            accepted, _ = listening.accept()
            threading.Thread(target=_serve, args=(accepted, context, port), daemon=True).start()


def _serve(accepted: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with (
        suppress(OSError),
        accepted,
        context.wrap_socket(accepted, server_side=True) as outside,
        socket.create_connection((HOST, port)) as inside,
    ):
        _pass_on(outside, inside)


def _pass_on(outside: ssl.SSLSocket, inside: socket.socket) -> None:
    while True:
        ready = [outside] if outside.pending() else []
        for came in ready or select.select([outside, inside], [], [], IDLE_SECONDS)[0]:
            data = came.recv(65_536)
            if not data:
                return
            (inside if came is outside else outside).sendall(data)
