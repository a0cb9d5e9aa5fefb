"""The transparency log for auditors: C2SP tlog-tiles, checkpoint and verifier key."""

import asyncio
from typing import Any

from litestar import Request, Response, Router, get
from litestar.params import FromPath

from consumers.web.services import WebServices, services_of
from ledger.errors import NotFound
from ledger.sealing import StoreLogReader
from ledger.store.port import Store
from ledger.transparency.merkle import HASH_SIZE
from ledger.transparency.tiles import TilePath, decode_bundle, parse_tile_path, width_in
from ledger.vocabulary import Scope

OCTETS = "application/octet-stream"
TEXT = "text/plain"
"""The framework adds "; charset=utf-8"."""
IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}
PRIVATE = {"Cache-Control": "private, max-age=31536000, immutable"}
BRIEF = {"Cache-Control": "public, max-age=2"}
OPEN = {"open": True}


def _public(services: WebServices) -> bool:
    return services.ledger.settings.log.public


@get("/checkpoint", opt=OPEN, media_type=TEXT, summary="The newest signed checkpoint")
async def checkpoint(request: Request[Any, Any, Any]) -> Response[bytes]:
    """A C2SP tlog-checkpoint, signed; served from size 0 on."""
    store = services_of(request.app.state).ledger.store
    note = await asyncio.to_thread(StoreLogReader(store).checkpoint)
    return Response(note, media_type=TEXT, headers=BRIEF)


@get("/vkey", opt=OPEN, media_type=TEXT, summary="The verifier key")
async def vkey(request: Request[Any, Any, Any]) -> Response[bytes]:
    """One line: name+hash+key. Compare it with a copy from another channel."""
    store = services_of(request.app.state).ledger.store
    state = await asyncio.to_thread(store.log_state)
    if state is None:
        raise NotFound("The log does not exist yet.", remedy="Try again in a moment.")
    return Response(f"{state.vkey}\n".encode(), media_type=TEXT, headers=BRIEF)


@get(
    "/tile/entries/{path:path}",
    opt={"open": _public, "scope": Scope.AUDIT},
    media_type=OCTETS,
    summary="A bundle of entries",
)
async def entries(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """A bundle of up to 256 stored events, each after its 16-bit length."""
    services = services_of(request.app.state)
    place = _place(f"entries/{path.strip('/')}")
    bundle = await asyncio.to_thread(_bundle, services.ledger.store, place)
    return Response(bundle, media_type=OCTETS, headers=IMMUTABLE if _public(services) else PRIVATE)


@get("/tile/{path:path}", opt=OPEN, media_type=OCTETS, summary="A tile of hashes")
async def tile(request: Request[Any, Any, Any], path: FromPath[str]) -> Response[bytes]:
    """Up to 256 hashes of one level of the tree; any width up to the tree's size."""
    place = _place(path.strip("/"))
    row = await asyncio.to_thread(_row, services_of(request.app.state).ledger.store, place)
    return Response(row, media_type=OCTETS, headers=IMMUTABLE)


def _place(path: str) -> TilePath:
    place = parse_tile_path(f"tile/{path}")
    if place is None:
        raise _absent(path)
    return place


def _row(store: Store, place: TilePath) -> bytes:
    if place.level is None:
        raise _absent(str(place))
    _require_sealed(store, place, place.level)
    row = StoreLogReader(store).tile(place.level, place.index, place.width)
    if len(row) != place.width * HASH_SIZE:
        raise _absent(str(place))
    return row


def _bundle(store: Store, place: TilePath) -> bytes:
    _require_sealed(store, place, 0)
    bundle = StoreLogReader(store).entries(place.index, place.width)
    if len(decode_bundle(bundle)) != place.width:
        raise _absent(str(place))
    return bundle


def _require_sealed(store: Store, place: TilePath, level: int) -> None:
    state = store.log_state()
    if state is None or width_in(level, place.index, state.size) < place.width:
        raise _absent(str(place))


def _absent(path: str) -> NotFound:
    return NotFound(
        f"The log has no {path}.", remedy="Fetch /log/checkpoint: the tiles up to its size exist."
    )


ROUTER = Router("/log", route_handlers=[checkpoint, vkey, entries, tile], tags=["log"])
