"""Policies that lives of releases are judged by."""

from datetime import timedelta
from typing import NamedTuple

from ledger.policy import shipped

TARGETS = {"safety": "0.5", "quality": "0.82"}


class Terms(NamedTuple):
    """What of the policy as shipped is otherwise; the field's value is what the policy has."""

    safety: str = "0.5"
    waivable: bool = True
    sign_offs: int | None = 1
    inherits: bool = True
    authors_may_sign: bool = False
    prompts_are_major: bool = False
    max_age: int = 90
    first_plan: bool = True

    def text(self) -> str:
        """The policy."""
        text = shipped()
        inherits = 'inherits = ["documentation", "compliance", "rollback"]\n'
        changes = [
            (
                'target = 0.5, unit = "%", min_n = 20',
                f'target = {self.safety}, unit = "%", min_n = 20',
            ),
            (
                'max_age = "P90D", waivable = true },\n    { id = "safety"',
                'max_age = "P90D" },\n    { id = "safety"',
            )
            if not self.waivable
            else ("", ""),
            (f"{inherits}sign_offs = 1", f"{inherits if self.inherits else ''}{self._sign_offs()}"),
            (
                "authors_may_sign = false",
                f"authors_may_sign = {str(self.authors_may_sign).lower()}",
            ),
            ('"model", "provider_model", "tools"]', '"model", "provider_model", "tools", "prompt"]')
            if self.prompts_are_major
            else ("", ""),
            ('artefacts = ["prompt", "guardrail"', 'artefacts = ["guardrail"')
            if self.prompts_are_major
            else ("", ""),
            (', first = ["rollback_plan"]', "") if not self.first_plan else ("", ""),
        ]
        for old, new in changes:
            if old not in text:
                raise ValueError(f"the shipped policy has no {old!r}")
            text = text.replace(old, new) if old else text
        quality = 'target = 0.82, unit = "1", min_n = 20, max_age = "P90D"'
        safety = f'target = {self.safety}, unit = "%", min_n = 20, max_age = "P90D"'
        for asked in (quality, safety):
            if asked not in text:
                raise ValueError(f"the shipped policy has no {asked!r}")
            text = text.replace(asked, asked.replace("P90D", f"P{self.max_age}D"))
        return text

    def _sign_offs(self) -> str:
        return "" if self.sign_offs is None else f"sign_offs = {self.sign_offs}"

    @property
    def age(self) -> timedelta:
        """How old evaluations of quality and safety may be."""
        return timedelta(days=self.max_age)

    @property
    def classes(self) -> dict[str, dict[str, object]]:
        """What the classes of changes say."""
        prompts = {"prompt"} if self.prompts_are_major else set()
        return {
            "major": {
                "artefacts": {"model", "provider_model", "tools"} | prompts,
                "inherits": False,
                "sign_offs": None,
            },
            "standard": {
                "artefacts": {"prompt", "config"} - prompts,
                "inherits": self.inherits,
                "sign_offs": self.sign_offs,
            },
            "emergency": {"artefacts": set(), "inherits": True, "sign_offs": None},
        }
