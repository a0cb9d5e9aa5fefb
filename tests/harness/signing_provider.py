"""A provider on loopback that signs what a test tells it, right or wrong; it has no pages.

A test takes the address that the ledger sends a browser to, says what the token endpoint shall
answer, and comes back to the callback itself.
"""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

Claims = dict[str, Any]
Key = RSAKey | ECKey | OctKey
CLIENT = "airledger"


def rsa(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class SigningProvider:
    """What it publishes and answers; all of it may be changed while it runs."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key: Key = rsa("first")
        self.published: list[Any] = [self.key.as_dict(private=False)]
        self.token: dict[str, Any] = {}
        self.token_status = 200
        self.userinfo: dict[str, Any] = {}
        self.discovery: dict[str, Any] = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "end_session_endpoint": f"{issuer}/end",
        }
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.padding = 0
        self.moved_to = ""

    def claims(self, nonce: str, /, **changed: Any) -> Claims:
        """Claims that hold, but for what is changed; None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "subject-1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "name": "Ada Lovelace",
            "groups": ["ledger-readers"],
            **changed,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def answer(
        self, claims: Claims, *, key: Key | None = None, alg: str = "RS256", **header: Any
    ) -> None:
        """From now on the token endpoint answers with these claims, signed."""
        signing = key or self.key
        named = {"alg": alg, "kid": signing.kid, **header}
        head = {name: value for name, value in named.items() if value is not None}
        self.token = {
            "access_token": "of-a-test",
            "token_type": "Bearer",
            "id_token": jwt.encode(head, claims, signing, algorithms=[alg]),
        }

    def answer_unsigned(self, claims: Claims) -> None:
        """From now on the token endpoint answers with these claims under alg none."""
        parts = ({"alg": "none", "typ": "JWT"}, claims)
        text = ".".join(
            urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
        )
        self.token = {"access_token": "a", "token_type": "Bearer", "id_token": f"{text}."}

    def respond(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The status and body for a request."""
        self.asked.append(path)
        match path:
            case "/.well-known/openid-configuration":
                return 200, self.discovery
            case "/jwks":
                return 200, {"keys": self.published}
            case "/token":
                self.forms.append(form)
                return self.token_status, self.token
            case "/userinfo":
                return 200, self.userinfo
            case _:
                return 404, {}


@contextmanager
def signing_provider() -> Iterator[SigningProvider]:
    """A provider that runs, in a thread of this process."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({})

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            text = self.rfile.read(size).decode()
            form = {name: values[0] for name, values in parse_qs(text).items()}
            self._send({**form, "authorization": self.headers.get("authorization", "")})

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def _send(self, form: dict[str, str]) -> None:
            status, found = provider.respond(self.path, form)
            body = json.dumps(found).encode() + b" " * provider.padding
            if provider.moved_to:
                self.send_response(302)
                self.send_header("Location", provider.moved_to)
            else:
                self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:  # the ledger does not read so much
                self.close_connection = True

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        provider = SigningProvider(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
