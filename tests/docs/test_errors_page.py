"""docs/reference/errors.md has every error code and every rule that the source can raise."""

import ast

import pytest

from consumers.web.problems import STATUS
from ledger.errors import LedgerError
from tests.docs import errors_words, raised
from tests.docs.where import REFERENCE

PAGE = REFERENCE.joinpath("errors.md").read_text("utf-8")


def subclasses(of: type[LedgerError]) -> set[type[LedgerError]]:
    return {of}.union(*(subclasses(each) for each in of.__subclasses__()))


def test_every_code_of_the_error_classes_is_found_in_the_source() -> None:
    found = {each.code for each in raised.error_codes()}
    assert found == {each.code for each in subclasses(LedgerError)}


def test_every_code_has_its_row() -> None:
    codes = [each.code for each in raised.error_codes()]
    assert codes
    assert [] == [code for code in codes if 1 != PAGE.count(f"\n| `{code}` | ")]


def test_every_rule_has_its_section() -> None:
    rules = {each.rule for each in raised.refusals()}
    headings = {rule: f"\n### {errors_words.NAMES.get(rule, rule)}\n" for rule in rules}
    assert rules
    assert [] == [rule for rule, heading in headings.items() if heading not in PAGE]


def test_no_word_is_about_a_rule_or_code_that_is_gone() -> None:
    rules = {each.rule for each in raised.refusals()}
    assert rules == set(errors_words.RULES)
    assert {each.rule for each in raised.refusals() if each.remedy is None} == set(
        errors_words.REMEDIES
    )
    assert {each.code for each in raised.error_codes()} == set(errors_words.CODES)


def test_every_refusal_has_a_remedy() -> None:
    assert [] == [each for each in raised.refusals() if each.remedy == ""]


def test_the_status_of_every_code_is_on_the_page() -> None:
    for error, status in STATUS.items():
        assert f"\n| `{error.code}` | {status} | " in PAGE


def test_a_rule_in_any_form_of_the_source_is_found() -> None:
    source = """
class Own(Refused):
    def __init__(self) -> None:
        super().__init__("own", "Own message.", remedy="Own remedy.")

def plain(name):
    raise Refused("plain", f"The {name} is there." + " Twice.", remedy="A." if name else "B.")

def elsewhere(name):
    raise errors.Refused(f"named_{name}", "It is not.", remedy=why(name))
"""
    assert [
        raised.Refusal("own", "Own message.", "Own remedy."),
        raised.Refusal("plain", "The … is there. Twice.", "A. Or: B."),
        raised.Refusal("named_…", "It is not.", None),
    ] == raised.refusals_in(ast.parse(source))


def test_a_rule_that_is_no_text_where_it_is_raised_is_an_error() -> None:
    with pytest.raises(ValueError, match="line 1: a refusal whose rule"):
        raised.refusals_in(ast.parse("Refused(rule, 'A message.')"))
