"""Another kind of harm beside the category, and what the AI system did by itself."""

from ledger.domain.incident import commands as c
from ledger.domain.incident import events as e
from ledger.errors import Invalid
from ledger.vocabulary import Category, Severity
from tests.unit.domain.story import DETECTED_AT, NOW, detected, given

BREACH, SAFETY = Category.DATA_BREACH, Category.SAFETY_FAILURE
CLASSIFIED = e.Classified(at=NOW, category=BREACH, severity=Severity.HIGH, counts=True)
WITH_SECOND = e.Classified(
    at=NOW, category=BREACH, severity=Severity.HIGH, counts=True, secondary_category=SAFETY
)


def classify(secondary: Category | None) -> c.Classify:
    return c.Classify(category=BREACH, severity=Severity.HIGH, secondary_category=secondary)


def test_a_classification_may_have_a_secondary_category_which_the_next_supersedes() -> None:
    assert SAFETY == given(detected()).when(classify(SAFETY)).then(WITH_SECOND).secondary_category
    past = given(detected(), WITH_SECOND)
    past.when(classify(SAFETY)).nothing()
    assert past.when(classify(None)).then(CLASSIFIED).secondary_category is None


def test_the_secondary_category_is_another_one() -> None:
    error = given(detected()).when(classify(BREACH)).fails(Invalid)
    assert isinstance(error, Invalid)
    assert "secondary_category" == error.errors[0][0]


def test_what_the_system_did_is_reported_and_corrected() -> None:
    report = c.Report(
        title="t", system="chat", detected_at=DETECTED_AT, system_action="It deleted 40 records."
    )
    [event] = given().when(report).decided()
    assert isinstance(event, e.IncidentDetected)
    assert "It deleted 40 records." == event.system_action
    amend = c.Amend(field="system_action", to="It deleted 41 records.", reason="r")
    corrected = e.Amended(
        at=NOW,
        field="system_action",
        from_="It deleted 40 records.",
        to="It deleted 41 records.",
        reason="r",
    )
    assert "It deleted 41 records." == given(event).when(amend).then(corrected).system_action
    none = c.Amend(field="system_action", to="", reason="It did nothing.")
    [emptied] = given(event).when(none).decided()
    assert isinstance(emptied, e.Amended)
    assert "" == emptied.to


def test_a_report_without_it_says_nothing_of_it() -> None:
    report = c.Report(title="t", system="chat", detected_at=DETECTED_AT)
    [event] = given().when(report).decided()
    assert isinstance(event, e.IncidentDetected)
    assert not event.system_action
