"""How risks are assessed, tolerated, accepted and reviewed: the matrix, its labels and bands.

Source: runbook section 3 (the Risk Manager maintains the risk register).
"""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.policy.parts import Part, ShortWords, Slug

Labels = Annotated[Mapping[Slug, ShortWords], Meta(min_length=2, max_length=20)]


class RiskBand(Part, frozen=True, kw_only=True):
    """A band of risks, from the least to the worst in the order of the policy.

    One of the roles `accepted_by` may accept a risk of it, for at most `accepted_for`. A risk of it
    is reviewed within `reviewed_every`.
    """

    label: ShortWords
    accepted_by: tuple[Slug, ...] = ()
    accepted_for: timedelta = timedelta(days=365)
    reviewed_every: timedelta = timedelta(days=365)


class Risks(Part, frozen=True, kw_only=True):
    """The matrix of risks: labels from the least to the worst, and the band of each pair.

    `matrix` has a row for each of `likelihood` and in it a band for each of `impact`. Risks of the
    band `tolerated`, or a lesser one, are tolerated.
    """

    likelihood: Labels
    impact: Labels
    bands: Annotated[Mapping[Slug, RiskBand], Meta(min_length=1, max_length=10)]
    matrix: Annotated[tuple[tuple[Slug, ...], ...], Meta(min_length=2, max_length=20)]
    tolerated: Slug
    categories: Annotated[Mapping[Slug, ShortWords], Meta(min_length=1, max_length=50)]

    def band_of(self, likelihood: str, impact: str) -> str:
        """The band of a pair of labels' ids. Raises KeyError for one that is not of the matrix."""
        rows, columns = list(self.likelihood), list(self.impact)
        if likelihood not in self.likelihood or impact not in self.impact:
            raise KeyError(likelihood if likelihood not in self.likelihood else impact)
        return self.matrix[rows.index(likelihood)][columns.index(impact)]

    def score_of(self, likelihood: str, impact: str) -> int:
        """The places of both labels, counted from 1, multiplied: what risks are sorted by.

        Raises KeyError for a label that is not of the matrix.
        """
        if likelihood not in self.likelihood or impact not in self.impact:
            raise KeyError(likelihood if likelihood not in self.likelihood else impact)
        row = list(self.likelihood).index(likelihood)
        return (row + 1) * (list(self.impact).index(impact) + 1)

    def rank_of(self, band: str) -> int | None:
        """The place of a band, from 0 for the least; None for one that there is no more."""
        return list(self.bands).index(band) if band in self.bands else None

    def tolerates(self, band: str) -> bool | None:
        """Whether risks of a band are tolerated; None for one that there is no more."""
        rank, most = self.rank_of(band), self.rank_of(self.tolerated)
        return None if rank is None or most is None else rank <= most

    @property
    def digest(self) -> str:
        """The SHA-256 (hex) of what an assessment comes to: labels, bands, matrix, tolerance."""
        parts = [
            list(self.likelihood),
            list(self.impact),
            list(self.bands),
            self.matrix,
            self.tolerated,
        ]
        return sha256(msgspec.json.encode(parts)).hexdigest()


SHIPPED_RISKS = Risks(
    likelihood={
        "rare": "Rare",
        "unlikely": "Unlikely",
        "possible": "Possible",
        "likely": "Likely",
        "almost_certain": "Almost certain",
    },
    impact={
        "negligible": "Negligible",
        "minor": "Minor",
        "moderate": "Moderate",
        "major": "Major",
        "severe": "Severe",
    },
    bands={
        "low": RiskBand(
            label="Low", accepted_by=("product_owner", "risk_manager", "governance_lead")
        ),
        "medium": RiskBand(
            label="Medium",
            accepted_by=("risk_manager", "governance_lead"),
            reviewed_every=timedelta(days=180),
        ),
        "high": RiskBand(
            label="High",
            accepted_by=("governance_lead",),
            accepted_for=timedelta(days=180),
            reviewed_every=timedelta(days=90),
        ),
        "extreme": RiskBand(
            label="Extreme",
            accepted_by=("governance_lead",),
            accepted_for=timedelta(days=30),
            reviewed_every=timedelta(days=30),
        ),
    },
    matrix=(
        ("low", "low", "low", "medium", "medium"),
        ("low", "low", "medium", "medium", "high"),
        ("low", "medium", "medium", "high", "high"),
        ("medium", "medium", "high", "high", "extreme"),
        ("medium", "high", "high", "extreme", "extreme"),
    ),
    tolerated="medium",
    categories={
        "safety": "Safety",
        "security": "Security",
        "privacy": "Privacy",
        "fairness": "Fairness",
        "reliability": "Reliability",
        "transparency": "Transparency",
        "legal": "Legal",
        "third_party": "Third party",
        "other": "Other",
    },
)
"""The matrix of a policy that has none."""
