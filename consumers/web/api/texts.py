"""Texts beside the log, for whoever reads events: auditors, and consumers of the topic on Kafka."""

import asyncio
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from consumers.read_service.items import Items
from consumers.read_service.kept_texts import (
    TEXTS_AT_ONCE,
    KeptText,
    require_text_id,
    texts_as_read,
)
from consumers.web.api.parameters import require_own
from consumers.web.reader import read_ledger
from ledger.vocabulary import Scope


@get(
    "/texts",
    opt={"scope": Scope.AUDIT},
    tags=["queries"],
    summary="Texts beside the log",
)
async def texts(
    request: Request[Any, Any, Any],
    of: Annotated[
        list[str],
        QueryParameter(
            name="id",
            min_items=1,
            max_items=TEXTS_AT_ONCE,
            description="The id that an event names in place of a text; again for more.",
        ),
    ],
) -> Items[KeptText]:
    """Texts by their ids, each once, in the order in which they are asked for.

    An event that names a text has `{"text": ID, "commitment": HEX}` in its place: the HMAC-SHA256
    of the text's UTF-8 bytes under `key`. Keep no answer longer than the text may be read: it may
    be erased at any time, and is `erased` from then on. One of a restricted incident is `withheld`
    from whoever holds none of the roles that read it.
    """
    require_own(request, "the texts")
    ids = [require_text_id("id", each) for each in of]
    return Items(items=await asyncio.to_thread(texts_as_read, read_ledger(request), ids))


ROUTES = [texts]
