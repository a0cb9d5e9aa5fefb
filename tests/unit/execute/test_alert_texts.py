"""What alerts say lies beside the log: annotations, and titles that would repeat them inside."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import UNSET

from ledger.domain.alert import AlertFired
from ledger.domain.envelope import kind_of
from ledger.domain.incident import commands as c
from ledger.domain.incident.events import AlertLinked, IncidentDetected
from ledger.domain.text import OutsideText, commitment_to, outside_texts
from ledger.store.text_reads import RecordTexts
from tests.harness.commands import merge_incidents
from tests.harness.texts import BESIDE, INLINE, beside_only
from tests.unit.execute.desk import Desk

SUMMARY, LINK = "Canary's pod restarts", "https://canary.example/runbook"
SAID = {"summary": SUMMARY, "runbook_url": LINK, "empty": ""}
RESTRICTED = BESIDE.replace("restricted_systems = []", 'restricted_systems = ["chat"]')
DROPPING = BESIDE.replace("drop_labels = []", 'drop_labels = ["user", "mail"]')


def fired(desk: Desk) -> AlertFired:
    """The newest firing."""
    return next(e.event for e in reversed(desk.events()) if isinstance(e.event, AlertFired))


def of_type(desk: Desk, kind: type[Any]) -> Any:
    """The newest event of a type."""
    return next(e.event for e in reversed(desk.events()) if isinstance(e.event, kind))


def said_in(desk: Desk) -> OutsideText:
    """The text that the newest firing's annotations are."""
    alert = fired(desk).alert
    assert {} == alert.annotations
    assert isinstance(alert.annotations_text, OutsideText)
    return alert.annotations_text


def test_annotations_are_one_text_of_the_source_s_that_the_event_commits_to(desk: Desk) -> None:
    desk.take(desk.signal("a", annotations=SAID), actor="source/am")
    outside = said_in(desk)
    row = desk.store.texts.rows([outside.text])[outside.text]
    assert row.content is not None
    assert row.key is not None
    assert SAID == msgspec.json.decode(row.content)
    assert ("source/am", "alert") == (row.author, kind_of(row.stream))
    assert outside.commitment == commitment_to(row.content, row.key)


def test_an_alert_without_annotations_has_no_text(desk: Desk) -> None:
    desk.take(desk.signal("a", annotations={}))
    assert fired(desk).alert.annotations_text is UNSET
    assert [] == list(outside_texts(fired(desk)))


@pytest.mark.parametrize("policy", [INLINE, beside_only("persons")], ids=["inline", "persons"])
def test_without_the_key_they_stand_in_the_event(desk: Desk, policy: str) -> None:
    desk.adopt(policy)
    desk.take(desk.signal("a", annotations=SAID), body_digest="d")
    assert SAID == fired(desk).alert.annotations
    kept = {"d"} if policy == INLINE else {None}
    assert kept == {each.body_digest for each in desk.events()[2:]}


def test_what_persons_write_stands_in_the_event_where_alerts_alone_lie_beside(desk: Desk) -> None:
    desk.adopt(beside_only("alerts"))
    desk.report(title="Mine")
    assert "Mine" == of_type(desk, IncidentDetected).title
    desk.take(desk.signal("a", annotations=SAID))
    assert OutsideText is type(said_in(desk))


def test_a_title_that_repeats_an_annotation_lies_beside_wherever_it_stands(desk: Desk) -> None:
    padded = {**SAID, "summary": f" {SUMMARY}\n"}
    desk.take(desk.signal("a", title=SUMMARY, annotations=padded))
    title, *others = (
        fired(desk).alert.title,
        of_type(desk, IncidentDetected).title,
        of_type(desk, AlertLinked).title,
    )
    assert isinstance(title, OutsideText)
    assert [title, title] == others
    assert {title.text: SUMMARY} == desk.store.texts.readable([title.text])
    stored = [each.stored for each in desk.store.read(0, 1_000, sealed=False)]
    assert not any(b"Canary" in each for each in stored)


def test_another_title_stands_in_the_event_unless_the_policy_restricts_its_system(
    desk: Desk,
) -> None:
    desk.take(desk.signal("a", annotations=SAID))
    assert "a is down" == fired(desk).alert.title == of_type(desk, IncidentDetected).title
    desk.adopt(RESTRICTED)
    desk.take(desk.signal("b", annotations={}))
    assert isinstance(fired(desk).alert.title, OutsideText)
    assert isinstance(of_type(desk, AlertLinked).title, OutsideText)


def test_no_event_of_a_body_has_its_plain_digest(desk: Desk) -> None:
    desk.take(desk.signal("a", annotations=SAID), body_digest="d" * 64)
    kept = {e.event.name: e.body_digest for e in desk.events()[1:]}
    text = said_in(desk).text
    key = desk.store.texts.rows([text])[text].key
    assert key is not None
    assert f"hmac:{commitment_to('d' * 64, key)}" == kept.pop("alert.fired.v1")
    assert {None} == {*kept.values()}


def test_dropped_labels_are_in_no_event_and_part_no_groups(desk: Desk) -> None:
    desk.adopt(DROPPING)
    labels = {"alertname": "Down", "severity": "critical", "system": "chat"}
    for user in ("ann", "bob"):
        desk.take(desk.signal(user, labels={**labels, "user": user, "mail": f"{user}@a.example"}))
    assert labels == fired(desk).alert.labels
    assert 1 == len([e for e in desk.events() if isinstance(e.event, IncidentDetected)])


class TestRecords:
    """Texts of a record: an incident's own, and what its alerts said."""

    def incident(self, desk: Desk) -> str:
        return next(
            each.stream for each in reversed(desk.events()) if isinstance(each.event, AlertLinked)
        )

    def said(self, desk: Desk, stream: str) -> list[str]:
        """What the alerts of a record say, in order."""
        named = RecordTexts(desk.store).of(stream)
        readable = desk.store.texts.readable(
            {each.text for each in named if kind_of(each.stream) == "alert"}
        )
        said = (each for each in readable.values() if each.startswith("{"))
        return sorted(msgspec.json.decode(each)["summary"] for each in said)

    def test_an_incident_has_the_texts_of_its_alerts(self, desk: Desk) -> None:
        desk.take(desk.signal("a", annotations=SAID), desk.signal("b", annotations=SAID))
        alerts = {each.stream for each in desk.events() if each.kind == "alert"}
        texts = RecordTexts(desk.store)
        places = texts.of(self.incident(desk))
        assert alerts == {each.stream for each in places}
        for alert in alerts:
            own = {each.text for each in texts.of(alert)}
            assert own == {each.text for each in places if each.stream == alert}

    def test_other_episodes_of_an_alert_belong_to_their_own_incident(self, desk: Desk) -> None:
        desk.take(desk.signal("a", annotations={"summary": "First"}))
        first = self.incident(desk)
        desk.take(desk.signal("a", "resolved"))
        desk.pass_time(days=3)
        desk.take(desk.signal("a", annotations={"summary": "Second"}))
        second = self.incident(desk)
        assert first != second
        assert (["First"], ["Second"]) == (self.said(desk, first), self.said(desk, second))

    def test_what_became_worse_belongs_to_where_it_went(self, desk: Desk) -> None:
        low = {"alertname": "Down", "severity": "high", "system": "chat"}
        desk.take(desk.signal("a", labels=low, annotations={"summary": "First"}))
        first = self.incident(desk)
        desk.command(UUID(first.partition("/")[2]).int, c.Dismiss(reason="No harm"))
        desk.pass_time(hours=1)
        worse = {**low, "severity": "critical"}
        desk.take(desk.signal("a", labels=worse, annotations={"summary": "Second"}))
        second = self.incident(desk)
        assert first != second
        assert "First" in self.said(desk, first)
        assert "Second" not in self.said(desk, first)
        assert "Second" in self.said(desk, second)

    def test_what_was_not_seen_firing_belongs_to_none(self, desk: Desk) -> None:
        desk.take(desk.signal("a", "resolved", annotations={"summary": "Unseen"}))
        desk.pass_time(days=1)
        desk.take(desk.signal("a", annotations=SAID))
        alert = next(each.stream for each in desk.events() if each.kind == "alert")
        by_text = RecordTexts(desk.store).incidents_by_text([alert])[alert]
        assert [0, 1] == [len(incidents) for incidents in by_text.values()]
        assert ["Unseen"] == [each for each in self.said(desk, alert) if each != SUMMARY]

    def test_a_title_that_several_streams_have_names_each_of_them(self, desk: Desk) -> None:
        desk.take(desk.signal("a", title=SUMMARY, annotations=SAID))
        incident, texts = self.incident(desk), RecordTexts(desk.store)
        title = fired(desk).alert.title
        assert isinstance(title, OutsideText)
        alert = next(each.stream for each in desk.events() if each.kind == "alert")
        row = desk.store.texts.rows([title.text])[title.text]
        assert {alert, incident} == {each.stream for each in texts.of_text(row)}
        for record in (alert, incident):
            found = {each.stream for each in texts.of(record) if each.text == title.text}
            assert {alert, incident} == found

    def test_what_became_worse_after_a_merge_belongs_to_where_it_was_merged(
        self, desk: Desk
    ) -> None:
        low = {"alertname": "Down", "severity": "high", "system": "chat"}
        desk.report(1)
        desk.take(desk.signal("a", labels=low, annotations={"summary": "First"}))
        first = UUID(self.incident(desk).partition("/")[2])
        into = UUID(int=1)
        desk.executor.execute(
            merge_incidents(incident=first, into=into, reason="The same"), desk.context()
        )
        worse = {**low, "severity": "critical"}
        desk.take(desk.signal("a", labels=worse, annotations={"summary": "Second"}))
        assert "Second" in self.said(desk, f"incident/{into}")

    def test_an_alert_has_its_titles_in_incidents_too(self, desk: Desk) -> None:
        desk.adopt(RESTRICTED)
        desk.take(desk.signal("a", annotations={}))
        alert = next(each.stream for each in desk.events() if each.kind == "alert")
        linked = of_type(desk, AlertLinked).title
        assert isinstance(linked, OutsideText)
        assert linked.text in {each.text for each in RecordTexts(desk.store).of(alert)}


@pytest.mark.parametrize("policy", [beside_only("alerts"), beside_only("persons"), BESIDE])
def test_no_plain_digest_is_recorded_where_any_text_lies_beside(desk: Desk, policy: str) -> None:
    desk.adopt(policy)
    size = len(desk.events())
    desk.take(desk.signal("a", annotations=SAID), body_digest="d" * 64)
    desk.report(5, body_digest="d" * 64)
    desk.command(5, c.StartRca(), body_digest="d" * 64)
    assert "d" * 64 not in {each.body_digest for each in desk.events()[size:]}
