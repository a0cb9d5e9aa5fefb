"""A log behind HTTP, for `audit`: C2SP tlog-tiles under `<server>/log`.

Reads `/log/checkpoint`, `/log/tile/<L>/<N>[.p/<W>]` and `/log/tile/entries/<N>[.p/<W>]`. What the
server answers is not trusted: it is bounded in size here and verified by the audit. Errors are the
ledger's: `NotFound` (404), `SettingsError` (no right to read, or no log there), `Unavailable`
(no connection, too slow, overloaded).
"""

from types import TracebackType
from typing import Self

import httpx

from ledger.errors import Invalid, LedgerError, NotFound, SettingsError, Unavailable
from ledger.transparency.merkle import HASH_SIZE
from ledger.transparency.tiles import MAX_ENTRY_SIZE, TILE_WIDTH, entries_path, tile_path

_MAX_CHECKPOINT = 1 << 20
_MAX_TILE = TILE_WIDTH * HASH_SIZE
_MAX_BUNDLE = TILE_WIDTH * (2 + MAX_ENTRY_SIZE)


def is_header_text(text: str) -> bool:
    """Whether a header of an HTTP request can carry a text: printable ASCII."""
    return text.isascii() and text.isprintable()


class HttpLogReader:
    """The log of a running server; a `LogReader`, to be closed or used in a `with` block."""

    def __init__(self, url: str, *, token: str | None = None, timeout: float = 30.0) -> None:
        """`url` is the server's (`https://host:port`), with or without `/log` behind it.

        `token` is a bearer token of scope audit, needed for entries unless the log is public;
        `timeout` counts seconds for each step of a request.
        """
        if token and not is_header_text(token):
            raise SettingsError(
                "The token has characters that no token has.",
                remedy="Give a token of scope audit: --token.",
            )
        base = url.rstrip("/")
        try:
            self._client = httpx.Client(
                base_url=base if base.endswith("/log") else f"{base}/log",
                headers={"Authorization": f"Bearer {token}"} if token else {},
                timeout=timeout,
            )
        except (httpx.InvalidURL, UnicodeError) as error:
            raise _no_url(url) from error
        parsed = self._client.base_url
        if parsed.scheme not in ("http", "https") or not parsed.host or (parsed.port or 1) >> 16:
            raise _no_url(url)

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        try:
            return self._get("checkpoint", _MAX_CHECKPOINT)
        except NotFound as error:
            raise SettingsError(
                f"There is no log at {self._place('checkpoint')}.",
                remedy="Give the URL of an airledger server.",
            ) from error

    def tile(self, level: int, index: int, width: int) -> bytes:
        """The first `width` hashes of a hash tile, or more of them."""
        return self._get_tile(tile_path(level, index, width), tile_path(level, index), _MAX_TILE)

    def entries(self, index: int, width: int) -> bytes:
        """The bundle of the first `width` entries from `index` * 256 on, or more of them."""
        return self._get_tile(entries_path(index, width), entries_path(index), _MAX_BUNDLE)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _get_tile(self, path: str, full: str, limit: int) -> bytes:
        """A tile, or the full one: a log may drop a partial tile once there is the full one."""
        try:
            return self._get(path, limit)
        except NotFound:
            if path == full:
                raise
        return self._get(full, limit)

    def _get(self, path: str, limit: int) -> bytes:
        """The decoded body of a 200, at most `limit` bytes."""
        body = bytearray()
        try:
            with self._client.stream("GET", path) as response:
                if response.status_code != 200:
                    raise self._refused(path, response.status_code)
                for part in response.iter_bytes():
                    body += part
                    if len(body) > limit:
                        raise Invalid(
                            f"{self._place(path)} has more than the {limit} bytes it may have.",
                            remedy="That server does not keep to C2SP tlog-tiles.",
                        )
        except httpx.TimeoutException as error:
            raise Unavailable(
                f"{self._place(path)} did not answer in time.",
                remedy="Try again, or look at that server's load.",
            ) from error
        except httpx.DecodingError as error:
            raise Invalid(f"{self._place(path)} has a broken content encoding.") from error
        except httpx.HTTPError as error:
            raise Unavailable(
                f"{self._place(path)} cannot be reached: {error}.",
                remedy="Check the URL, and that the server runs.",
            ) from error
        return bytes(body)

    def _refused(self, path: str, status: int) -> LedgerError:
        place = self._place(path)
        if status in (401, 403):
            return SettingsError(
                f"The server does not let this token read {place} (status {status}).",
                remedy="Give a token of scope audit: --token.",
            )
        if status == 404:
            return NotFound(f"There is no {place}.")
        if status == 429 or status >= 500:
            return Unavailable(f"{place} answered with status {status}.", remedy="Try again later.")
        return SettingsError(
            f"{place} answered with status {status}.", remedy="Check the URL: is that the log's?"
        )

    def _place(self, path: str) -> str:
        """The address to show, without a password that the URL may hold."""
        url = self._client.base_url
        return f"{url.copy_with(userinfo=b'')}".rstrip("/") + f"/{path}"


def _no_url(url: str) -> SettingsError:
    return SettingsError(
        f"{url!r} is not the URL of a server.", remedy="Write it as http://127.0.0.1:8080."
    )
