"""The heat map: open risks by the matrix of the policy in force. Blocking.

A risk is placed by the labels of its newest assessment of a level. One that is not assessed there,
or whose labels the matrix has not any more, is counted apart and never placed.

Source: runbook section 3 (the Risk Manager maintains the risk register).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from consumers.access.people import display_names
from consumers.access.texts import filled_columns
from consumers.commands.policy_history import policy_in_force
from consumers.commands.references import reference
from consumers.container.ledger import Ledger
from ledger.domain.risk import RISK
from ledger.domain.risk.words import RiskLevel, Tolerated
from ledger.policy.risks import Risks
from projections.engine.projection import Row
from projections.queries.risks import NAMED, open_risks
from projections.values import time_text


class Standing(NamedTuple):
    """What a pair of labels comes to by a matrix: its band, and what it is ordered by."""

    band: str
    label: str
    rank: int
    score: int
    tolerated: bool

    @property
    def order(self) -> tuple[int, int]:
        """What is worse has more: the rank of the band, then the score."""
        return self.rank, self.score


Pairs = Mapping[tuple[str | None, str | None], Standing]
"""What each pair of a matrix comes to."""


class RiskName(msgspec.Struct, frozen=True, kw_only=True):
    """A risk, as it is named; `owner` by name, `system` None for the organisation's."""

    id: str
    reference: str
    title: str
    system: str | None
    owner: str


class MatrixLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A likelihood or an impact of the matrix, by its id."""

    name: str
    label: str


class MapCell(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of the matrix: its band, and how many open risks are assessed so."""

    likelihood: str
    impact: str
    band: str
    count: int


class MapRow(msgspec.Struct, frozen=True, kw_only=True):
    """The pairs of one likelihood, from the least impact to the worst."""

    likelihood: MatrixLabel
    cells: tuple[MapCell, ...]


class BandCount(msgspec.Struct, frozen=True, kw_only=True):
    """A band of the policy, and how many open risks are placed in it."""

    band: str
    label: str
    tolerated: bool
    count: int


class HeatMap(msgspec.Struct, frozen=True, kw_only=True):
    """Open risks at a level, by the matrix of the policy in force, whose digest is `matrix`.

    `rows`, `impacts` and `bands` are in the policy's order: from the least to the worst. `risks` is
    how many are open, `placed` how many of them are in a cell. The others are in `not_assessed` or,
    where the matrix has their labels no more, in `outdated`.
    """

    level: RiskLevel
    system: str | None
    category: str | None
    at: str
    matrix: str
    impacts: tuple[MatrixLabel, ...]
    rows: tuple[MapRow, ...]
    bands: tuple[BandCount, ...]
    risks: int
    placed: int
    not_assessed: tuple[RiskName, ...]
    outdated: tuple[RiskName, ...]


def standing(risks: Risks, likelihood: str | None, impact: str | None) -> Standing | None:
    """What a pair of labels comes to; None without one, and where the matrix has it no more."""
    if likelihood is None or impact is None:
        return None
    if likelihood not in risks.likelihood or impact not in risks.impact:
        return None
    band = risks.band_of(likelihood, impact)
    rank = risks.rank_of(band)
    return Standing(
        band=band,
        label=risks.bands[band].label,
        rank=-1 if rank is None else rank,
        score=risks.score_of(likelihood, impact),
        tolerated=risks.tolerates(band) is True,
    )


def standings(risks: Risks) -> Pairs:
    """What each pair of a matrix comes to: `standing` for many risks."""
    return {
        (likelihood, impact): found
        for likelihood in risks.likelihood
        for impact in risks.impact
        if (found := standing(risks, likelihood, impact)) is not None
    }


def judged(row: Row, pairs: Pairs) -> Standing | None:
    """What the current assessment of a row comes to by a matrix; None where that cannot judge."""
    return pairs.get((row["current_likelihood"], row["current_impact"]))


def tolerated(found: Standing | None) -> Tolerated:
    """Whether it is tolerated; what cannot be judged never is."""
    if found is None:
        return Tolerated.UNKNOWN
    return Tolerated.YES if found.tolerated else Tolerated.NO


def heat_map(
    ledger: Ledger,
    *,
    level: RiskLevel = RiskLevel.CURRENT,
    system: str | None = None,
    category: str | None = None,
) -> HeatMap:
    """The heat map of a level, of one system or category where they are given."""
    risks = policy_in_force(ledger.store).risks
    labels = f"{level.value}_likelihood", f"{level.value}_impact"
    rows = open_risks(ledger.views, system=system, category=category, columns=(*NAMED, *labels))
    found = placed(risks, level, rows)
    bands = Counter[str]()
    for (likelihood, impact), count in found.counts.items():
        bands[risks.band_of(likelihood, impact)] += count
    apart = {row["risk_id"] for row in (*found.not_assessed, *found.outdated)}
    names = {each.id: each for each in risk_names(ledger, rows, apart)}
    return HeatMap(
        level=level,
        system=system,
        category=category,
        at=time_text(ledger.now()),
        matrix=risks.digest,
        impacts=_labels(risks.impact),
        rows=tuple(
            MapRow(
                likelihood=each,
                cells=tuple(
                    MapCell(
                        likelihood=each.name,
                        impact=impact,
                        band=risks.band_of(each.name, impact),
                        count=found.counts[each.name, impact],
                    )
                    for impact in risks.impact
                ),
            )
            for each in _labels(risks.likelihood)
        ),
        bands=tuple(
            BandCount(
                band=name,
                label=of.label,
                tolerated=risks.tolerates(name) is True,
                count=bands[name],
            )
            for name, of in risks.bands.items()
        ),
        risks=len(rows),
        placed=found.counts.total(),
        not_assessed=tuple(names[row["risk_id"]] for row in found.not_assessed),
        outdated=tuple(names[row["risk_id"]] for row in found.outdated),
    )


class Placed(NamedTuple):
    """How many rows a matrix has in each pair, and the rows that are in none."""

    counts: Counter[tuple[str, str]]
    not_assessed: list[Row]
    outdated: list[Row]


def placed(risks: Risks, level: RiskLevel, rows: Iterable[Row]) -> Placed:
    """Rows of the register by the matrix; each is counted once, in a pair or apart."""
    found = Placed(Counter(), [], [])
    for row in rows:
        likelihood, impact = row[f"{level.value}_likelihood"], row[f"{level.value}_impact"]
        if likelihood is None or impact is None:
            found.not_assessed.append(row)
        elif likelihood not in risks.likelihood or impact not in risks.impact:
            found.outdated.append(row)
        else:
            found.counts[likelihood, impact] += 1
    return found


def risk_names(ledger: Ledger, rows: Iterable[Row], wanted: Iterable[str]) -> list[RiskName]:
    """Those of the rows that are wanted, by their ids, as people name them."""
    ids = frozenset(wanted)
    titled = filled_columns(
        ledger.store, [row for row in rows if row["risk_id"] in ids], ("title",)
    )
    names = display_names(ledger.store) if titled else {}
    return [
        RiskName(
            id=row["risk_id"],
            reference=reference(row["leaf"], RISK),
            title=row["title"],
            system=row["system"],
            owner=names.get(row["owner"], row["owner"]),
        )
        for row in titled
    ]


def _labels(of: Mapping[str, str]) -> tuple[MatrixLabel, ...]:
    return tuple(MatrixLabel(name=name, label=label) for name, label in of.items())
