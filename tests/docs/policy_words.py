"""What docs/reference/policy.md says in words, where policy.toml has no comment on a key."""

COMMAND = "python -m tests.docs.generate"

HEAD = f"""\
# Policy

<!-- Generated from ledger.policy by `{COMMAND}`; do not edit. -->

Every key of a policy: its type, whether it may be left out, its value in [the policy as
shipped](../../ledger/policy/policy.toml), and what it does. A policy is one TOML text of at most
55,000 bytes. Unknown keys are errors. Durations are ISO 8601 in days, hours, minutes and seconds,
such as `"PT24H"`.

`airledger policy check FILE` names every fault by its path, and needs no ledger. [Change the
policy](../how-to/change-the-policy.md) shows how to adopt one, and what a change acts on. A key
that a later release adds may be left out; the program then does what it did before.
"""

TAIL = """
## Rules between values

- A duration lies between one second and 366 days; those of `notify` are at most 30 days.
  `rca.at_risk_lead`, `alerts.late_copy`, `alerts.quiet`, `alerts.backdate_limit` and
  `alerts.clock_skew` may be zero. `rca.at_risk_lead` is at most `rca.due_after`, and
  `alerts.clock_skew` at most one hour.
- `rca.final_due_after` is at least `rca.at_risk_lead`. It is there where `rca.preliminary_meets` is
  true.
- `flow.steps` and `flow.categories` list the runbook's, in its order, and what the policy adds
  among or after them. Each that is added has its table in `steps` or `categories`, at most 30 of
  either, and none of these describes one of the runbook's.
- A rule, a step and `rca.due_after_by_category` name categories of `flow.categories`.
- The zones of triggers are names of the time zone database.
- Times of objectives lie between one minute and 366 days, and `burn[].over` is at most `window`.
  An objective that is judged by its burn rate has a unit that converts to `1`, and a target that
  leaves an error budget. One that is judged by incidents names one of `flow.categories`.
- A unit is given by one that is not itself given by another, and a name stands for one metric.
- `coverage.silent_after_by_kind` and `coverage.silent_after_by_source` are at least one minute.
  Each of `coverage.heartbeats` is a matcher. `coverage.quarantine_grown_at` is at least 1.
- `alerts.stale_after_by_kind` names only kinds of sources that repeat.
- `phases` name phases of the runbook, and kinds of `evidence.kinds`, each once in a list.
- `risks.matrix` has a row for each of `risks.likelihood`, and in each a band for each of
  `risks.impact`. It and `risks.tolerated` name bands of `risks.bands`, and `accepted_by` roles of
  `roles`. `accepted_for`, `reviewed_every`, `triggers.policy_update.reassess_within` and
  `improvements.no_recurrence` lie between one minute and ten years.
- `controls.<id>.maps` name standards of `standards`, and clauses that these have. There are at most
  200 controls.
- Names of rules and ids of gates are unique. So are the labels of a list.
- A row of the RACI names roles of `roles`, and a responsible or accountable one. Its name is
  unique, and no row before it covers all of one of its commands. Adopting also refuses a command
  that does not exist, and a policy under which nobody could adopt another one.
- `privacy.restricted_categories` names categories of `flow.categories`, and
  `privacy.restricted_readers` roles of `roles`: at least one, where a category or a system
  restricts.
- `notify.fallback` names channels that a rule tells, and another one for each; with it,
  `notify.next_channel_after` is shorter than `notify.give_up_after`. `notify.quiet_hours` name
  channels that a rule tells, or a fallback.
- A rule of `notify` names categories of `flow.categories`, roles of `notify.roles`, and at least
  one channel or role; so does each step of its `escalate`. A rule with `escalate` has no `digest`,
  and names notices of incidents alone, and one beside `incident_closed`. `notify.roles` names roles
  of `roles`. No rule names `delivery_given_up`: each with `digest` tells of it.
- The last rule has `match = []`, so that every alert has a rule. No earlier rule has.
- The keys of `severities` are lower case.
"""

NAMED_BY = {
    "slos": "name",
    "slos.<name>.systems": "system",
    "metrics": "name",
    "phases": "phase",
    "units": "name",
    "categories": "id",
    "steps": "id",
    "evidence.complete": "kind",
    "releases.classes": "class",
    "risks.bands": "band",
    "standards": "id",
    "controls": "id",
}
"""What names the tables of a key that holds any number of them."""

MEANINGS = {
    "triggers.policy_update.reassess_within": "Within this time of the change of a standard each "
    "control that is mapped to it is re-assessed.",
    "risks.likelihood": "The labels of likelihood by id, from the least to the worst.",
    "risks.impact": "The labels of impact by id, from the least to the worst.",
    "risks.matrix": "A row for each likelihood, and in it the band of each impact.",
    "risks.tolerated": "The worst band that is tolerated, by the current assessment.",
    "risks.categories": "The names of the categories of risks, by id.",
    "risks.bands.<band>.label": "What people call the band.",
    "risks.bands.<band>.accepted_by": "The roles that may accept a risk of the band.",
    "without risks.bands.<band>.accepted_by": "nobody may accept a risk of the band",
    "risks.bands.<band>.accepted_for": "For how long a risk of the band is accepted at most.",
    "without risks.bands.<band>.accepted_for": "at most 365 days",
    "risks.bands.<band>.reviewed_every": "The time within which a risk of the band is reviewed "
    "again.",
    "without risks.bands.<band>.reviewed_every": "every 365 days",
    "standards.<id>.label": "What people call it.",
    "standards.<id>.kind": "Whether it is a law or a standard.",
    "standards.<id>.reference": "Its number or citation.",
    "without standards.<id>.reference": "its number is not said",
    "standards.<id>.clauses": "Its parts by number, each in short words.",
    "controls.<id>.words": "What is done.",
    "controls.<id>.scope": "Whether each system has it, or the organisation.",
    "without controls.<id>.scope": "each system has it",
    "controls.<id>.maps": "The clauses that ask for it, by the standard's id.",
    "without controls.<id>.maps": "no standard asks for it",
    "schema": "The version of this form of policy.",
    "title": "What the policy is called on pages.",
    "access.harmless": "The keys, by their TOML path, that one person may change where two people "
    "are needed. They name none of `access`, `roles`, `raci` and `privacy`.",
    "evidence.complete.<kind>.requires[].path": "A JMESPath expression over the card.",
    "evidence.complete.<kind>.requires[].words": "What people call it.",
    "evidence.complete.<kind>.version": "The expression for the release that the card is about: it "
    "has to be the one that it is filed for.",
    "without evidence.complete.<kind>.version": "no release is looked for",
    "without evidence.complete.<kind>.date": "a card has no age",
    "without evidence.complete.<kind>.max_age": "a card may have any age",
    "evidence.complete.<kind>.date": "The expression for the card's date.",
    "evidence.complete.<kind>.max_age": "How long ago that date may be.",
    "evidence.kinds": "The kinds of evidence that can be filed, each with its name for people.",
    "privacy.restricted_systems": "The systems whose incidents are restricted.",
    "privacy.restricted_readers": "The roles that read the texts and the timeline of a restricted "
    "incident.",
    "notify.fallback": "The channel that is tried in place of another.",
    "notify.roles": "The channels of a role, for rules that name it.",
    "notify.rules[].name": "The name of the rule.",
    "notify.rules[].notices": "What its channels are told of.",
    "notify.rules[].channels": "The channels that it tells.",
    "notify.rules[].roles": "The roles whose channels, by `notify.roles`, it tells as well.",
    "without notify.rules[].channels": "it tells those of its `roles` alone",
    "without notify.rules[].roles": "it tells its `channels` alone",
    "notify.rules[].severities": "It is for incidents of these alone; what is no "
    "incident it tells all the same.",
    "without notify.rules[].severities": "it is for all",
    "notify.rules[].categories": "It is for incidents of these alone; what is no "
    "incident it tells all the same.",
    "without notify.rules[].categories": "it is for all",
    "notify.rules[].systems": "It is for incidents and reviews of these alone, and for "
    "sources that tell of one of them by `coverage.systems`.",
    "without notify.rules[].systems": "it is for all",
    "notify.rules[].tells_risk_manager": "What it delivers is the step `notify` of the incident.",
    "without notify.rules[].tells_risk_manager": "it is no step of the incident",
    "notify.rules[].escalate[].after": "How long after what happened. From one step to the next it "
    "grows, to 30 days at most.",
    "notify.rules[].escalate[].channels": "The channels that are told then.",
    "without notify.rules[].escalate[].channels": "it tells those of its `roles` alone",
    "notify.rules[].escalate[].roles": "The roles whose channels are told then.",
    "without notify.rules[].escalate[].roles": "it tells its `channels` alone",
    "notify.rules[].digest": "The time of day, in the zone of the monthly count, that it waits "
    "for, to be one message with all else that waits for it.",
    "without notify.rules[].digest": "it is told at once",
    "notify.quiet_hours[].channels": "The channels that have them.",
    "notify.quiet_hours[].from": "When they begin.",
    "notify.quiet_hours[].until": "When they end; on the next day where that is earlier.",
    "notify.quiet_hours[].zone": "Whose clocks show these times.",
    "notify.quiet_hours[].never_for": "Categories whose incidents they do not hold back.",
    "without notify.quiet_hours[].never_for": "`data_breach`",
    "roles": "The roles that may be granted, each with its name for people.",
    "raci[].name": "The name of the row; a refusal names it.",
    "raci[].commands": 'The commands of the row, such as `"incident/rca/start"`, or all of a kind '
    'or group: `"incident/rca/*"`. `airledger raci` lists every command.',
    "raci[].severities": "The severities of the incidents that the row is for: those that had one "
    "of them at any time, or have none yet. Left out, it is for all.",
    "raci[].responsible": "The roles that do the work; they may send the commands.",
    "raci[].accountable": "The roles that answer for it; they may send the commands.",
    "raci[].consulted": "The roles that are asked before.",
    "raci[].informed": "The roles that are told after.",
    "slos.<name>.metric": "What is measured.",
    "slos.<name>.comparison": "How a measurement is compared with `target`.",
    "slos.<name>.target": "The value to compare with.",
    "slos.<name>.unit": "The unit of `target`.",
    "slos.<name>.judge": "How a breach is found: `in_a_row`, `burn_rate` or `incidents`.",
    "without slos.<name>.judge": "the objective is not judged",
    "slos.<name>.window": "Attainment and error budget are over the last so long.",
    "without slos.<name>.window": "it is 30 days",
    "without slos.<name>.goal": "it is 95",
    "without slos.<name>.in_a_row": "it is 2",
    "without slos.<name>.min_n": "one sample is enough",
    "without slos.<name>.fresh_for": "it is a day",
    "without slos.<name>.coverage": "it is 99",
    "without slos.<name>.prometheus.interval": "it is an hour",
    "without metrics.<name>.aliases": "it has none",
    "slos.<name>.goal": "So many percent of the measurements are to meet the target, where "
    "they are no ratios.",
    "slos.<name>.in_a_row": "So many measurements in a row that miss the target are a breach.",
    "slos.<name>.burn[].over": "For so long.",
    "slos.<name>.burn[].rate": "So many times as fast as it lasts for `window` is a breach.",
    "slos.<name>.min_n": "Measurements of fewer samples are not judged.",
    "slos.<name>.fresh_for": "Without a measurement for so long it is undecided.",
    "slos.<name>.category": "The category of the incidents that it counts.",
    "without slos.<name>.category": "it counts none",
    "slos.<name>.coverage": "Its sources were heard for so many percent of the time, or it is "
    "undecided.",
    "slos.<name>.severity": "The severity of the incident that a breach opens.",
    "without slos.<name>.severity": "the incident has no severity until somebody classifies it",
    "slos.<name>.systems.<system>.target": "The target of this system, in the objective's unit.",
    "slos.<name>.prometheus.reader": "The server, by its name among the `readers` of the settings.",
    "slos.<name>.prometheus.query": "The PromQL of the value, in the metric's unit.",
    "slos.<name>.prometheus.n_query": "The PromQL of the number of samples.",
    "without slos.<name>.prometheus.n_query": "the number of samples is not known",
    "slos.<name>.prometheus.interval": "It is asked at the end of each interval of so long.",
    "slos.<name>.prometheus.systems": "The systems that it is asked for.",
    "phases.<phase>.owes": "The kinds of evidence that it owes, all of them.",
    "without phases.<phase>.owes": "none beside one of `one_of`",
    "phases.<phase>.one_of": "Kinds of evidence of which it owes at least one.",
    "without phases.<phase>.one_of": "there is no choice",
    "phases.<phase>.release": "Whether it owes a release of the system that was decided go.",
    "without phases.<phase>.release": "it owes none",
    "metrics.<name>.unit": "The unit that its values are kept in.",
    "metrics.<name>.direction": "Which values are better.",
    "without metrics.<name>.direction": "each measurement says it, or is not judged",
    "metrics.<name>.aliases": "Its other names.",
    "units.<name>.of": "The unit that it is given by.",
    "units.<name>.times": "One of it is so many of that.",
    "gates[].id": "The gate's id.",
    "gates[].title": "The gate's name for people.",
    "gates[].requires": "The evidence that the gate requires, in words.",
    "gates[].checks[].id": "The requirement's id, which `airledger release attach` names.",
    "gates[].checks[].words": "What people call it.",
    "gates[].checks[].by": "By what it is judged: `card`, `measurement`, `approval`, `rollback` or "
    "`sign_off`.",
    "gates[].checks[].evidence": "The kinds of evidence of which one is attached to it.",
    "without gates[].checks[].evidence": "it is judged by no evidence",
    "gates[].checks[].first": "Kinds that do as well for the first release of a system.",
    "without gates[].checks[].first": "the first release needs the same",
    "gates[].checks[].roles": "The roles that approve the evidence, all of them, or in one of "
    "which a person signs.",
    "without gates[].checks[].roles": "no role decides on it",
    "gates[].checks[].metric": "What was evaluated.",
    "without gates[].checks[].metric": "nothing is measured for it",
    "gates[].checks[].comparison": "How the evaluation is compared with `target`.",
    "without gates[].checks[].comparison": "nothing is measured for it",
    "gates[].checks[].target": "The value to compare with.",
    "without gates[].checks[].target": "nothing is measured for it",
    "gates[].checks[].unit": "The unit of `target`.",
    "without gates[].checks[].unit": "nothing is measured for it",
    "gates[].checks[].segment": "The one segment that is judged, by its labels.",
    "without gates[].checks[].segment": "every segment that was evaluated is judged, and the worst "
    "counts",
    "gates[].checks[].min_n": "Evaluations of fewer samples are undecided.",
    "without gates[].checks[].min_n": "one sample is enough",
    "gates[].checks[].max_age": "An evaluation that ended longer ago, or a way back that was tried "
    "longer ago, is undecided.",
    "without gates[].checks[].max_age": "it may be of any age",
    "gates[].checks[].waivable": "Whether it may be waived.",
    "without gates[].checks[].waivable": "it may not",
    "releases.environments": "Where a release needs a decision: a deployment there without one "
    "opens an incident.",
    "releases.authors_may_sign": "Whether the sign-off of somebody who made the release counts.",
    "releases.classes.<class>.label": "What people call it.",
    "releases.classes.<class>.artefacts": "A release that changes an artefact of one of these "
    "kinds is at least of this class.",
    "without releases.classes.<class>.artefacts": "no artefact asks for it",
    "releases.classes.<class>.inherits": "The gates for which the evidence of the release in "
    "production counts, where none is attached.",
    "without releases.classes.<class>.inherits": "each gate needs evidence of its own",
    "releases.classes.<class>.sign_offs": "So many of the sign-offs are enough.",
    "without releases.classes.<class>.sign_offs": "all are needed",
    "releases.classes.<class>.emergency": "It is deployed first, for an open incident, and decided "
    "afterwards.",
    "without releases.classes.<class>.emergency": "it is decided before it is deployed",
    "releases.classes.<class>.decided_within": "So long after the deployment of an emergency it is "
    "to be decided.",
    "without releases.classes.<class>.decided_within": "it is 48 hours",
    "triggers.data_drift.metric": "What is measured.",
    "triggers.data_drift.more_than": "The trigger fires above this value.",
    "triggers.data_drift.unit": "The unit of `more_than`.",
    "triggers.data_drift.action": "What people then do.",
    "triggers.data_drift.judged": "Whether measurements fire it.",
    "triggers.data_drift.of": "The metrics that it judges.",
    "triggers.data_drift.segments": "The segments that it judges; without any, all.",
    "triggers.data_drift.min_n": "Measurements of fewer samples are not judged.",
    "triggers.data_drift.zone": "The time zone whose quarters are compared.",
    "triggers.data_drift.grace": "A quarter is judged until so long after its end.",
    "triggers.quality_drop.metric": "What is measured.",
    "triggers.quality_drop.more_than": "The trigger fires above this value.",
    "triggers.quality_drop.unit": "The unit of `more_than`.",
    "triggers.quality_drop.action": "What people then do.",
    "triggers.quality_drop.judged": "Whether measurements fire it.",
    "triggers.quality_drop.of": "The metrics that it compares with themselves.",
    "triggers.quality_drop.segments": "The segments that it judges; without any, all.",
    "triggers.quality_drop.min_n": "Measurements of fewer samples are not judged.",
    "triggers.quality_drop.zone": "The time zone whose quarters are compared.",
    "triggers.quality_drop.provider_action": "What people then do for a system that runs a "
    "supplier's model, and fine-tunes none.",
    "triggers.quality_drop.grace": "A quarter is judged until so long after its end.",
    "triggers.incident_count.more_than": "More incidents than this in one month launch a review.",
    "triggers.incident_count.per": "What is counted by.",
    "triggers.incident_count.zone": "The time zone whose calendar months are counted.",
    "triggers.incident_count.count_severities": "The severities that count. An incident without a "
    "severity counts as well.",
    "triggers.incident_count.action": "What people then do.",
    "triggers.policy_update.on": "The occasions.",
    "triggers.policy_update.action": "What people then do: the action of the improvement that each "
    "system in scope gets.",
    "flow.categories": "The categories of incidents: the runbook's (section 7.2), and those of "
    "`categories`.",
    "flow.steps": "The steps of incidents, in order: the runbook's (sections 7.1 to 7.5), and "
    "those of `steps` at their places.",
    "categories.<id>.label": "The category's name for people.",
    "categories.<id>.words": "What belongs to it.",
    "steps.<id>.label": "The step's name for people.",
    "steps.<id>.waivable": "Whether it can be waived with a reason.",
    "without raci[].severities": "incidents of every severity, and without one",
    "without raci[].responsible": "none",
    "without raci[].accountable": "none",
    "without raci[].consulted": "none",
    "without raci[].informed": "none",
    "without steps.<id>.waivable": "it can",
    "steps.<id>.categories": "The categories whose incidents owe it.",
    "without steps.<id>.categories": "any, and none",
    "steps.<id>.severities": "The severities whose incidents owe it.",
    "without steps.<id>.severities": "any, and none",
    "rca.due_after": "The root cause analysis is due this long after detection, where no entry "
    "below is for the incident's severity or category.",
    "rca.at_risk_lead": "It is at risk from this long before it is due; from detection on, where "
    "it is due sooner than that.",
    "rca.preliminary_meets": "Whether a preliminary analysis meets the deadline.",
    "rca.final_due_after": "The final analysis is due this long after the preliminary one that met "
    "the deadline.",
    "rca.final_needs_approval": "Whether somebody who did not complete the analysis has to approve "
    "it.",
    "rules[].name": "The rule's name. It is part of the identity of a group of alerts.",
    "rules[].match": "Alertmanager's matchers; the rule applies to alerts for which all hold. A "
    'regular expression is RE2 and matches the whole value. A missing label has the value `""`.',
    "rules[].opens": "Whether an alert under this rule opens an incident.",
    "rules[].category": "The category of incidents that this rule opens.",
    "without rules[].category": "people classify",
    "rules[].severity": "The severity of incidents that this rule opens.",
    "without rules[].severity": "the alert's severity label decides",
    "rules[].group_by": "The labels that group alerts under this rule.",
    "without rules[].group_by": "`alerts.group_by`",
    "rules[].system_labels": "The labels that name the system under this rule.",
    "without rules[].system_labels": "`alerts.system_labels`",
}
"""What a key does, by its path; and, after "without", what holds where it is left out."""
