"""Roles, and who may do what in which of them: the policy's `roles`, `access` and `raci`.

Source: runbook section 3 (roles) and section 8 (governance charter and RACI).
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from ledger.policy.parts import Part, ShortWords, Slug
from ledger.policy.privacy import Privacy
from ledger.vocabulary import Severity

RUNBOOK_ROLES: Mapping[str, str] = {
    "product_owner": "Product Owner",
    "ml_engineer": "ML Engineer / Data Scientist",
    "mlops_engineer": "MLOps Engineer",
    "governance_lead": "Governance Lead",
    "risk_manager": "Risk Manager",
}
"""The labels of the runbook's roles (section 3), by id: those of a policy that names none."""

ListedRoles = tuple[Slug, ...]
CommandPattern = Annotated[
    str,
    Meta(
        pattern=r"^[a-z]+(/[a-z]+(-[a-z]+)*)*(/\*)?\Z",
        description='Use a command such as "incident/rca/start", or all of a kind: "incident/*".',
    ),
]
PolicyKey = Annotated[str, Meta(min_length=1, max_length=200)]
GUARDED = ("access", "roles", "raci", "privacy")
"""The keys that say who may, and what can be erased: a change of them is never harmless."""
ADOPT_POLICY = "policy/adopt"
"""The name of adopting and approving a policy, as rows of the RACI have it."""


class Access(Part, frozen=True, kw_only=True):
    """Whether the RACI refuses, and what needs two people.

    With `enforce`, a command is refused where its row names no role that whoever sends it holds;
    without, the event records what the row says. With `two_people`, changes of the policy outside
    of `harmless` keys, and grants of roles, need another person.
    """

    enforce: bool = False
    two_people: bool = False
    harmless: tuple[PolicyKey, ...] = ()

    def is_harmless(self, path: str) -> bool:
        """Whether one person may change the value at a TOML path."""
        return any(lies_in(path, key) for key in self.harmless)


class RaciRow(Part, frozen=True, kw_only=True):
    """Who is responsible for commands, accountable, consulted and informed, by roles.

    Those who are responsible or accountable may send them. With `severities`, the row is for
    incidents that had one of these at any time, or have none yet.
    """

    name: Slug
    commands: Annotated[tuple[CommandPattern, ...], Meta(min_length=1)]
    severities: tuple[Severity, ...] = ()
    responsible: ListedRoles = ()
    accountable: ListedRoles = ()
    consulted: ListedRoles = ()
    informed: ListedRoles = ()

    @property
    def may(self) -> frozenset[str]:
        """The roles that may send the commands."""
        return frozenset({*self.responsible, *self.accountable})

    def covers(self, command: str, severity: Severity | None) -> bool:
        """Whether the row is for a command; `severity` is the worst that its subject ever had."""
        if self.severities and severity is not None and severity not in self.severities:
            return False
        return any(names(pattern, command) for pattern in self.commands)


class Guards(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a policy that says who may and what lies beside the log."""

    access: Access = Access()
    roles: Mapping[Slug, ShortWords] = {}
    raci: tuple[RaciRow, ...] = ()
    privacy: Privacy = Privacy()

    @property
    def role_labels(self) -> Mapping[str, str]:
        """The label of every role that may be granted, by its id, in order."""
        return self.roles or RUNBOOK_ROLES

    def row_for(self, command: str, severity: Severity | None = None) -> RaciRow | None:
        """The first row that covers a command such as "incident/dismiss"; None, every role may."""
        return next((row for row in self.raci if row.covers(command, severity)), None)


def names(pattern: str, command: str) -> bool:
    """Whether a pattern of a row names a command, or all that another pattern does."""
    if pattern.endswith("/*"):
        return command.startswith(pattern[:-1])
    return pattern == command


def lies_in(path: str, key: str) -> bool:
    """Whether a TOML path is that of a key, or of something in it."""
    return path == key or path.startswith((f"{key}.", f"{key}["))
