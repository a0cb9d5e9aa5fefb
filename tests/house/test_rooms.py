"""The rooms of the house: their sizes, and that modules have the names that the field uses."""

from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
FLOORS = ("ledger", "projections", "consumers")
LOOSE_MODULES = 3
LONGEST, MEDIAN = 400, 100
"""Lines of a module."""
MODULES = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]
PRIVATE_WORDS = {
    "consumers": "telling harmless commanding adoption settling stepping stores repairing looping "
    "loops tasks serving server runtime.py decoding moving playing signals reporting",
    "consumers/intake": "adapter orders ordering claims fitting group strictness sizes answers "
    "rereading trying signing formats.py cast.jsonl sample.jsonl",
    "consumers/kafka": "bodies taking subscribing standstill probing lenient proving witness "
    "events rebuilding relay",
    "consumers/web": "holders metering enqueue waiting documents description dossier asking "
    "verdicts words faults",
    "consumers/cli": "working failing trying bodies verified auditing running serving",
    "ledger/execute": "taking once heard following rehearsal states work",
    "ledger/domain": "signals.py standing.py",
    "ledger/policy": "reading shape differences",
    "ledger/sealing": "keeping lines",
    "ledger/store": "notes beside records.py whole arriving leaving news failing refusals",
    "projections": "apart building by_partitions links.py rca.py",
    "tests": "rig town deeds furnished",
}
"""By room, the names that modules and folders had before they had the field's."""


def named(room: str, word: str) -> list[Path]:
    """The modules and folders of a room that have a name; with a suffix, files alone."""
    places = (ROOT / room).iterdir() if room == "consumers" else (ROOT / room).rglob("*")
    return [
        path
        for path in places
        if "__pycache__" not in path.parts and word in {path.name, path.stem}
    ]


@pytest.mark.parametrize(("room", "words"), PRIVATE_WORDS.items(), ids=PRIVATE_WORDS)
def test_no_module_has_a_private_name(room: str, words: str) -> None:
    allowed = {ROOT / "projections/queries/rca.py"}
    assert set() == {path for word in words.split() for path in named(room, word)} - allowed


def test_few_modules_of_the_consumers_are_in_no_room() -> None:
    loose = [path.name for path in (ROOT / "consumers").glob("*.py") if path.name != "__init__.py"]
    assert LOOSE_MODULES >= len(loose), loose


def test_modules_are_small() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {} == {path: count for path, count in lines.items() if count > LONGEST}
    assert median(lines.values()) < MEDIAN
