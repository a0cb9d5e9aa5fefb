"""What several parts of a process share is given to them as one value."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import consumers

SHARED = {"store", "executor", "clock", "new_id"}


def test_no_function_takes_a_store_an_executor_a_clock_and_ids_one_by_one() -> None:
    assert [] == [found for path in _modules() for found in _apart(path)]


def _modules() -> list[Path]:
    root = Path(consumers.__file__).parent
    return sorted(root.rglob("*.py"))


def _apart(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            if {each.arg for each in given} >= SHARED:
                yield f"{path}:{node.lineno}"


def test_secrets_are_drawn_in_one_place() -> None:
    found = [path.name for path in _modules() if "secrets.choice" in path.read_text()]
    assert ["tokens.py"] == found


def test_the_event_loop_waits_for_events_in_one_place() -> None:
    found = [
        path.name for path in _modules() if re.search(r"await \w+\.wait\(\)", path.read_text())
    ]
    assert ["waiting.py"] == found
