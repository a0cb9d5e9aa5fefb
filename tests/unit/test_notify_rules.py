"""Who is told of what by a policy, in sentences, and that these say what the policy does."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from consumers.read_service.notify_rules import notify_rules
from ledger.errors import Invalid
from ledger.policy import parse_policy, shipped
from ledger.policy.notify import Matter
from ledger.vocabulary import Notice, Severity

RULES = """rm = "phone"

[[notify.quiet_hours]]
channels = ["rm", "on-call"]
from = "22:00"
until = "07:00"
zone = "Europe/Berlin"

[[notify.rules]]
name = "severe"
notices = ["incident_opened", "incident_closed"]
severities = ["critical", "high"]
categories = ["data_breach", "infra_error"]
systems = ["chat"]
channels = ["rm", "ops"]
tells_risk_manager = true
escalate = [{ after = "PT15M", channels = ["on-call"] }, { after = "PT2H", channels = ["head"] }]

[[notify.rules]]
name = "worst"
notices = ["incident_opened"]
severities = ["critical"]
channels = ["rm"]

[[notify.rules]]
name = "rest"
notices = ["review_launched", "source_silent", "source_heard", "quarantine_grown"]
severities = ["low"]
systems = ["chat", "search"]
roles = ["mlops_engineer"]
digest = "08:00"

[[notify.rules]]
name = "evening"
notices = ["incident_closed"]
severities = ["low"]
channels = ["on-call"]
roles = ["mlops_engineer", "product_owner"]
digest = "17:00"

[notify.roles]
mlops_engineer = ["on-call"]
product_owner = ["owner"]
"""
QUIET = "From 22:00 to 07:00 (Europe/Berlin)"
PHONE = "Where rm fails for 15 min: phone in its place."
DIGEST = "Tells on-call at 08:00 (UTC), as one message with all else that waits."


def ruled(rules: str = RULES) -> str:
    """The policy with these rules."""
    return f"{shipped()}\n[notify.fallback]\n{rules}"


def words() -> dict[tuple[str, str], list[str]]:
    policy = parse_policy(ruled())
    return {(of.notice, each.rule): each.words for of in notify_rules(policy) for each in of.rules}


def test_a_rule_says_whom_it_tells_of_what_and_who_is_next() -> None:
    narrowed = (
        "Only where the severity is critical or high, or not known yet; the category is Data "
        "breach or Infra error, or not known yet; the system is chat."
    )
    found = words()["incident_opened", "severe"]
    urgent = "is critical, has no severity yet or is of category Data breach"
    assert [
        "Tells rm and ops at once.",
        narrowed,
        "Where nobody acknowledges it: on-call after 15 min; head after 2 h.",
        f"{QUIET} rm and on-call are told of what {urgent} alone; the rest waits until 07:00.",
        PHONE,
        'What rm or ops delivers is the step "Notify Risk Manager".',
    ] == found
    assert found[:2] == words()["incident_closed", "severe"][:2]
    assert "nobody acknowledges" not in " ".join(words()["incident_closed", "severe"])


def test_quiet_hours_are_named_where_they_hold_anything_back() -> None:
    narrowed = "Only where the severity is critical, or not known yet."
    assert ["Tells rm at once.", narrowed, PHONE] == words()["incident_opened", "worst"]


def test_what_is_no_incident_is_narrowed_by_its_systems_alone() -> None:
    waits = f"{QUIET} on-call is not told: it waits until 07:00."
    reviews = "Only where the system is chat or search."
    sources = "Only where the source tells of chat or search."
    assert [DIGEST, reviews, waits] == words()["review_launched", "rest"]
    assert [DIGEST, sources] == words()["source_silent", "rest"]
    assert [DIGEST, sources, waits] == words()["source_heard", "rest"]
    assert [DIGEST] == words()["quarantine_grown", "rest"]


def test_roles_stand_for_their_channels_and_each_is_told_once() -> None:
    tells = "Tells on-call and owner at 17:00 (UTC), as one message with all else that waits."
    assert tells == words()["incident_closed", "evening"][0]


def test_every_digest_tells_of_what_was_given_up_and_nothing_else_does() -> None:
    of_notice = [rule for notice, rule in words() if notice == Notice.DELIVERY_GIVEN_UP]
    assert ["rest", "evening"] == of_notice
    narrowed = "Only where the severity is low, or not known yet; the system is chat or search."
    assert narrowed == words()["delivery_given_up", "rest"][1]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (
            '["rm", "on-call"]\nfrom',
            '["rm", "on-cal"]\nfrom',
            'notify.quiet_hours[0].channels[1]: No rule tells "on-cal". Did you mean on-call?',
        ),
        (
            '["incident_opened", "incident_closed"]',
            '["incident_closed"]',
            'notify.rules[0].escalate: Nobody further is told of "incident_closed".',
        ),
        ('channels = ["rm"]\n', "", "notify.rules[1].channels: Nobody is told."),
        (
            '[{ after = "PT15M", channels = ["on-call"] }',
            '[{ after = "PT15M" }',
            "notify.rules[0].escalate[0].channels: Nobody is told.",
        ),
        ('product_owner = ["owner"]\n', "", "notify.rules[3].roles[1]: `notify.roles` has no"),
        ('product_owner = ["owner"]', 'product_ower = ["owner"]', "Did you mean product_owner?"),
        ('product_owner = ["owner"]', "product_owner = []", "notify.roles"),
        ('["review_launched"', '["delivery_given_up"', "notify.rules[2].notices[0]: Every rule"),
    ],
)
def test_who_is_told_is_checked(before: str, after: str, fault: str) -> None:
    assert before in RULES
    with pytest.raises(Invalid) as refused:
        parse_policy(ruled(RULES.replace(before, after, 1)))
    assert fault in str(refused.value)


def test_each_notice_is_there_and_one_without_a_rule_has_none() -> None:
    found = notify_rules(parse_policy(shipped()))
    assert list(Notice) == [each.notice for each in found]
    assert not any(each.rules for each in found)


def test_reviews_wait_for_the_morning_and_silence_does_not() -> None:
    """What the sentences say is what is done."""
    notify = parse_policy(ruled()).notify
    night = datetime(2026, 11, 2, 23, tzinfo=UTC)

    def waits(notice: Notice, severity: Severity | None = None) -> bool:
        matter = Matter(notice, {"chat"}, severity)
        return notify.after_quiet_hours("rm", night, matter) > night

    held = {
        Notice.REVIEW_LAUNCHED,
        Notice.REVIEW_OVERDUE,
        Notice.CLASSIFICATION_ENDED,
        Notice.IMPROVEMENT_PROPOSED,
        Notice.IMPROVEMENT_OVERDUE,
        Notice.IMPROVEMENT_RECURRED,
        Notice.RISK_ABOVE_TOLERANCE,
        Notice.RISK_ACCEPTANCE_EXPIRED,
        Notice.RISK_OVERDUE,
        Notice.STANDARD_CHANGED,
        Notice.CONTROL_OVERDUE,
        Notice.RELEASE_DECIDED,
        Notice.RELEASE_NONCONFORMING,
        Notice.RELEASE_OVERDUE,
        Notice.SOURCE_HEARD,
        Notice.DELIVERY_GIVEN_UP,
    }
    assert held == {each for each in Notice if waits(each)}
    assert waits(Notice.INCIDENT_OPENED, Severity.LOW)


def test_quiet_hours_end_at_the_second_of_two_times_that_clocks_show() -> None:
    hours = replace(parse_policy(ruled()).notify.quiet_hours[0], until="02:30")
    shown_again = datetime(2026, 10, 25, 1, tzinfo=UTC)  # 02:00 in Berlin, for the second time
    end = hours.over(shown_again, Matter(Notice.REVIEW_LAUNCHED, None))
    assert shown_again + timedelta(minutes=30) == end
