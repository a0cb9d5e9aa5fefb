"""The README's table of the runbook: each command and event that it names is there.

Whether the pages answer is asked in `tests/e2e/test_demo_governed.py`.
"""

import pytest

from ledger.domain.catalogue import EVENTS
from tests.docs.cli_page import commands
from tests.docs.runbook_table import SECTIONS, RunbookLine, runbook_lines

LINES = runbook_lines()
COMMANDS = {" ".join(["airledger", *words]) for words in commands()}
EVENT_NAMES = {each.name for each in EVENTS}


def test_every_section_of_the_runbook_from_roles_to_improvement_is_in_it() -> None:
    assert list(SECTIONS) == list(dict.fromkeys(line.section for line in LINES))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.words)
def test_the_command_and_the_event_of_a_line_are_there(line: RunbookLine) -> None:
    assert line.command in COMMANDS
    assert line.event in EVENT_NAMES
