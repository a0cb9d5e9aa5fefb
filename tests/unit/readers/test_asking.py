"""A real Prometheus is asked for each interval once, whatever dies, and says what promtool says."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from consumers.readers.asking import Readers
from consumers.readers.questions import questions_of
from ledger.domain.metric import Measured
from ledger.domain.reader import (
    ReaderReached,
    ReaderUnreachable,
    ReadingHadNoData,
    ReadingWarned,
)
from ledger.errors import Unavailable
from ledger.execute import AdvanceFollower, Executor
from ledger.policy import parse_policy
from ledger.settings import ReaderSettings
from ledger.store.side_records import PositionMove
from ledger.vocabulary import NoDataReason
from tests.harness.recorded_prometheus import RecordedPrometheus
from tests.unit.reactor.watch import Watch
from tests.unit.readers.samples import BEGUN, asking

ROUNDS = 12
"""More than there are intervals."""
HOUR = timedelta(hours=1)


def readers(desk: Watch, prometheus: RecordedPrometheus, catch_up_hours: int = 24) -> Readers:
    """A process that begins."""
    settings = ReaderSettings(
        name="prod", url=prometheus.url, timeout=5, catch_up_hours=catch_up_hours
    )
    return Readers(desk.services(), [settings])


def ask(process: Readers, rounds: int = ROUNDS) -> None:
    for _ in range(rounds):
        process.ask_due()


def measured(desk: Watch) -> list[Measured]:
    return [each.event for each in desk.told_of(Measured) if isinstance(each.event, Measured)]


def no_data(desk: Watch) -> list[ReadingHadNoData]:
    found = desk.told_of(ReadingHadNoData)
    return [each.event for each in found if isinstance(each.event, ReadingHadNoData)]


def said_by_promtool(prometheus: RecordedPrometheus, text: str, at: datetime) -> tuple[float, int]:
    """The value and the number of samples of a policy's question."""
    [question] = questions_of(parse_policy(text))
    [value] = prometheus.instant(question.query, at)
    [count] = prometheus.instant(question.n_query or "", at)
    return float(value["value"][1]), round(float(count["value"][1]))


@contextmanager
def stopped(prometheus: RecordedPrometheus) -> Iterator[None]:
    prometheus.stop()
    try:
        yield
    finally:
        prometheus.start()


def test_the_p95_of_each_interval_is_what_promtool_says(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    process = readers(desk, prometheus)
    for _ in range(3):
        ask(process)
        desk.pass_time(hours=1)
    found = measured(desk)
    assert [BEGUN + hour * HOUR for hour in (4, 5, 6)] == [each.at for each in found]
    for each in found:
        said = said_by_promtool(prometheus, asking(), each.at)
        assert said == (each.value, each.n)
        assert (each.at - HOUR, "s", "chat", "p95") == (
            *(each.since, each.unit, each.system, each.metric),
        )
    assert 3 == len({each.value for each in found})
    assert [] == no_data(desk)


def test_an_hour_of_downtime_of_ours_is_asked_for_afterwards_once_by_all_processes(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    ask(readers(desk, prometheus))
    desk.pass_time(hours=2)
    both = [readers(desk, prometheus) for _ in range(2)]
    for _ in range(ROUNDS):
        for process in both:
            process.ask_due()
    assert [BEGUN + hour * HOUR for hour in (4, 5, 6)] == [each.at for each in measured(desk)]


def test_one_that_is_killed_before_it_records_is_followed_by_one_that_asks_again(
    desk: Watch, prometheus: RecordedPrometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As by a signal: nothing handles it."""

    def killed(*_: object) -> None:
        raise Killed

    process = readers(desk, prometheus)
    with monkeypatch.context() as patched:
        patched.setattr(Executor, "execute", killed)
        with pytest.raises(Killed):
            process.ask_due()
    assert [] == measured(desk)
    ask(readers(desk, prometheus))
    assert [BEGUN + 4 * HOUR] == [each.at for each in measured(desk)]


def test_an_interval_without_samples_is_no_data_and_never_a_value(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    desk.adopt(asking(systems='["gappy", "nobody"]'))
    process = readers(desk, prometheus)
    ask(process)
    assert [] == measured(desk)
    assert {("gappy", NoDataReason.EMPTY), ("nobody", NoDataReason.EMPTY)} == {
        (each.system, each.reason) for each in no_data(desk)
    }
    assert {BEGUN + 4 * HOUR} == {each.at for each in no_data(desk)}
    desk.pass_time(hours=1)
    ask(process)
    assert ["gappy"] == [each.system for each in measured(desk)]


@pytest.mark.parametrize(
    ("query", "reason", "detail"),
    [
        ("0 / 0", NoDataReason.NOT_A_NUMBER, "the value: NaN"),
        ("vector(1) / 0", NoDataReason.NOT_A_NUMBER, "the value: +Inf"),
        ('llm_seconds_count{system="chat"}[5m]', NoDataReason.UNUSABLE, "a matrix"),
        ("sum by (", NoDataReason.QUERY_REFUSED, "bad_data"),
        (
            "llm_seconds_bucket * on () llm_seconds_bucket",
            NoDataReason.QUERY_REFUSED,
            "execution",
        ),
        ('llm_seconds_count{system="$system"} * 0', NoDataReason.NO_SAMPLES, "system=chat"),
    ],
)
def test_what_is_no_number_is_no_data_with_its_reason(
    desk: Watch, prometheus: RecordedPrometheus, query: str, reason: NoDataReason, detail: str
) -> None:
    desk.adopt(asking(query=query, n_query="vector(0)"))
    ask(readers(desk, prometheus))
    assert [] == measured(desk)
    [said] = no_data(desk)
    assert reason is said.reason
    assert detail in said.detail


def test_series_are_segments_each_with_its_number_of_samples(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    query = 'sum by (le) (increase(llm_seconds_bucket{system="$system"}[$interval]))'
    desk.adopt(asking(query=query, n_query=query))
    ask(readers(desk, prometheus))
    found = measured(desk)
    assert {"0.25", "0.5", "1.0", "2.0", "4.0", "+Inf"} == {each.segment["le"] for each in found}
    assert all(each.n == round(each.value) for each in found)
    assert 6 == len({each.value for each in found})


def test_a_series_without_a_number_is_left_out_and_said(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    query = (
        'label_replace(vector(1), "of", "this", "", "") '
        'or label_replace(vector(0) / 0, "of", "that", "", "")'
    )
    desk.adopt(asking(query=query, n_query=None))
    ask(readers(desk, prometheus))
    [value] = measured(desk)
    assert ({"of": "this"}, 1.0) == (value.segment, value.value)
    [warned] = desk.told_of(ReadingWarned)
    assert isinstance(warned.event, ReadingWarned)
    assert ("of=that: NaN (the value is no number)",) == warned.event.left_out


def test_a_stopped_server_is_a_gap_and_is_asked_for_what_it_missed(
    desk: Watch, prometheus: RecordedPrometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.readers.asking.AGAIN_AFTER_SECONDS", 0)
    process, second = readers(desk, prometheus), readers(desk, prometheus)
    ask(process)
    begun = desk.now + HOUR
    with stopped(prometheus):
        desk.pass_time(hours=1)
        for each in (process, second, process):
            with pytest.raises(Unavailable, match="prod: the connection was refused"):
                each.ask_due()
            desk.pass_time(minutes=10)
    ask(process)
    ask(second)
    [unreachable] = desk.told_of(ReaderUnreachable)
    [reached] = desk.told_of(ReaderReached)
    assert isinstance(reached.event, ReaderReached)
    assert (begun, begun) == (unreachable.event.at, reached.event.unreachable_since)
    assert reached.event.at == desk.now
    assert [BEGUN + hour * HOUR for hour in (4, 5)] == [each.at for each in measured(desk)]


def test_a_server_that_stalls_is_left_within_the_timeout(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    settings = ReaderSettings(name="prod", url=prometheus.url, timeout=1)
    process = Readers(desk.services(), [settings])
    prometheus.pause()
    try:
        with pytest.raises(Unavailable, match="no answer in time"):
            process.ask_due()
        with pytest.raises(Unavailable):
            process.ask_due()  # is left alone, and said all the same
    finally:
        prometheus.resume()
    assert 1 == len(desk.told_of(ReaderUnreachable))


def test_what_ended_too_long_ago_is_not_asked_for_and_that_is_on_record(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    desk.now = BEGUN + 1 * HOUR + timedelta(minutes=1)
    ask(readers(desk, prometheus))
    desk.pass_time(hours=5)
    ask(readers(desk, prometheus, catch_up_hours=2))
    assert [BEGUN + hour * HOUR for hour in (1, 5, 6)] == [each.at for each in measured(desk)]
    [skipped] = no_data(desk)
    assert (NoDataReason.NOT_ASKED, BEGUN + 1 * HOUR, BEGUN + 4 * HOUR) == (
        *(skipped.reason, skipped.since, skipped.at),
    )


def test_a_value_that_the_ledger_does_not_take_is_no_data_by_its_rule(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    desk.adopt(asking(query="vector(1.75)"))
    ask(readers(desk, prometheus))
    assert [1.75] == [each.value for each in measured(desk)]
    # The position is lost, and the server says something else of an interval that is on record.
    desk.adopt(asking(query="vector(2)"))
    [question] = questions_of(parse_policy(asking()))
    at = desk.store.followers.position(question.position)
    lost = PositionMove(follower=question.position, old=at, new=0)
    desk.executor.execute(AdvanceFollower(moved=lost), desk.context())
    ask(readers(desk, prometheus))
    assert [1.75] == [each.value for each in measured(desk)]
    [said] = no_data(desk)
    assert (NoDataReason.NOT_TAKEN, "rule measurement_conflict") == (said.reason, said.detail)


def test_a_reader_that_the_settings_lack_is_left_to_other_processes(
    desk: Watch, prometheus: RecordedPrometheus
) -> None:
    other = ReaderSettings(name="other", url=prometheus.url)
    ask(Readers(desk.services(), [other]))
    assert [] == measured(desk)
    assert [] == desk.told_of(ReaderUnreachable)
