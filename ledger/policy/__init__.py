"""Policy as code: every threshold of the runbook's sections 4 to 7 as data, read and checked.

`parse_policy(shipped())` is the policy as shipped. Pure: the one file it reads is the packaged
policy.toml (and, through zoneinfo, the time zone database).
"""

from ledger.policy.absent import AbsentKey, absent_keys
from ledger.policy.diff import Change, Difference, difference
from ledger.policy.flow import AddedCategory, AddedStep, Flow, Rca
from ledger.policy.gates import Gate
from ledger.policy.matchers import Matcher, Operator, parse
from ledger.policy.model import (
    UNASSIGNED,
    Alerts,
    IncidentCount,
    Policy,
    PolicyUpdate,
    Rule,
    Trigger,
    Triggers,
)
from ledger.policy.objectives import Objective
from ledger.policy.parser import (
    MAX_BYTES,
    digest,
    parse_adopted,
    parse_guards,
    parse_policy,
    shipped,
)
from ledger.policy.privacy import Beside, Privacy, Retention
from ledger.policy.raci import ADOPT_POLICY, Access, Guards, RaciRow

__all__ = [
    "ADOPT_POLICY",
    "MAX_BYTES",
    "UNASSIGNED",
    "AbsentKey",
    "Access",
    "AddedCategory",
    "AddedStep",
    "Alerts",
    "Beside",
    "Change",
    "Difference",
    "Flow",
    "Gate",
    "Guards",
    "IncidentCount",
    "Matcher",
    "Objective",
    "Operator",
    "Policy",
    "PolicyUpdate",
    "Privacy",
    "RaciRow",
    "Rca",
    "Retention",
    "Rule",
    "Trigger",
    "Triggers",
    "absent_keys",
    "difference",
    "digest",
    "parse",
    "parse_adopted",
    "parse_guards",
    "parse_policy",
    "shipped",
]
