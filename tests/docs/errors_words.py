"""What docs/reference/errors.md says in words: each code's remedy, and what each rule demands."""

COMMAND = "python -m tests.docs.generate"

HEAD = f"""\
# Errors

<!-- Generated from the program's source by `{COMMAND}`; do not edit. -->

Every refusal says what was refused, the rule, the value and the remedy. Over HTTP it is a problem
(RFC 9457) with the members `status`, `title`, `detail`, `code`, `rule`, `remedy` and `errors`; the
command line prints the same on standard error and ends with an exit status. Match on `code` and
`rule`: they do not change. The other members are sentences for people.

[HTTP](http.md#refusals) lists the statuses that have no code, such as 401 and 413.

## Codes

| code | HTTP status | exit status | meaning | remedy |
|---|---|---|---|---|
"""

CODES = {
    "ledger_error": "None: every error has a code of its own.",
    "forbidden": "Send it with a token or a session that may, or ask for the role. The "
    "[rule](#rules) says which is missing.",
    "refused": "See the [rule](#rules) that it names.",
    "invalid": "Correct each field that `errors` names, and send it again.",
    "content_changed": "Restore the content from a backup, or file the document again: its digest "
    "is on record.",
    "not_found": "Check the id or reference. A list command or list route shows what there is.",
    "stale_version": "Read the object again, decide again, and send the command with its new "
    "version.",
    "conflict": "Send the same request again. Where a ledger is being moved or repaired, stop the "
    "other process first.",
    "idempotency_key_reused": "Use a new key for a new request.",
    "unavailable": "Send it again after `Retry-After`. Nothing was recorded. The detail names what "
    "the store lacks.",
    "overloaded": "Send it again after `Retry-After`. Nothing was recorded. If it lasts, see "
    "[sizing](../how-to/operate.md#sizing).",
    "unknown_event": "Upgrade this program to the version that wrote the event.",
    "event_too_large": "Shorten the texts, and link to the long version.",
    "fork": "Stop sealing, and restore the missing or changed events byte for byte: see "
    "[back up and restore](../how-to/back-up-and-restore.md#put-missing-events-back).",
    "settings": "Correct the setting or file that it names. See [settings](settings.md).",
}
"""The remedy of each code where the error itself names none that is closer."""

RULES_HEAD = """
## Rules

An error with the code `refused` names one of these rules. Below each stand the messages with which
it refuses, with … for values, and the remedy that comes with each.
"""

NAMES = {
    "incident_…": "incident_closed, incident_dismissed",
    "raci_…": "raci_severe-incidents, raci_response",
    "scope_…_needed": "scope_report_needed, scope_operate_needed",
    "…_cannot_be_waived": "rca_cannot_be_waived",
}
"""Rules whose name holds a value, and the names that they have then."""

RULES = {
    "delegated_by_holder": "A role is delegated by whoever holds it.",
    "deputy_is_holder": "A deputy is another person than the holder of the role.",
    "glass_by_host": "The glass is broken by the command line of the ledger's own host alone.",
    "grant_to_oneself": "With `access.two_people` in the policy, nobody grants a role to himself, "
    "or joins his own name with another's.",
    "name_of_provider": "At a provider people may change their names, so rights are given by the "
    "id.",
    "nobody_could_adopt": "A policy that enforces the RACI leaves somebody who may adopt another "
    "one, or two persons where two people are needed. The last of them keeps the role.",
    "person_needed": "An approval needs a person's session, which a log-in at the provider or a "
    "one-time link began. A token, a session that a token began and the host's command line "
    "never count.",
    "raci_…": "With `access.enforce` in the policy, a command needs one of the roles that its row "
    "of the RACI makes responsible or accountable, in every system that it concerns. The rule "
    "ends with the name of the row.",
    "role_not_held": "Only a role that is held is revoked or delegated.",
    "roles_by_provider": "Roles of the provider are renewed by a log-in alone.",
    "same_person": "Two different names are joined.",
    "second_person_needed": "With `access.two_people` in the policy, the policy and grants of "
    "roles need two persons, each logged in as a person. Whoever acts as a deputy counts as both.",
    "too_many_proposals": "A limited number of policies waits for a second person.",
    "already_contained": "An incident is contained once. The same command again is not refused.",
    "body_altered": "Only a body that still has the digest of its arrival is processed again.",
    "body_erased": "A kept body in which an erased text stood is gone, and cannot be processed "
    "again.",
    "body_not_kept_whole": "A body beyond the source's quarantine quota is kept in part, and "
    "cannot be processed again.",
    "expired_already": "A token that opens nothing is not granted.",
    "form_of_another_session": "A form of a page counts in the session that the page was opened "
    "in. What was typed is shown again; send it once more.",
    "conclusion_after_launch": "A review is concluded after it was launched.",
    "ends_after_start": "An impact ends after it began.",
    "event_envelope": "Only events are sealed. The sealer stops before bytes that are none.",
    "headers_not_kept_whole": "A body is processed again only with all headers that say how to "
    "read it.",
    "log_in_address": "The provider sends people back to this server's own address, never to one "
    "that a request names.",
    "log_in_cli_code": "A code of airledger login works once, within a minute, for the command "
    "that asked for it.",
    "log_in_code": "A code of the provider works once, and soon.",
    "log_in_denied": "Whom the provider does not log in is not logged in here.",
    "log_in_id_token": "An ID token counts when the provider signed it with an asymmetric "
    "algorithm, for this client, for this log-in, and it has not expired.",
    "log_in_no_group": "Who may do something is said by `oidc.groups` and `oidc.scopes_of_all`.",
    "log_in_not_begun_here": "A log-in ends in the browser that began it, once, within 10 minutes.",
    "log_in_other_provider": "Answers of another provider are not taken for those of this one.",
    "log_in_other_subject": "Groups of userinfo count for the subject of the ID token alone.",
    "log_in_too_many_groups": "Groups that the provider left out are not taken for none.",
    "source_name_reserved": "`airledger/` begins the names of the ledger's own sources, such as "
    "that of breached objectives.",
    "measurement_conflict": "A measurement is recorded once. What is on record is not overwritten.",
    "no_samples": "No data is never a value, and never a pass.",
    "unknown_unit": "Units convert by the policy, and are never guessed.",
    "unit_of_another_kind": "A metric has one unit; what does not convert to it is another metric.",
    "system_name_reserved": "`unassigned` stands for alerts without a system, `airledger/` "
    "begins the names of the ledger's own sources, and a number, or SYS-<number>, is a reference.",
    "system_name_taken": "No name is that of two systems: not as its own, and not as an alias, "
    "however it is written.",
    "system_registered": "A system is one intended purpose under one name. Names that differ in "
    "case or spaces alone are one.",
    "system_retired": "What is used no more does not change.",
    "evidence_too_large": "A document has at most as many bytes as `evidence.most_bytes` says.",
    "digest_differs": "Content that is filed under a digest has it.",
    "content_withheld": "What is filed of a restricted system is read by those roles alone that "
    "the policy names.",
    "evidence_ended": "What was withdrawn or superseded counts no more, and does not change.",
    "evidence_expired": "What is valid no longer is neither approved nor put in another's place.",
    "evidence_role_not_held": "Who decides in a role holds it, for the system of the evidence or "
    "for the organisation.",
    "decision_ended_already": "A decision ends after it was made.",
    "size_differs": "One content has one digest and one size.",
    "subject_unpinned": "A statement for others is about artefacts that are known by their "
    "content.",
    "supersedes_another": "What is in the place of evidence is of its kind, and of its system.",
    "no_such_alias": "Only what is on record can be taken back.",
    "no_such_dependency": "Only what is on record can be taken back.",
    "no_such_iteration": "Iterations are counted from 1, as they were begun.",
    "phase_owes_evidence": "A phase is left with the evidence that the policy wants of it, which "
    "counts: filed, not expired, not rejected, and of the system or the organisation.",
    "phase_owes_release": "A phase is left with a release of the system that was decided go, where "
    "the policy wants one; one that was rolled back or retired does not count.",
    "phase_order": "An iteration enters the phases of the runbook one after the other.",
    "reason_to_go_back": "An iteration goes back to an earlier phase for a reason.",
    "cause_named": "An improvement that somebody or something caused says what that was.",
    "improvement_decided": "An improvement is accepted or rejected once.",
    "assessed_until_later": "An assessment of a control holds until a time that is still to come.",
    "control_applies_or_not": "A control that does not apply has neither a design nor an operation "
    "to assess.",
    "control_evidence_counts": "An assessment is backed by evidence that is neither withdrawn, "
    "superseded, expired nor rejected, and is not about another system.",
    "control_of_organisation": "The policy says which controls the organisation has once for all "
    "systems.",
    "control_of_registered": "What is assessed is the control of a system that is on record and in "
    "use.",
    "control_of_systems": "The policy says which controls each system has of its own.",
    "reassessed_after_now": "A change of a standard leaves time for the re-assessments.",
    "review_after_now": "The next look at a standard is still to come.",
    "standard_for_registered": "The scope of a standard is of systems that are on record and in "
    "use.",
    "standard_registered": "A standard is registered once; later versions are changes of it.",
    "standard_withdrawn": "A standard that was withdrawn stays as it was.",
    "system_in_scope": "What is asked for one system is asked of a standard that it is held to.",
    "version_changed": "A change gives a standard another version, so that people know which one "
    "is meant.",
    "nothing_to_recur": "What is not to happen again has to have happened: as an incident that an "
    "alert opened.",
    "nothing_due": "What is put off was accepted, and is not done yet.",
    "done_before_accepted": "What is recorded as done was accepted, by somebody who owns it.",
    "check_before_done": "The effect of what was not done is not known. What was found effective "
    "can only be found not effective later.",
    "own_check": "Nobody checks what he owns, or recorded as done, nor for somebody who does.",
    "too_early_to_tell": "That nothing happens again is known once the time has passed that was "
    "set for it, and the clock says so.",
    "evidence_does_not_show_it": "An improvement that is known by evidence is effective where "
    "there is evidence of the kind that was named: approved, and valid.",
    "measurement_does_not_show_it": "An improvement that is known by a metric is effective where a "
    "measurement of it, taken after it was done, meets the target.",
    "recur_before_done": "Only what was done can have failed to keep something from happening.",
    "act_before_effective": "What becomes how the organisation works is known to have an effect.",
    "policy_not_adopted": "An update of the policy is one that was adopted, by its digest.",
    "reopen_before_not_effective": "Only what had no effect is done again.",
    "close_before_acted": "An improvement is closed once it was acted on; where it has no effect, "
    "or is given up, for a reason.",
    "close_needs_reason": "What is closed without having had an effect says why.",
    "due_after_now": "What is to be done has a time to be done in.",
    "tells_from_later": "People are told of what happens from a leaf on, which can be moved back "
    "and not forward: what lies between would be told to nobody.",
    "several_of_that_name": "Names of persons are not unique. A command does not guess whom it "
    "names.",
    "impact_ended": "An impact ends once. A wrong end is corrected by an amendment.",
    "impact_not_ended": "An incident whose impact is ongoing or unknown is closed only with a "
    "reason.",
    "incident_merged": "A merged incident takes no commands. They go to the incident that it was "
    "merged into.",
    "incident_open": "Only an incident that is closed or dismissed can be reopened.",
    "incident_unknown": "A command needs an incident that was detected.",
    "incident_…": "Steps are recorded on an open incident.",
    "mark_is_right": "Only a mark of the RCA clock that was recorded wrongly can be withdrawn.",
    "mark_unknown": "A mark that is withdrawn has to be recorded, under the due time given.",
    "merge_into_near_miss": "An incident is not merged into a near miss, where it would count "
    "nowhere.",
    "merge_into_itself": "An incident is merged into another one.",
    "merge_target_not_open": "The target of a merge is open and not merged itself.",
    "missing_events": "A repair takes the lines of this very log, each at its leaf, without a gap.",
    "name_in_use": "A name has one token at a time.",
    "never_storable": "The store refuses the value for good, for example a character that it "
    "cannot hold. Sent again, it is refused again.",
    "link_used": "A link to acknowledge works once.",
    "no_near_miss": "Only a near miss is made an incident again.",
    "not_a_demo": "The demo plays into a data directory of its own.",
    "not_before_1970": "A year such as 0202 is a slip: no incident is that old.",
    "not_granted": "Only a token that exists can be revoked.",
    "not_in_the_future": "Times lie in the past. One within `alerts.clock_skew` of the "
    "[policy](policy.md) ahead is taken as now.",
    "not_open": "A quarantine entry is closed once, by a retry or a dismissal.",
    "os_user_in_use": "One operating-system user is one person.",
    "own_key_reads_as_reference": "A sender's own key for an incident must not look like a "
    "reference of this ledger (`INC-7`), or commands would reach another incident.",
    "not_restricted": "A restriction is lifted where there is one.",
    "nothing_to_correct": "What was never recorded cannot be corrected.",
    "several_incidents": "What was done to a ticket elsewhere is done to one incident: the open "
    "one of those that have it on record.",
    "ticket_not_on_record": "A label proves nothing: whoever may edit a ticket can set it.",
    "rca_after_detection": "A root cause analysis is completed after the incident was detected.",
    "rca_approved_by_another": "A root cause analysis is approved by somebody who did not complete "
    "it, where the policy asks for approval.",
    "rca_needs_no_approval": "Only an analysis that needs approval is approved: the policy of its "
    "completion decides.",
    "rca_not_complete": "A root cause analysis is approved once it is complete.",
    "rca_already_complete": "A root cause analysis is completed once.",
    "reason_needed": "A quarantine entry is dismissed with a reason.",
    "review_concluded": "A review is concluded once. A wrong conclusion is corrected by an "
    "amendment.",
    "review_not_concluded": "Only a conclusion that is on record can be corrected.",
    "scope_…_needed": "A command in a CloudEvent or Kafka record needs the scope that the same "
    "command needs over HTTP. The body is kept in quarantine.",
    "signed_root": "A repaired log has the root that was signed.",
    "step_already_done": "A step that is done needs no waiver, and is not done again.",
    "step_cannot_be_waived": "A step of which the policy says so is done.",
    "step_has_its_command": "A step of the runbook is done by its own command.",
    "step_not_applicable": "A step that does not apply needs no waiver.",
    "steps_pending": "An incident is closed when every step of the flow is done, waived or not "
    "applicable.",
    "still_not_understood": "A retry from quarantine processes a body that can be parsed now.",
    "still_refused": "A retry from quarantine carries out a command that no rule refuses now.",
    "…_cannot_be_waived": "Detection and the root cause analysis are never waived (runbook section "
    "7).",
    "author_waives": "An author of a release neither waives nor excludes a requirement of it.",
    "author_leaves": "Nobody takes himself out of the authors of a release.",
    "author_signs": "Who made a release does not sign it off, unless "
    "`releases.authors_may_sign` says so (runbook section 5).",
    "emergency_incident_of_system": "An emergency release is for an incident of its own system.",
    "emergency_incident_open": "An emergency release is for an open incident.",
    "emergency_is_proposed": "A release is an emergency from its proposal on, or not at all.",
    "emergency_needs_person": "A person proposes an emergency release, for it is deployed "
    "before it is decided.",
    "evidence_kind": "Evidence counts for a requirement that asks for its kind.",
    "evidence_of_another_system": "Evidence about another system counts for no requirement of"
    " a release.",
    "gates_not_passed": "Go needs every gate to pass: what is undecided holds a release back "
    "(runbook section 5).",
    "most_attached": "A release has at most 200 pieces of evidence.",
    "no_such_sign_off": "Somebody withdraws a sign-off of his own.",
    "release_not_proposed": "What was only deployed is proposed before it is decided on.",
    "release_proposed": "A version is proposed once for an environment; what changes later is"
    " amended.",
    "release_retired": "A release that is retired takes no command.",
    "release_role_not_held": "Who acts in a role for a release holds it, for its system or "
    "the organisation.",
    "release_rolled_back": "A release that was rolled back is decided go no more.",
    "release_runs": "A release that runs is not retired.",
    "requirement_not_waivable": "A requirement is waived where the policy says `waivable`.",
    "rollback_to_itself": "A release is rolled back to another one.",
    "sign_off_is_signed": "A sign-off is neither waived nor excluded.",
    "sign_off_role": "A sign-off is in a role that a gate asks for.",
    "signed_already": "The sign-offs of a release are of different persons.",
    "subject_changed": "Who signs or decides names what he saw: its digest is still that of "
    "the release.",
    "waiver_end": "A waiver ends, within 366 days.",
    "above_authority": "A risk is accepted in a role that the policy names for its band "
    "(`risks.bands`), held for its system or the organisation (runbook section 3).",
    "acceptance_ended_already": "An acceptance of a risk ends in the future.",
    "acceptance_none": "What is withdrawn holds, or is asked for.",
    "acceptance_not_requested": "A risk is accepted once somebody else has asked for it.",
    "accepted_already": "A risk has one acceptance at a time: another follows once it was "
    "withdrawn, has expired, or is stale.",
    "accepted_too_long": "A risk is accepted for as long as the policy says for its band, at most.",
    "assessment_outdated": "A risk is accepted by an assessment that comes to the same band by "
    "the policy in force.",
    "most_linked": "A risk has at most 500 links.",
    "no_treatment": "A treatment that is done was chosen before, and was not to accept the risk.",
    "own_acceptance": "Nobody accepts a risk that he owns, or asked to have accepted; a deputy "
    "counts as whom he acts for (runbook section 3).",
    "review_too_late": "A risk is reviewed as often as the policy says for its band; one without "
    "a current assessment as often as the worst.",
    "risk_closed": "A risk that is closed is reopened before anything else.",
    "risk_not_assessed": "A risk is accepted once it has a current assessment: what is not "
    "assessed is never within tolerance.",
    "unknown_label": "Likelihood, impact, category and control of a risk are words of the policy.",
}
"""What each rule demands."""

REMEDIES = {
    "merge_target_not_open": "That of the rule that the target breaks.",
    "steps_pending": "Complete each pending step, or waive it with a reason; the root cause "
    "analysis is completed.",
}
"""Where a remedy is made elsewhere: what it says."""
