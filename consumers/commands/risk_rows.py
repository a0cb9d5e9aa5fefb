"""Risks from the rows of a CSV file: what identifies and assesses each, or what is wrong with it.

Each row is decided by the rules of the ledger before anything is sent, so that a faulty file
records nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from consumers.commands.csv_rows import as_typed, lines_in
from consumers.commands.filling import filled
from consumers.commands.risk_mapping import RiskMapping
from ledger.domain.command import Command
from ledger.domain.identity import name_key
from ledger.domain.risk import RISK, Risk
from ledger.domain.risk.commands import AssessRisk, IdentifyRisk
from ledger.domain.risk.decide import decide
from ledger.domain.risk.words import RiskLevel, RiskStatus
from ledger.errors import Invalid, LedgerError
from ledger.policy import Policy
from ledger.policy.flow import did_you_mean

C = TypeVar("C", bound=Command)
OF_THE_RISK = (
    "title",
    "system",
    "category",
    "owner",
    "causes",
    "consequences",
    "review_due",
)
_CLOSED = {RiskStatus.CLOSED.value, RiskStatus.CLOSED.label.casefold()}


class Fault(NamedTuple):
    """What is wrong with a row: their column, what stands there, why, and what to do."""

    line: int
    column: str
    value: str
    why: str
    remedy: str


class RiskRow(NamedTuple):
    """A row that may be recorded; `id` is that of an export of this program, or None.

    `is_closed`: their register has it as closed, so it is left out.
    """

    line: int
    id: str | None
    identify: IdentifyRisk
    assess: tuple[AssessRisk, ...]
    is_closed: bool

    @property
    def key(self) -> tuple[str, str]:
        """By what a risk is the same: its title and its system, whatever their case and spaces."""
        return risk_key(self.identify.title, self.identify.system)


class RiskFile(NamedTuple):
    """The rows of a file that may be recorded, and what is wrong with the others."""

    rows: tuple[RiskRow, ...]
    faults: tuple[Fault, ...]


def risk_key(title: str, system: str | None) -> tuple[str, str]:
    """By what risks are the same: title and system, whatever their case and spaces."""
    return name_key(title), name_key(system or "")


def read_risks(
    data: bytes, mapping: RiskMapping, policy: Policy, now: datetime, rationale: str
) -> RiskFile:
    """The risks of a file; `rationale` is said of assessments without one.

    Raises Invalid for a file that is no CSV in UTF-8, and for columns that it does not have.
    """
    lines = lines_in(data, mapping.delimiter)
    _, names = next(lines, (1, []))
    header = [each.strip() for each in names]
    _require_columns(header, mapping)
    rows, faults, seen = list[RiskRow](), list[Fault](), dict[tuple[str, str], int]()
    for line, cells in lines:
        if len(cells) != len(header):
            why = f"the line has {len(cells)} cells, and the first line {len(header)}"
            faults.append(Fault(line, "", "", why, "Quote cells that have the delimiter in them."))
            continue
        reader = _Row(line, dict(zip(header, cells, strict=True)), mapping, policy, now, rationale)
        row = reader.read()
        if row is not None and (first := seen.setdefault(row.key, line)) != line:
            reader.add("title", f"it has the title and the system of line {first}", _ONE_EACH)
        faults += reader.faults
        if row is not None and not reader.faults:
            rows.append(row)
    return RiskFile(tuple(rows), tuple(faults))


_ONE_EACH = "Leave one of them out, or give it another title."


def _require_columns(header: list[str], mapping: RiskMapping) -> None:
    wrong = [
        (f"columns.{field}", f"the file has no column {column!r}.{did_you_mean(column, header)}")
        for field, column in mapping.columns.items()
        if column not in header
    ]
    wrong += [
        (f"columns.{field}", f"the column {column!r} stands twice in the file")
        for field, column in mapping.columns.items()
        if header.count(column) > 1
    ]
    if wrong:
        raise Invalid(
            "The file does not have the columns that the mapping names.",
            errors=wrong,
            remedy=f"Its first line has {', '.join(header) or 'nothing'}.",
        )


class _Row:
    """One row, and what is wrong with it so far."""

    def __init__(
        self,
        line: int,
        cells: Mapping[str, str],
        mapping: RiskMapping,
        policy: Policy,
        now: datetime,
        rationale: str,
    ) -> None:
        self.line = line
        self.faults: list[Fault] = []
        self._cells = cells
        self._mapping = mapping
        self._policy = policy
        self._now = now
        self._rationale = rationale

    def read(self) -> RiskRow | None:
        """The row; None where it is faulty."""
        of = self._id()
        risks = self._policy.risks
        given = {name: self._text(name) for name in OF_THE_RISK}
        given["category"] = self._label("category", risks.categories)
        levels = [found for level in RiskLevel if (found := self._level(level)) is not None]
        identify = self._filled(IdentifyRisk, given) if not self.faults else None
        if identify is None or self.faults:
            return None
        assess = [self._filled(AssessRisk, each, str(each["level"])) for each in levels]
        ready = tuple(each for each in assess if each is not None)
        self._decide(identify, ready)
        is_closed = self._text("status").casefold() in _CLOSED
        return None if self.faults else RiskRow(self.line, of, identify, ready, is_closed)

    def add(self, field: str, why: str, remedy: str) -> None:
        """Notes a fault in the column of a field."""
        column = self._mapping.columns.get(field, "")
        value = self._cells.get(column, "") if column else self._mapping.defaults.get(field, "")
        self.faults.append(Fault(self.line, column or field, value, why, remedy))

    def _text(self, field: str) -> str:
        """What stands for a field, in our words where their table has them."""
        column = self._mapping.columns.get(field)
        text = "" if column is None else as_typed(self._cells[column]).strip()
        text = text or self._mapping.defaults.get(field, "")
        words = self._mapping.words_of(field)
        if text in words:
            return words[text]
        folded = {name_key(theirs): ours for theirs, ours in words.items()}
        return folded.get(name_key(text), text)

    def _id(self) -> str | None:
        text = self._text("id")
        try:
            return str(UUID(text)) if text else None
        except ValueError:
            self.add("id", "it is no id of a risk", "Map the column id of an export, or none.")
            return None

    def _label(self, field: str, known: Mapping[str, str]) -> str:
        """The id of a label of the policy, by the id or the label."""
        text = self._text(field)
        by_label = {name_key(label): name for name, label in known.items()}
        found = text if text in known else by_label.get(name_key(text), "")
        if not found:
            table = field.rpartition("_")[2]
            said = f"the policy has no {table} {text!r}" if text else "the cell is empty"
            self.add(
                field,
                f"{said}.{did_you_mean(text, [*known, *known.values()])}",
                f"Write one of {', '.join(known)}, or map it in [values.{table}].",
            )
        return found

    def _level(self, level: RiskLevel) -> dict[str, str] | None:
        """What assesses a level; None where neither likelihood nor impact is given."""
        likelihood, impact = f"{level.value}_likelihood", f"{level.value}_impact"
        if not self._text(likelihood) and not self._text(impact):
            return None
        return {
            "level": level.value,
            "likelihood": self._label(likelihood, self._policy.risks.likelihood),
            "impact": self._label(impact, self._policy.risks.impact),
            "rationale": self._text(f"{level.value}_rationale") or self._rationale,
        }

    def _filled(self, body: type[C], given: Mapping[str, str], level: str = "") -> C | None:
        """The command; None where a text is no such."""
        try:
            return filled(body, given)
        except Invalid as error:
            for field, why in error.errors:
                self.add(f"{level}_{field}" if level else field, why, "Correct the cell.")
            return None

    def _decide(self, identify: IdentifyRisk, assess: Iterable[AssessRisk]) -> None:
        """Notes what the rules of the ledger refuse."""
        state = Risk()
        asked: list[tuple[str, IdentifyRisk | AssessRisk]] = [("review_due", identify)]
        asked += ((f"{each.level.value}_likelihood", each) for each in assess)
        for field, command in asked:
            try:
                events = decide(command, state, self._policy, self._now)
            except LedgerError as error:
                self.add(field, error.message, error.remedy)
                return
            for event in events:
                state = RISK.evolve(state, event)
