"""The README's table "The runbook, line by line", as rows."""

import re
from typing import NamedTuple

from tests.docs.where import ROOT

SECTIONS = ("3", "4", "5", "6", "7", "8", "9")
"""The sections of the runbook that are in it, in order."""
_ROW = re.compile(r"^\| (\d)([^|]*) \| `([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)


class RunbookLine(NamedTuple):
    """A line of the runbook, and what carries it."""

    section: str
    words: str
    command: str
    page: str
    event: str


def runbook_lines() -> list[RunbookLine]:
    """The rows of the table, in order."""
    text = (ROOT / "README.md").read_text("utf-8")
    _, _, after = text.partition("## The runbook, line by line\n")
    table = after.partition("\n## ")[0]
    return [
        RunbookLine(found[1], *map(str.strip, found.groups()[1:])) for found in _ROW.finditer(table)
    ]
