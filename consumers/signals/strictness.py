"""JSON where every reader sees the same: no member twice, no NaN, no depth without end."""

import json
from typing import Any


class NotStrict(ValueError):
    """Why a text is no strict JSON, for people."""


def require_strict(body: bytes) -> None:
    """Raises NotStrict; RFC 8259 leaves members that come twice to each reader's taste."""
    try:
        json.loads(body, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise NotStrict("nested too deeply") from None
    except UnicodeDecodeError as error:
        raise NotStrict(f"not UTF-8: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise NotStrict(f"not JSON: {error.msg} at character {error.pos}") from error
    except NotStrict:
        raise
    except ValueError as error:
        raise NotStrict(f"not JSON: {error}") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotStrict(f"the member {name[:100]!r} comes twice in one object")
            seen.add(name)
    return members


def _no_constant(name: str) -> Any:
    raise NotStrict(f"{name} is no JSON number")
