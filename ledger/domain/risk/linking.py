"""What a risk is linked with: incidents and improvements by id, controls and systems by name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

from msgspec import UNSET
from msgspec.structs import replace

from ledger.domain.identity import name_key
from ledger.domain.risk import commands as c
from ledger.domain.risk import events as e
from ledger.domain.risk.rules import require_label, require_open
from ledger.domain.risk.state import LinkedTo, Risk, link_of
from ledger.domain.risk.words import RiskLink
from ledger.domain.stream_type import Appended, Sender
from ledger.errors import Invalid, Refused
from ledger.policy import Policy

LinkEvent = (
    e.RiskIncidentLinked | e.RiskControlLinked | e.RiskImprovementLinked | e.RiskSystemLinked
)


def linking(
    command: c.Linking, state: Risk, policy: Policy, now: datetime
) -> tuple[e.RiskEvent, ...]:
    """Links a control or a system, or removes a link. Raises Refused, Invalid."""
    match command:
        case c.LinkControl():
            require_label(command.control, policy.controls, "control", "controls")
            system = _system_of(command, state, policy)
            control = e.RiskControlLinked(at=now, control=command.control, system=system or UNSET)
            return _link(control, state)
        case c.LinkSystem():
            if state.system is not None and name_key(state.system) == name_key(command.system):
                return ()
            return _link(e.RiskSystemLinked(at=now, system=command.system), state)
        case c.UnlinkRisk():
            return _unlink(command, state, now)
        case _:
            assert_never(command)


def link_stream(
    command: c.LinkIncident | c.LinkImprovement,
    stream: str,
    states: Mapping[str, Any],
    _policy: Policy,
    now: datetime,
    _sender: Sender,
) -> tuple[Appended, ...]:
    """Links an incident or an improvement, which there has to be. Raises Refused."""
    event: e.RiskIncidentLinked | e.RiskImprovementLinked
    if isinstance(command, c.LinkIncident):
        event = e.RiskIncidentLinked(at=now, incident=command.incident)
    else:
        event = e.RiskImprovementLinked(at=now, improvement=command.improvement)
    return tuple(Appended(stream, (each,)) for each in _link(event, states[stream]))


def _link(event: LinkEvent, state: Risk) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    if found_in(state, link_of(event)) is not None:
        return ()
    if len(state.links) >= c.MOST_LINKED:
        raise Refused(
            "most_linked",
            f"A risk has at most {c.MOST_LINKED} links.",
            remedy="Remove what is not needed with airledger risk unlink.",
        )
    return (event,)


def found_in(state: Risk, link: LinkedTo) -> LinkedTo | None:
    """The link as it is on record: names of systems differ in case or spaces alone."""
    return next((each for each in state.links if _key(each) == _key(link)), None)


def _key(link: LinkedTo) -> tuple[str, str, str | None]:
    of = name_key(link.id) if link.kind is RiskLink.SYSTEM else link.id
    return link.kind, of, None if link.system is None else name_key(link.system)


def _system_of(command: c.LinkControl, state: Risk, policy: Policy) -> str | None:
    """Whose control it is: a system's, that of the risk where none is named, or nobody's."""
    if policy.controls[command.control].scope == "system":
        return command.system or state.system
    if command.system is not None:
        raise Refused(
            "control_of_organisation",
            f"The control {command.control} is the organisation's, and not that of a system.",
            remedy="Link it without a system.",
        )
    return None


def _unlink(command: c.UnlinkRisk, state: Risk, now: datetime) -> tuple[e.RiskEvent, ...]:
    require_open(state)
    named = _named(command)
    link = found_in(state, named)
    if link is None and named.kind is RiskLink.CONTROL and named.system is None:
        link = found_in(state, replace(named, system=state.system))
    if link is None:
        return ()
    unlinked = e.RiskUnlinked(
        at=now, kind=link.kind, id=link.id, system=link.system or UNSET, reason=command.reason
    )
    return (unlinked,)


def _named(command: c.UnlinkRisk) -> LinkedTo:
    """The one link that a command names."""
    found = [
        LinkedTo(kind=kind, id=id_)
        for kind, id_ in (
            (RiskLink.INCIDENT, command.incident),
            (RiskLink.IMPROVEMENT, command.improvement),
        )
        if id_ is not None
    ]
    if command.control is not None:
        found.append(LinkedTo(kind=RiskLink.CONTROL, id=command.control, system=command.system))
    elif command.system is not None:
        found.append(LinkedTo(kind=RiskLink.SYSTEM, id=command.system))
    if len(found) != 1:
        raise Invalid(
            f"One link is removed at a time, and {len(found)} are named.",
            errors=[("incident", "name it, or an improvement, a control or a system: one of them")],
        )
    return found[0]
