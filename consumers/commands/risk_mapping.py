"""The form of a mapping file for a register of risks: which column has what, in whose words."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.domain.risk.words import RiskLevel
from ledger.errors import Invalid
from ledger.policy.flow import did_you_mean

LABELS = tuple(
    f"{level.value}_{of}" for level in RiskLevel for of in ("likelihood", "impact", "rationale")
)
FIELDS = (
    "id",
    "title",
    "system",
    "category",
    "owner",
    "causes",
    "consequences",
    "review_due",
    "status",
    *LABELS,
)
"""What may be read of a register. `id` is the id of an export of this program."""
NEEDED = ("title", "category", "owner")
WORDS_FOR_ALL = ("likelihood", "impact")
"""Tables of values for each level that has none of its own."""
MAX_BYTES = 200_000
_REMEDY = "See docs/how-to/import-risks.md."

Words = Annotated[str, Meta(max_length=5_000)]


class RiskMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our field = "their column"; their words for our labels; what stands where a cell is empty.

    `values` has a table for each field whose words differ: "their word" = "our id or label".
    """

    columns: Mapping[str, Words]
    values: Mapping[str, Mapping[str, Words]] = {}
    defaults: Mapping[str, Words] = {}
    delimiter: Annotated[str, Meta(min_length=1, max_length=1)] = ","

    def words_of(self, field: str) -> Mapping[str, str]:
        """The table of a field: its own, else that of its likelihoods or impacts."""
        return self.values.get(field) or self.values.get(field.rpartition("_")[2], {})


def parse_risk_mapping(text: str) -> RiskMapping:
    """The mapping that a TOML text says. Raises Invalid, which names each key that is wrong."""
    if len(text) > MAX_BYTES:
        raise _invalid([("", f"it has more than {MAX_BYTES:,} characters")])
    try:
        found = msgspec.convert(tomllib.loads(text), RiskMapping)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _invalid([("", f"it is no TOML: {error}")]) from None
    except msgspec.ValidationError as error:
        raise _invalid([("", str(error))]) from None
    wrong = [
        *_unknown("columns", found.columns, FIELDS),
        *_unknown("defaults", found.defaults, FIELDS),
        *_unknown("values", found.values, (*FIELDS, *WORDS_FOR_ALL)),
    ]
    wrong += [
        (f"columns.{each}", "the column is needed, or a default")
        for each in NEEDED
        if each not in found.columns and not found.defaults.get(each)
    ]
    if wrong:
        raise _invalid(wrong)
    return found


def shipped_risk_mapping() -> RiskMapping:
    """The mapping of what `airledger risks --format csv` exports."""
    shipped = files("consumers.commands").joinpath("risk_mapping.toml")
    return parse_risk_mapping(shipped.read_text("utf-8"))


def _unknown(table: str, given: Iterable[str], known: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    for each in given:
        if each not in known:
            yield f"{table}.{each}", f"there is no such field.{did_you_mean(each, known)}"


def _invalid(wrong: list[tuple[str, str]]) -> Invalid:
    return Invalid("The mapping is not valid.", errors=wrong, remedy=_REMEDY)
