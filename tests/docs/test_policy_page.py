"""docs/reference/policy.md has every key that a policy can have."""

import re
import tomllib
from collections.abc import Iterator

import pytest

from ledger.policy import shipped
from tests.docs import policy_page, policy_words
from tests.docs.where import REFERENCE

KEYS = [key for table in policy_page.tables() for key in table.keys]
CARDS, CLASSES, BANDS = "evidence.complete", "releases.classes", "risks.bands"


def paths_of(table: dict[str, object], before: str = "") -> Iterator[str]:
    """The paths of every value in a text, with the names of objectives left open."""
    for name, value in table.items():
        path = f"{before}{name}"
        if isinstance(value, dict) and path not in {key.path for key in KEYS}:
            yield from paths_of(value, f"{path}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for each in value:
                yield from paths_of(each, f"{path}[].")
        else:
            yield path


def _named(found: re.Match[str]) -> str:
    for several in (CARDS, CLASSES, BANDS):
        if found[0].startswith(several):
            return f"{several}.<{policy_words.NAMED_BY[several]}>"
    table = found[0].partition(".")[0]
    return f"{table}.<{policy_words.NAMED_BY[table]}>"


def test_every_key_of_the_shipped_policy_is_on_the_page() -> None:
    shown = {key.path for key in KEYS}
    found = {
        re.sub(
            r"^(slos|phases|standards|controls)\.\w+"
            r"|^(evidence\.complete|releases\.classes|risks\.bands)\.\w+"
            r"|^(metrics|units)\.[^\"]+(?=\.\w+$)",
            _named,
            path,
        )
        for path in paths_of(tomllib.loads(shipped()))
    }
    found = {re.sub(r"(?<=\.)(clauses|maps)\..*", r"\1", path) for path in found}
    assert {path for path in found if not any(of.startswith(f"{path}[].") for of in shown)} <= shown


def test_every_key_is_shown_with_its_type_and_meaning() -> None:
    page = REFERENCE.joinpath("policy.md").read_text("utf-8")
    for key in KEYS:
        name = key.path.rsplit(".", 1)[-1]
        row = f"| `{name}` | {policy_page.type_of(key.field.type)} | "
        assert any(
            line.startswith(row) and line.endswith(f" | {policy_page.meaning(key)} |")
            for line in page.splitlines()
        ), key.path


def test_no_word_is_about_a_key_that_is_gone() -> None:
    shown = {key.path for key in KEYS}
    named = {path.removeprefix("without ") for path in policy_words.MEANINGS}
    assert set() == named - shown


@pytest.mark.parametrize("path", ["alerts.stale_after", "alerts.clock_skew"])
def test_a_comment_of_the_shipped_file_is_the_meaning_of_the_key_below_it(path: str) -> None:
    assert path not in policy_words.MEANINGS
    assert policy_page.comments()[path] in REFERENCE.joinpath("policy.md").read_text("utf-8")
