"""A unified diff as lines with their kind, for the pages."""

from consumers.text_safety import escape_controls

_KINDS = {"+": "added", "-": "removed", "@": "place"}


def diff_lines(diff: str) -> list[tuple[str, str]]:
    """Lines as (kind, text): added, removed, place or same. Control characters are escaped."""
    return [
        (_KINDS.get(line[:1], "same"), escape_controls(line)) for line in diff.split("\n") if line
    ]
