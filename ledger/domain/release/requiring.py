"""What commands of releases ask for first: known names, a role that is held, no author. Pure."""

from ledger.domain.release.signing import is_author
from ledger.domain.release.state import Release
from ledger.domain.stream_type import Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy
from ledger.policy.flow import did_you_mean
from ledger.policy.gates import ChangeClass, Requirement


def require_class(name: str, policy: Policy) -> ChangeClass:
    """The class of changes of that name. Raises Invalid."""
    known = policy.releases.change_classes
    if name not in known:
        raise Invalid(
            f"There is no class of changes {name!r}.{did_you_mean(name, known)}",
            errors=[("change_class", f"expected one of {', '.join(known)}")],
        )
    return known[name]


def require_requirement(name: str, policy: Policy) -> Requirement:
    """The requirement of that name. Raises Invalid."""
    known = policy.requirements
    if name not in known:
        raise Invalid(
            f"The gates have no requirement {name!r}.{did_you_mean(name, known)}",
            errors=[("requirement", f"expected one of {', '.join(known) or 'none'}")],
            remedy="See airledger release check for the requirements of a release.",
        )
    return known[name]


def require_role(role: str | None, state: Release, policy: Policy, sender: Sender) -> str:
    """The role that is acted in, which has to be held. Raises Invalid, Refused."""
    labels = policy.guards.role_labels
    role = role or sender.role
    if role is None:
        raise Invalid(
            "It is done in a role, and none is named.",
            errors=[("role", f"name one of {', '.join(labels)}")],
        )
    if role not in labels:
        raise Invalid(
            f"There is no role {role!r}.{did_you_mean(role, labels)}",
            errors=[("role", f"expected one of {', '.join(labels)}")],
        )
    if not sender.holds(role, state.system):
        raise Refused(
            "release_role_not_held",
            f"To act as {labels[role]} for {state.system} the role has to be held, and it is not.",
            remedy="Have it granted with airledger role grant, or name a role that is held.",
        )
    return role


def require_open(state: Release) -> None:
    """Raises Refused for a release that was never proposed, or was retired."""
    if not state.proposed:
        raise Refused(
            "release_not_proposed",
            f"{state.version} of {state.system} was deployed, and never proposed.",
            remedy="Propose it with airledger release propose.",
        )
    if state.retired:
        raise Refused(
            "release_retired",
            f"{state.version} of {state.system} is retired.",
            remedy="Propose another version.",
        )


def require_no_author(state: Release, persons: frozenset[str], what: str) -> None:
    """Raises Refused where one of these made it."""
    if is_author(persons, state):
        raise Refused(
            "author_waives",
            f"An author of the release cannot {what}.",
            remedy="Let somebody do it who did not make it.",
        )


def require_others(before: tuple[str, ...], after: list[str], sender: Sender) -> None:
    """Raises Refused where whoever changes the authors is one of those who are not any more."""
    if not set(before).difference(after).isdisjoint(sender.persons):
        raise Refused(
            "author_leaves",
            "Nobody takes himself out of the authors of a release: he could then sign it.",
            remedy="Let somebody else amend who made it.",
        )
