"""Middleware for every response: HEAD, OPTIONS, the path's prefix."""

from typing import Any

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.routes import HTTPRoute
from litestar.types import Message, Receive, Scope, Send

from ledger.settings import HttpSettings

API_PREFIXES = ("/v1/", "/v2/")
CLOUDEVENTS = "/v1/signals/cloudevents"
_NOT_KEPT = (b"cache-control", b"no-store")
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
WEBHOOK_ORIGIN = (b"webhook-request-origin", b"webhook-allowed-origin")
"""The request and response header of CloudEvents' webhook specification, section 4."""
ANY_RATE = (b"webhook-allowed-rate", b"*")


class Edge:
    """An ASGI application that wraps the web application."""

    def __init__(self, app: Litestar, http: HttpSettings) -> None:
        self._app = app
        self._prefix = http.prefix
        self._methods: dict[str, set[bytes]] = {}
        for route in app.routes:
            if isinstance(route, HTTPRoute):
                for path in (route.path, route.path_format):
                    methods = self._methods.setdefault(path, set())
                    methods |= {method.encode() for method in route.methods}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request; HEAD as GET without the body."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        inner: Any = scope
        path, prefix = scope["path"], self._prefix
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :] or "/"
            raw = scope["raw_path"].removeprefix(prefix.encode()) or b"/"
            inner = {**scope, "path": path, "raw_path": raw}
        method = str(scope["method"])
        if method == "HEAD":
            inner = {**inner, "method": "GET"}
        ended = False

        async def send_on(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                message["headers"] = self._add_headers(
                    inner, method, path, list(message["headers"])
                )
                await send(message)
            elif method != "HEAD":
                await send(message)
            elif not ended:
                ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(inner, receive, send_on)

    def _add_headers(
        self, scope: Any, method: str, path: str, headers: list[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        names = {name.lower() for name, _ in headers}
        if _NO_SNIFFING[0] not in names:
            headers.append(_NO_SNIFFING)
        if path.startswith(API_PREFIXES) and _NOT_KEPT[0] not in names:
            headers.append(_NOT_KEPT)
        if method != "OPTIONS" or b"allow" not in names:
            return headers
        methods = self._methods.get(scope.get("path_template", ""), set())
        if b"GET" in methods:
            methods = methods | {b"HEAD"}
        headers = [each for each in headers if each[0].lower() != b"allow"]
        headers.append((b"allow", b", ".join(sorted(methods | {b"OPTIONS"}))))
        if path == CLOUDEVENTS or path.startswith(f"{CLOUDEVENTS}/"):
            request_header, response_header = WEBHOOK_ORIGIN
            origin = next(
                (value for name, value in scope["headers"] if name == request_header), None
            )
            if origin:
                headers += [(response_header, origin), ANY_RATE]
        return headers
