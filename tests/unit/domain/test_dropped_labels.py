"""Labels that a policy drops are gone from a signal, and from the key of its sender's group."""

import pytest

from ledger.domain.alert import Sender, Signal, SignalStatus, without_labels
from ledger.errors import Invalid
from ledger.policy import parse_policy, shipped


def signal(key: str = "", **labels: str) -> Signal:
    return Signal(
        source="am",
        dedup_key="k",
        status=SignalStatus.FIRING,
        title="t",
        labels=labels,
        annotations={"user": "stays"},
        starts_at=None,
        sender=Sender(group_key=key),
    )


def test_others_stay_with_the_annotations() -> None:
    kept = without_labels(signal(user="ann", system="chat"), ["user", "mail"])
    assert ({"system": "chat"}, {"user": "stays"}) == (kept.labels, kept.annotations)


def test_a_signal_without_them_is_the_same() -> None:
    given = signal('{}:{system="chat"}', system="chat")
    assert given is without_labels(given, ["user"])
    assert given is without_labels(given, [])


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ('{}:{user="ann"}', "{}:{}"),
        ('{}:{user="ann", zone="a"}', '{}:{zone="a"}'),
        ('{}:{zone="a", user="ann"}', '{}:{zone="a"}'),
        ('{user="a",user="b"}/{x="y",user="c",z="w"}:{}', '{}/{x="y",z="w"}:{}'),
        ('{}/{user=~"a.*"}:{alertname="A", user="a\\"n\\\\n", zone="b"}', None),
        ('{}:{alertname="A", user="an', '{}:{alertname="A"'),
        ('{}:{user="an', "{}:{"),
        ('{}:{superuser="ann"}', '{}:{superuser="ann"}'),
        ('{}:{zone="user=ann"}', '{}:{zone="user=ann"}'),
        ("no key of Alertmanager's: user", "no key of Alertmanager's: user"),
    ],
)
def test_a_group_s_key_loses_what_names_them(key: str, expected: str | None) -> None:
    kept = without_labels(signal(key, user="ann"), ["user"]).sender.group_key
    assert kept == ('{}/{}:{alertname="A", zone="b"}' if expected is None else expected)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("drop_labels = []", 'drop_labels = ["severity"]', "alerts.severity_labels"),
        ("drop_labels = []", 'drop_labels = ["alertname"]', "alerts.group_by"),
        ("drop_labels = []", 'drop_labels = ["a", "a"]', "privacy.drop_labels[1]"),
        ("drop_labels = []", 'drop_labels = [""]', "privacy.drop_labels[0]"),
    ],
)
def test_a_policy_that_reads_what_it_drops_is_refused(old: str, new: str, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_policy(shipped().replace(old, new))
    assert path in dict(refused.value.errors)


def test_so_is_one_with_a_matcher_of_it() -> None:
    text = shipped().replace("drop_labels = []", 'drop_labels = ["team"]')
    rule = '[[rules]]\nname = "mine"\nmatch = [\'team="a"\']\nopens = true\n\n[[rules]]'
    with pytest.raises(Invalid) as refused:
        parse_policy(text.replace("[[rules]]", rule, 1))
    assert "drop_labels" in dict(refused.value.errors)["rules[0].match[0]"]
