"""What the policy's roles, RACI and privacy may have wrong."""

from collections.abc import Iterator

from ledger.policy.flow import did_you_mean
from ledger.policy.model import Policy
from ledger.policy.raci import GUARDED, RaciRow, lies_in, names
from ledger.policy.schema_errors import Fault, child, shown

_LISTS = ("responsible", "accountable", "consulted", "informed")


def raci_faults(policy: Policy) -> Iterator[Fault]:
    """Every fault of `access`, `roles` and `raci`."""
    for index, key in enumerate(policy.access.harmless):
        if any(lies_in(key, of) for of in GUARDED):
            yield f"access.harmless[{index}]", f"{shown(key)} says who may. Remove it."
    for role, label in policy.roles.items():
        if not label.strip():
            yield child("roles", role), "The label is blank. Write the role's name."
    known = policy.guards.role_labels
    for index, row in enumerate(policy.raci):
        path = f"raci[{index}]"
        for part in _LISTS:
            roles: tuple[str, ...] = getattr(row, part)
            for place, role in enumerate(roles):
                if role not in known:
                    near = did_you_mean(role, known)
                    yield f"{path}.{part}[{place}]", f"{shown(role)} is no role.{near} Name one."
                elif role in roles[:place]:
                    yield f"{path}.{part}[{place}]", f"{shown(role)} is there already. Remove it."
        if not row.may:
            yield path, "Nobody may send its commands. Name a responsible or accountable role."
        for earlier in policy.raci[:index]:
            yield from _between(earlier, row, path)


def privacy_faults(policy: Policy) -> Iterator[Fault]:
    """Every fault of `privacy`."""
    privacy, known = policy.privacy, policy.guards.role_labels
    for name, values, given, what in (
        ("restricted_readers", privacy.restricted_readers, known, "role"),
        (
            "restricted_categories",
            privacy.restricted_categories,
            policy.flow.categories,
            "category",
        ),
    ):
        for place, value in enumerate(values):
            if value not in given:
                near = did_you_mean(value, given)
                yield f"privacy.{name}[{place}]", f"{shown(value)} is no {what}.{near} Name one."
    restricts = privacy.restricted_categories or privacy.restricted_systems
    if restricts and not privacy.restricted_readers:
        yield (
            "privacy.restricted_readers",
            "Nobody could read what is restricted. Name a role.",
        )


def _between(earlier: RaciRow, row: RaciRow, path: str) -> Iterator[Fault]:
    if earlier.name == row.name:
        yield f"{path}.name", f"{shown(row.name)} is there already. Choose another."
    elif _hides(earlier.severities, row.severities):
        for place, command in enumerate(row.commands):
            if any(names(pattern, command) for pattern in earlier.commands):
                fault = f"Row {earlier.name} covers {shown(command)} before."
                remedy = "Remove it here, or put this row first."
                yield f"{path}.commands[{place}]", f"{fault} {remedy}"


def _hides(earlier: tuple[str, ...], later: tuple[str, ...]) -> bool:
    """Whether all that a row's severities let through stops at an earlier row."""
    return not earlier or (bool(later) and set(later) <= set(earlier))
