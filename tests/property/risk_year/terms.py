"""Policies that a year is judged by."""

from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple

from ledger.policy import shipped
from tests.property.risk_year.people import GL, PO, RM


class Matrix(NamedTuple):
    """Labels from the least to the worst, the band of each pair, and the bands."""

    likelihood: tuple[str, ...]
    impact: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    bands: tuple[str, ...]
    categories: tuple[str, ...] = ("safety", "privacy")


LIKELIHOOD, IMPACT = ("rare", "possible", "likely"), ("minor", "major", "severe")
MATRICES = {
    "small": Matrix(
        LIKELIHOOD,
        IMPACT,
        (("low", "low", "high"), ("low", "high", "high"), ("high", "high", "extreme")),
        ("low", "high", "extreme"),
    ),
    "harsh": Matrix(
        LIKELIHOOD,
        IMPACT,
        (("low", "high", "high"), ("high", "high", "extreme"), ("high", "extreme", "extreme")),
        ("low", "high", "extreme"),
    ),
    "other": Matrix(
        ("rare", "often"),
        ("minor", "severe"),
        (("low", "big"), ("big", "big")),
        ("low", "big"),
        ("safety", "fairness"),
    ),
}
AUTHORITY: dict[str, tuple[tuple[str, ...], ...]] = {
    "wide": ((PO, RM, GL), (RM, GL), (GL,)),
    "strict": ((RM,), (GL,), ()),
}
"""Who may accept a risk of the bands, by their places."""
ACCEPTED_FOR = {"long": (300, 90, 20), "short": (30, 5, 5)}
REVIEWED_EVERY = {"seldom": (365, 90, 30), "often": (60, 10, 10)}
"""So many days, by the places of the bands."""
CONTROLS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "all": {
        "charter": ("organisation", ("eu",)),
        "data": ("system", ("eu", "iso")),
        "watch": ("system", ("iso",)),
        "lone": ("system", ()),
    },
    "few": {"data": ("system", ("iso",)), "watch": ("organisation", ()), "lone": ("system", ())},
}
"""The catalogue: the scope of each control, and the standards that it is mapped to."""


class Terms(NamedTuple):
    """What a policy says of risks, improvements, standards and controls."""

    matrix: str = "small"
    tolerated: int = 0
    authority: str = "wide"
    accepted_for: str = "long"
    reviewed_every: str = "seldom"
    reassess_within: int = 30
    controls: str = "all"
    no_recurrence: int = 60
    from_actions: bool = True

    def text(self) -> str:
        """The policy."""
        return _text(self)

    @property
    def risks(self) -> Matrix:
        """The matrix."""
        return MATRICES[self.matrix]

    @property
    def catalogue(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """The controls."""
        return CONTROLS[self.controls]

    def band_of(self, likelihood: str, impact: str) -> str | None:
        """The band of a pair; None for one that is not of the matrix."""
        of = self.risks
        if likelihood not in of.likelihood or impact not in of.impact:
            return None
        return of.cells[of.likelihood.index(likelihood)][of.impact.index(impact)]

    def score_of(self, likelihood: str, impact: str) -> int:
        """The places, counted from 1, multiplied."""
        of = self.risks
        return (of.likelihood.index(likelihood) + 1) * (of.impact.index(impact) + 1)

    def place(self, band: str) -> int:
        """The place of a band."""
        return self.risks.bands.index(band)

    def tolerates(self, band: str) -> bool:
        """Whether a band is at most the tolerated one."""
        return self.place(band) <= self.tolerated

    def may_accept(self, band: str) -> tuple[str, ...]:
        """The roles that may accept a risk of a band."""
        return AUTHORITY[self.authority][self.place(band)]

    def accepted_days(self, band: str) -> timedelta:
        """For how long at most."""
        return timedelta(days=ACCEPTED_FOR[self.accepted_for][self.place(band)])

    def review_days(self, band: str | None) -> timedelta:
        """How often a risk is reviewed; of no band of these, as often as the worst."""
        days = REVIEWED_EVERY[self.reviewed_every][: len(self.risks.bands)]
        known = band is not None and band in self.risks.bands
        return timedelta(days=days[self.place(band)] if known and band else min(days))

    @property
    def scale(self) -> tuple[Any, ...]:
        """What an assessment comes to is told by this."""
        of = self.risks
        return of.likelihood, of.impact, of.cells, of.bands, min(self.tolerated, len(of.bands) - 1)


@cache
def _text(terms: Terms) -> str:
    of, shipped_text = terms.risks, shipped()
    before, after = shipped_text.split("[risks]\n", 1)
    phases = "[phases.data_understanding]"
    parts = [
        before,
        "[risks]",
        f'tolerated = "{of.bands[min(terms.tolerated, len(of.bands) - 1)]}"',
        f"matrix = {[list(row) for row in of.cells]!r}".replace("'", '"'),
        *_table("risks.likelihood", of.likelihood),
        *_table("risks.impact", of.impact),
        *_table("risks.categories", of.categories),
    ]
    for place, band in enumerate(of.bands):
        parts += [
            f"[risks.bands.{band}]",
            f'label = "{band}"',
            f"accepted_by = {[*AUTHORITY[terms.authority][place]]!r}".replace("'", '"'),
            f'accepted_for = "P{ACCEPTED_FOR[terms.accepted_for][place]}D"',
            f'reviewed_every = "P{REVIEWED_EVERY[terms.reviewed_every][place]}D"',
        ]
    for standard in ("eu", "iso"):
        parts += [
            f"[standards.{standard}]",
            f'label = "{standard}"',
            'kind = "law"',
            'clauses = { "1" = "All of it" }',
        ]
    for control, (scope, maps) in terms.catalogue.items():
        written = ", ".join(f'{standard} = ["1"]' for standard in maps)
        parts += [
            f"[controls.{control}]",
            'words = "It is done"',
            f'scope = "{scope}"',
            f"maps = {{ {written} }}",
        ]
    parts += [
        "[improvements]",
        f"from_actions = {str(terms.from_actions).lower()}",
        f'no_recurrence = "P{terms.no_recurrence}D"',
    ]
    text = "\n".join([*parts, phases + after.split(phases, 1)[1]])
    within = 'reassess_within = "P30D"'
    if within not in text:
        raise ValueError(f"the shipped policy has no {within}")
    return text.replace(within, f'reassess_within = "P{terms.reassess_within}D"')


def _table(name: str, words: tuple[str, ...]) -> list[str]:
    return [f"[{name}]", *(f'{each} = "{each}"' for each in words)]
