"""The body of a webhook, where the settings give it: JSON in which {names} are replaced.

A value is escaped for a JSON string, so that whatever it holds, the body keeps its shape.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from ledger.settings.types import Text

PLACEHOLDERS = (
    "text",
    "title",
    "reference",
    "link",
    "severity",
    "system",
    "key",
    "notice",
)
"""What may stand in braces; `key` is the same for all notices of an incident or a review."""
_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def filled(body: str, values: Mapping[str, str]) -> str:
    """The body with the values of its placeholders. Raises KeyError where one is not there."""
    return _PLACEHOLDER.sub(lambda found: json.dumps(values[found[1]])[1:-1], body)


def _json_once_filled(body: str) -> str:
    unknown = dict.fromkeys(each for each in _PLACEHOLDER.findall(body) if each not in PLACEHOLDERS)
    if unknown:
        raise ValueError(
            f"must name no placeholder but {', '.join(PLACEHOLDERS)}; it names {', '.join(unknown)}"
        )
    try:
        json.loads(filled(body, dict.fromkeys(PLACEHOLDERS, 'a "word"')))
    except ValueError as error:
        raise ValueError(
            "must be JSON once it is filled in, each placeholder inside a string: "
            f"{getattr(error, 'msg', error)}"
        ) from None
    return body


WebhookBody = Annotated[Text, AfterValidator(_json_once_filled)]
