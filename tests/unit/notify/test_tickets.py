"""The first notice of an incident opens one ticket, whatever fails; each later one is a comment."""

import threading
from uuid import UUID

import pytest

from ledger.domain.delivery import Delivered, DeliveryRequested
from ledger.domain.incident import commands as c
from ledger.domain.incident.events import RiskManagerNotified, TicketOpened
from ledger.settings import WebhookChannel
from ledger.vocabulary import Category, Severity
from tests.harness.github_server import GitHubServer
from tests.harness.jira_server import JiraServer
from tests.harness.receiver import receiver
from tests.harness.tracker_server import Answer, Asked
from tests.unit.notify.tracked import CHANNEL, GITHUB, Tracked, comments, once, opens_ticket
from tests.unit.policy.rules import telling

CLASSIFY = c.Classify(category=Category.DATA_BREACH, severity=Severity.CRITICAL)
HOSTILE = (
    "``` </pre><img src=x onerror=alert(1)> {noformat} [~admin] [~accountid:1] @everyone\r\n"
    "# @octocat fixes #1 **bold** \x1b[31m \u202e {code} ````` ~~~ [a](javascript:b) h1. !x!"
)


class TestOpened:
    """What is opened, commented, and put on record."""

    def test_the_first_notice_opens_a_ticket_and_the_step_is_on_record(
        self, world: Tracked
    ) -> None:
        incident = world.happens(title="Answers leak")
        assert world.send()
        assert not world.send()
        [text], [title] = world.tickets, world.titles
        assert title.startswith("INC-")
        assert title.endswith(" Answers leak")
        for part in (
            " incident opened (Critical, chat)",
            "Answers leak",
            f"airledger-{incident}",
            f"https://ledger.example/incidents/{incident}",
        ):
            assert part in text
        assert [world.page(1)] == world.urls
        assert [f"ticket {world.name(1)} opened"] == world.receipts
        [delivered], [step] = world.desk.told_of(Delivered), world.desk.told_of(TicketOpened)
        assert delivered.id == step.causation
        assert 1 == len(world.desk.told_of(RiskManagerNotified))

    def test_each_later_notice_is_a_comment_closing_and_reopening_too(self, world: Tracked) -> None:
        world.happens()
        world.send()
        for command in (CLASSIFY, c.Dismiss(reason="A test"), c.Reopen(reason="It was none")):
            world.command(command)
            assert world.send()
        assert 1 == len(world.tickets)
        words = ("incident classified", "incident dismissed", "incident reopened")
        assert 3 == len(world.comments)
        for said, word in zip(world.comments, words, strict=True):
            assert word in said
        assert [f"comment on ticket {world.name(1)}"] * 3 == world.receipts[1:]
        assert [world.page(1)] == world.urls

    def test_each_incident_has_a_ticket_of_its_own(self, world: Tracked) -> None:
        world.happens(1)
        world.happens(2)
        world.send_all()
        assert [world.page(1), world.page(2)] == sorted(world.urls)
        assert [] == world.comments

    def test_labels_are_ours_and_those_of_the_settings(self, world: Tracked) -> None:
        incident = world.happens()
        world.send()
        [issue] = world.server.issues
        if isinstance(world.server, GitHubServer):
            assert ["airledger", "incident"] == [each["name"] for each in issue["labels"]]
        else:
            assert ["airledger", f"airledger-{incident}"] == issue["fields"]["labels"]

    def test_an_incident_that_ended_gets_a_ticket_without_the_step(self, world: Tracked) -> None:
        world.happens()
        world.command(c.Dismiss(reason="A test"))
        world.send_all()
        assert 1 == len(world.tickets)
        assert 2 == len(world.receipts)
        assert [] == world.urls

    def test_a_ticket_that_somebody_recorded_is_commented(self, world: Tracked) -> None:
        if isinstance(world.server, GitHubServer):
            world.server.add("By hand")
        else:
            world.server.add(description="By hand", labels=[])
        world.happens()
        world.command(c.OpenTicket(url=world.page(1)))
        world.command(c.OpenTicket(url="http://[elsewhere/acme/ops/issues/1"))
        assert world.send()
        assert ["By hand"] == world.tickets
        assert 1 == len(world.comments)

    def test_a_ticket_of_another_tracker_is_not_ours(self, world: Tracked) -> None:
        world.happens()
        for url in (
            "https://elsewhere.example/acme/ops/issues/1",
            f"{world.page(1)}x",
            world.page(1).replace("acme/ops", "acme/other").replace("OPS", "OTHER"),
        ):
            world.command(c.OpenTicket(url=url))
        world.send()
        assert 1 == len(world.tickets)
        assert world.page(1) in world.urls

    @pytest.mark.parametrize("sends", [1, 2])
    def test_two_notices_at_once_open_one_ticket_and_are_told_in_order(
        self, world: Tracked, sends: int
    ) -> None:
        world.happens()
        world.command(CLASSIFY)
        world.command(c.Dismiss(reason="A test"))
        started = threading.Barrier(sends)

        def run() -> None:
            sender = world.sender()
            started.wait(10)
            sender.send_due()

        threads = [threading.Thread(target=run) for _ in range(sends)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        world.send_all()
        assert 1 == len(world.tickets)
        assert 1 == len(world.server.posted("issue")) - len(world.comments)
        assert ["classified", "dismissed"] == [
            word
            for said in world.comments
            for word in ("classified", "dismissed")
            if f"incident {word}" in said
        ]

    def test_two_that_reach_it_as_a_fallback_open_one_ticket(self, world: Tracked) -> None:
        world.desk.adopt(telling("phone", fallback=f'phone = "{CHANNEL}"\n'))
        world.happens()
        world.command(CLASSIFY)
        with receiver() as phone:
            phone.answer = lambda _: 503
            told = WebhookChannel(kind="webhook", url=phone.url, secret="s")
            while len(world.receipts) < 2:
                world.sender(phone=told).send_due()
                world.desk.pass_time(minutes=1)
        assert (1, 1) == (len(world.tickets), len(world.comments))
        told_of = f"{world.tickets} {world.comments}"
        assert (1, 1) == (told_of.count(" incident opened"), told_of.count(" incident classified"))

    def test_two_steps_of_an_escalation_open_one_ticket(self, world: Tracked) -> None:
        step = f'escalate = [{{ after = "PT15M", channels = ["{CHANNEL}"] }}]\n'
        world.desk.adopt(telling("phone", step))
        world.happens()
        world.command(CLASSIFY)
        world.desk.pass_time(minutes=16)
        with receiver() as phone:
            told = WebhookChannel(kind="webhook", url=phone.url, secret="s")
            while len(world.receipts) < 4:
                world.sender(phone=told).send_due()
                world.desk.pass_time(minutes=1)
        assert (1, 1) == (len(world.tickets), len(world.comments))


class TestFailing:
    """Whatever is lost or refused, there is one ticket in the end, and never none."""

    def test_a_lost_answer_opens_one_ticket(self, world: Tracked) -> None:
        world.server.loses = once(opens_ticket)
        world.happens()
        assert world.send()
        assert (1, []) == (len(world.tickets), world.urls)
        world.send_all()
        assert 1 == len(world.tickets)
        assert [world.page(1)] == world.urls
        assert [] == world.comments
        assert 1 == len(world.receipts)

    def test_the_next_try_is_when_a_search_finds_what_the_one_before_did(
        self, world: Tracked
    ) -> None:
        world.server.loses = once(opens_ticket)
        world.happens()
        world.send()
        if isinstance(world.server, JiraServer):
            world.server.lag = 1
        world.desk.pass_time(seconds=119)
        assert not world.send()
        if isinstance(world.server, JiraServer):
            world.server.lag = 0
        world.send_all()
        assert 1 == len(world.tickets)

    def test_a_lost_answer_adds_one_comment(self, world: Tracked) -> None:
        world.happens()
        world.send()
        world.server.loses = once(comments)
        world.command(CLASSIFY)
        world.send_all()
        assert (1, 1) == (len(world.tickets), len(world.comments))
        assert 2 == len(world.receipts)

    def test_a_ticket_whose_record_was_lost_is_found_and_commented(self, world: Tracked) -> None:
        world.server.loses = opens_ticket
        world.desk.adopt(telling(CHANNEL, fallback=f'{CHANNEL} = "phone"\n'))
        world.happens()
        with receiver() as phone:
            told = WebhookChannel(kind="webhook", url=phone.url, secret="s")
            while not world.receipts:
                world.server.fault = lambda asked: Answer(503) if world.tickets else None
                world.sender(phone=told).send_due()
                world.desk.pass_time(minutes=5)
        world.server.fault = lambda _: None
        world.server.loses = lambda _: False
        world.command(CLASSIFY)
        world.send_all()
        assert (1, 1) == (len(world.tickets), len(world.comments))
        assert [world.page(1)] == world.urls

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (
                Answer(403, {"message": "secondary rate limit"}, {"retry-after": "60"}),
                "status 403: too many requests, it asks to wait 60 s",
            ),
            (
                Answer(403, {}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1772366400"}),
                "status 403: too many requests",
            ),
            (Answer(429, None, {"retry-after": "x\ty"}), "status 429: too many requests"),
            (Answer(403, {"message": "no"}), "status 403: the token may not do that"),
            (
                Answer(404, {"message": "Not Found"}),
                "status 404: it is not there, or the token may not see it",
            ),
            (
                Answer(410, {"message": "Issues are disabled for this repo"}),
                "status 410: it is switched off there, or was deleted",
            ),
            (
                Answer(
                    422,
                    {
                        "message": "Validation Failed canary",
                        "errors": [
                            {"resource": "Issue", "field": "title", "code": "too_long"},
                            {"field": "canary", "code": "invalid"},
                            {"field": "body", "code": "canary"},
                            "canary",
                        ],
                    },
                ),
                "status 422: it refused the request (title too_long, body)",
            ),
            (
                Answer(
                    400,
                    {
                        "errorMessages": ["canary"],
                        "errors": {"labels": "canary", "canary": "", "customfield_10010": ""},
                    },
                ),
                "status 400: it refused the request (labels, customfield_10010)",
            ),
            (Answer(500), "status 500: it failed by itself: see its log"),
            (
                Answer(301, None, {"location": "http://canary.example/"}),
                "status 301: it redirects, which is not followed: write the new address",
            ),
            (Answer(200, {"canary": 1}), "the answer is not what the tracker's API documents"),
            (Answer(200, lost=True), "the answer is not HTTP, or broke off: check the port"),
        ],
    )
    def test_what_is_refused_is_tried_again_and_its_reason_quotes_nothing(
        self, world: Tracked, answer: Answer, reason: str
    ) -> None:
        world.server.fault = lambda _: answer
        world.happens()
        assert world.send()
        assert [reason] == world.reasons
        world.server.fault = lambda _: None
        world.send_all()
        assert (1, 1) == (len(world.tickets), len(world.receipts))

    def test_a_wrong_token_is_shown_nowhere(self, world: Tracked) -> None:
        world.channel = world.channel.model_copy(update={"secret": "canary"})
        world.happens()
        world.send()
        assert ["status 401: it does not accept the token"] == world.reasons
        events = f"{world.desk.events()}"
        assert "canary" not in events
        assert world.server.site not in events

    def test_a_channel_that_gave_up_leaves_the_ticket_to_the_next_notice(
        self, world: Tracked
    ) -> None:
        world.server.fault = lambda asked: Answer(503)
        world.happens()
        world.send()
        world.desk.pass_time(days=2)
        world.send()
        world.server.fault = lambda _: None
        world.command(CLASSIFY)
        world.send_all()
        assert 1 == len(world.tickets)
        assert "incident classified" in world.tickets[0]


class TestTexts:
    """Nothing in a text of somebody else has an effect in a tracker."""

    def test_a_hostile_title_is_text(self, world: Tracked) -> None:
        world.happens(title=HOSTILE)
        world.send()
        [text], [title] = world.tickets, world.titles
        assert not {"\n", "\r", "\x1b", "\u202e", "@"} & set(title)
        lines = text.splitlines()
        if isinstance(world.server, GitHubServer):
            fence = lines[0].removesuffix("text")
            assert 6 <= len(fence) == fence.count("`")
            assert [0, 5] == [n for n, line in enumerate(lines) if fence in line]
            assert lines[2].startswith("``` </pre><img")
        else:
            assert [0, 5] == [n for n, line in enumerate(lines) if "{" in line]
            assert not set("[]") & set(text)
            assert lines[2].startswith("``` </pre><img src=x onerror=alert(1)> (noformat) (~admin)")
        assert not {"\r", "\x1b", "\u202e"} & set(text)
        after = [line for line in lines[6:] if line]
        assert [f"https://ledger.example/incidents/{UUID(int=1)}"] == after

    def test_a_restricted_incident_is_named_by_its_reference_alone(self, world: Tracked) -> None:
        world.happens(title="canary")
        world.command(c.Restrict(reason="Names of customers"))
        world.command(CLASSIFY)
        world.send_all()
        assert 1 == len(world.comments)
        assert "canary" not in f"{world.titles} {world.tickets} {world.comments}"
        assert world.titles[0].endswith(" [withheld]")


@pytest.mark.parametrize("world", [GITHUB], indirect=True)
class TestGitHub:
    """What is of GitHub alone."""

    def test_an_issue_whose_labels_were_left_out_is_found(self, world: Tracked) -> None:
        assert isinstance(world.server, GitHubServer)
        world.server.sets_labels = False
        world.server.loses = once(opens_ticket)
        world.happens()
        world.send_all()
        assert (1, 1) == (len(world.tickets), len(world.receipts))

    def test_the_list_is_read_as_far_as_the_incident_is_old(self, world: Tracked) -> None:
        assert isinstance(world.server, GitHubServer)
        for number in range(250):
            world.server.add(f"Of before {number}", labels=["airledger"])
        world.desk.pass_time(hours=3)
        world.server.loses = once(opens_ticket)
        world.happens()
        world.send()
        for number in range(150):
            world.server.add(None, labels=["airledger"], number=1_000 + number)
        asked = len(world.server.asked)
        world.send_all()
        assert 401 == len(world.tickets)
        assert [world.page(251)] == world.urls
        assert 2 == len(world.server.asked[asked:])

    def test_what_quotes_the_key_is_not_the_ticket(self, world: Tracked) -> None:
        assert isinstance(world.server, GitHubServer)
        key = f"airledger-{UUID(int=1)}"
        world.server.loses = once(opens_ticket)
        world.server.add(f"As {key} says", labels=["airledger"], pull_request={"url": "x"})
        world.happens()
        world.send()
        world.server.add(f"As {key} says", labels=["airledger"])
        world.send_all()
        assert [world.page(2)] == world.urls

    def test_a_comment_among_many_is_found(self, world: Tracked) -> None:
        assert isinstance(world.server, GitHubServer)
        world.happens()
        world.send()
        at = f"{world.desk.now:%Y-%m-%dT%H:%M:%SZ}"
        world.server.comments[1] = [{"body": "Me too", "updated_at": at} for _ in range(150)]
        world.server.loses = once(comments)
        world.command(CLASSIFY)
        world.send_all()
        assert 151 == len(world.comments)

    def test_an_issue_at_another_address_is_not_put_on_record(self, world: Tracked) -> None:
        def fault(asked: Asked) -> Answer | None:
            issue = {"number": 1, "html_url": "javascript:alert(1)", "created_at": "2026-03-01Z"}
            issue["created_at"] = "2026-03-01T12:00:00Z"
            return Answer(201, issue) if opens_ticket(asked) else None

        world.server.fault = fault
        world.happens()
        world.send()
        assert ["the answer has no address of an issue of this repository"] == world.reasons
        assert [] == world.urls


@pytest.mark.parametrize("world", ["jira cloud"], indirect=True)
def test_a_comment_among_many_of_jira_is_found(world: Tracked) -> None:
    world.happens()
    world.send()
    world.server.comments["OPS-1"] = [{"body": "Me too"} for _ in range(120)]  # type: ignore[index]
    world.server.loses = once(comments)
    world.command(CLASSIFY)
    world.send_all()
    assert 121 == len(world.comments)


def test_all_that_is_told_was_requested(world: Tracked) -> None:
    world.happens()
    world.command(CLASSIFY)
    world.send_all()
    assert len(world.desk.told_of(DeliveryRequested)) == len(world.receipts)
