"""The page of limits says what the program's constants say, and leaves none of them out."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType

import pytest

import consumers.evaluations
import consumers.http_server
import consumers.intake
import consumers.notify
import consumers.readers
import consumers.web
import ledger.execute
from ledger.settings import HttpSettings
from tests.docs.pages import REFERENCE

PAGE = (REFERENCE / "limits.md").read_text("utf-8")
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
COLUMNS = ["bound", "value", "beyond it", "where", "why"]
BOUNDED = (
    consumers.evaluations,
    consumers.http_server,
    consumers.intake,
    consumers.notify,
    consumers.readers,
    consumers.web,
    ledger.execute,
)
_NAME = re.compile(r"`((?:consumers|ledger|projections)\.[\w.]+)`")
_CONSTANT = re.compile(r"_?[A-Z][A-Z_]+")

NO_BOUNDS = {
    "consumers.web.pages.risk_report._MOST_DIGITS",  # of a leaf, which there is not
    "consumers.evaluations.extraction._TOLD_APART",
    "consumers.readers.outcomes._LABEL_CHARACTERS",  # those of `Name`
    "consumers.readers.outcomes._MOST_NAMED",
    "consumers.readers.asking.AGAIN_AFTER_SECONDS",
    "consumers.evaluations.archives._ENCRYPTED",
    "consumers.evaluations.archives._ZSTANDARD",
    "consumers.evaluations.mapping._MOST_FAULTS",
    "consumers.evaluations.moments.FARTHEST",
    "consumers.evaluations.numbers.LARGEST",  # what is beyond it stands for an infinity
    "consumers.evaluations.numbers.MOST_BITS",  # the same of an integer
    "consumers.http_server.connections.CHECK_EVERY_SECONDS",
    "consumers.http_server.connections.CHECK_EVERY_SECONDS_DRAINING",
    "consumers.intake.kafka_records.LOG_APPEND_TIME",
    "consumers.intake.receive.DROPPED_AFTER_SECONDS",
    "consumers.intake.receive.LOOKS_EVERY_SECONDS",
    "consumers.notify.github.CLOCKS_DIFFER",
    "consumers.notify.github.PER_PAGE",
    "consumers.notify.reasons._OF_SERVER",
    "consumers.notify.sender.TICKETS_APART",  # another name of CLAIMED_FOR
    "consumers.notify.tries.LOOKED_AT",
    "consumers.notify.tries.MOST_ASIDE",
    "ledger.execute.listening._MILLISECOND",
    "ledger.execute.texts.KEY_BYTES",
    "consumers.intake.quarantine_headers._RECORD_BYTES",  # a part of HEADER_BYTES
    "consumers.intake.quarantine.KEPT_BEYOND_QUOTA",  # another name of CUT_BYTES
    "consumers.web.api.queries.LAST_LEAF",
    "consumers.web.api.consistency.STEP_SECONDS",
    "consumers.web.pages.adopting.ROWS",
    "consumers.web.pages.cli_login.HIGHEST_PORT",
    "consumers.web.pages.cli_login.LOWEST_PORT",
    "consumers.web.pages.results._PROOF_CHARACTERS",
    "consumers.web.pages.roles.SHOWN",
    "consumers.web.pages.sessions.SHOWN",
    "consumers.web.pages.streams.NAMED",
    "consumers.web.pages.incident.SHORTEST_RUN",
    "consumers.web.pages.time_format.MIN_DIFFERENCE",
}
"""Constants that bound nothing that a sender, a reader or the process could notice."""


def spelled(name: str, value: object) -> set[str]:
    """How a constant may stand on the page, by its name's unit."""
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        units = {"days": 86_400, "h": 3_600, "min": 60, "s": 1}
        return {f"{seconds // each} {unit}" for unit, each in units.items() if not seconds % each}
    if not isinstance(value, int | float):
        raise TypeError(f"{name} is no number, and no time: {value!r}")
    if name.endswith(("SECONDS", "keep_alive")):
        return {f"{value:,g} s" if value < 1_000 else f"{value:,} s"}
    if "BYTES" not in name:
        return {f"{value:,}"}
    units = {"MiB": 1024 * 1024, "KiB": 1024, "bytes": 1}
    return {f"{value // each:,} {unit}" for unit, each in units.items() if not value % each}


def named() -> Iterator[tuple[str, str, object]]:
    """Each constant that the page names: its name, what the row says, and what it is."""
    for row in ROWS:
        for name in _NAME.findall(row[3]):
            module, _, constant = name.rpartition(".")
            if _CONSTANT.fullmatch(constant):
                yield (
                    name,
                    f"{row[1]}; {row[2]}",
                    getattr(importlib.import_module(module), constant),
                )


def test_each_row_says_the_bound_what_is_seen_beyond_it_and_why() -> None:
    assert len(ROWS) > 60
    for row in ROWS:
        assert len(COLUMNS) == len(row), row
        assert all(cell.strip() for cell in row), row


@pytest.mark.parametrize(
    ("name", "said", "value"),
    [pytest.param(*each, id=f"{number}-{each[0]}") for number, each in enumerate(named())],
)
def test_a_limit_on_the_page_is_the_constant_s(name: str, said: str, value: object) -> None:
    assert any(
        re.search(rf"(?<![\d,]){re.escape(each)}(?![\d,]*\d)", said)
        for each in spelled(name, value)
    ), f"{name} is {spelled(name, value)}; the page says {said!r}"


def test_every_module_that_the_page_names_is_there() -> None:
    for name in _NAME.findall(PAGE):
        module, _, constant = name.rpartition(".")
        importlib.import_module(module if _CONSTANT.fullmatch(constant) else name)


def test_a_setting_on_the_page_has_the_usual_value() -> None:
    (row,) = [row for row in ROWS if row[3] == "`http.keep_alive`"]
    assert f"{HttpSettings().keep_alive:g} s" == row[1]


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(each.name)


@pytest.mark.parametrize("package", BOUNDED, ids=lambda package: package.__name__)
def test_no_constant_of_what_faces_others_is_left_out(package: ModuleType) -> None:
    said = {name for name, _, _ in named()} | NO_BOUNDS
    missing = [
        name for module in modules(package) for name in defined_in(module) if name not in said
    ]
    assert [] == missing, "docs/reference/limits.md names it, or NO_BOUNDS says that it is none"


def defined_in(module: ModuleType) -> Iterator[str]:
    """The names of numbers and times that a module defines itself."""
    source = module.__spec__.loader.get_source(module.__name__)  # type: ignore[union-attr]
    for constant in re.findall(r"^(_?[A-Z][A-Z_]+)(?:: [^=\n]+)? = ", source, re.MULTILINE):
        value = getattr(module, constant)
        if isinstance(value, int | float | timedelta) and not isinstance(value, bool):
            yield f"{module.__name__}.{constant}"
