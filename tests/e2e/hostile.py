"""Bodies that no honest Alertmanager sends, made from a seed; some are valid all the same."""

import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.e2e.reading import Json

GO_NO_TIME = "0001-01-01T00:00:00Z"


class Hostile(NamedTuple):
    """A body, and the fingerprints of what it may have recorded."""

    name: str
    body: bytes
    recorded: frozenset[str] = frozenset()


def webhook(*alerts: Json, **members: Any) -> Json:
    """A valid body of these alerts."""
    return {
        "version": "4",
        "groupKey": '{}:{alertname="Hostile"}',
        "receiver": "airledger",
        "status": "firing",
        "externalURL": "http://alertmanager.example",
        "truncatedAlerts": 0,
        "alerts": list(alerts),
        **members,
    }


def alert(fingerprint: str, **members: Any) -> Json:
    """A valid alert."""
    return {
        "status": "firing",
        "labels": {"alertname": "Hostile", "system": "target", "severity": "critical"},
        "annotations": {"summary": f"alert {fingerprint}"},
        "startsAt": "2026-10-22T09:21:11.655398Z",
        "endsAt": GO_NO_TIME,
        "generatorURL": "",
        "fingerprint": fingerprint,
        **members,
    }


def encoded(body: Any) -> bytes:
    """As JSON; lone surrogates come out as escapes."""
    return json.dumps(body).encode()


def without(body: Json, member: str) -> Json:
    """The same less one member."""
    return {name: value for name, value in body.items() if name != member}


GOOD = encoded(webhook(alert("cut")))
BAD_TIMES = [
    *("", "yesterday", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z"),
    *("2026-11-22T09:21:11", "2026-11-22", "2026-11-22T25:00:00Z", "2026-11-22T09:21:11+99:99"),
    *(
        "-2026-11-22T09:21:11Z",
        "\uff12\uff10\uff12\uff16-11-22T09:21:11Z",
        "2026-11-22T09:21:11Z\x00",
    ),
    *(0, 1e308, -1, True, [], {}),
]
ODD_TIMES = [
    *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-14:00", "0001-01-01T00:00:00+14:00"),
    *("0002-01-01T00:00:00+14:00", "0999-07-01T12:00:00Z", "1969-12-31T23:59:59.999999Z"),
    *("2026-11-22t09:21:11z", "2026-11-22T09:21:11.123456789Z", "2026-11-22T24:00:00Z"),
    *("2026-06-30T23:59:60Z", "2026-11-22T09:21:11-00:00", "2026-11-22 09:21:11Z"),
]
"""Valid or not is for the parser to say; either way nothing may break."""
WHOLLY_BAD: dict[str, bytes] = {
    "empty": b"",
    "spaces": b" \n\t",
    "null": b"null",
    "number": b"4",
    "string": b'"4"',
    "array": b"[]",
    "array of webhooks": encoded([webhook(alert("in-array"))]),
    "empty object": b"{}",
    "two documents": GOOD + GOOD,
    "form": b"payload=" + GOOD,
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep inside": GOOD[:-1] + b', "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "two byte order marks": b"\xef\xbb\xbf" * 2 + GOOD,
    "UTF-16 without a mark": GOOD.decode().encode("utf-16-le"),
    "UTF-16 that ends early": GOOD.decode().encode("utf-16")[:-1],
    "latin-1": GOOD.replace(b"alert cut", b"alert \xe9"),
    "overlong UTF-8": GOOD.replace(b"alert cut", b"alert \xc0\xaf"),
    "encoded surrogate": GOOD.replace(b"alert cut", b"alert \xed\xa0\x80"),
    "raw NUL": GOOD.replace(b"alert cut", b"alert \x00"),
    "gzip": gzip.compress(GOOD, mtime=0),
    "lone surrogate": GOOD.replace(b"alert cut", b"alert \\ud800"),
    "lone surrogate in a name": GOOD.replace(b'"summary"', b'"\\udfff"'),
    "surrogates in the wrong order": GOOD.replace(b"alert cut", b"alert \\udc00\\ud800"),
    "duplicate member": GOOD[:-1] + b', "version": "4"}',
    "duplicate in an alert": GOOD.replace(b'"labels": {', b'"fingerprint": "other", "labels": {'),
    "duplicate label": GOOD.replace(b'"system": "target"', b'"system": "a", "system": "b"'),
    "NaN": GOOD.replace(b'"truncatedAlerts": 0', b'"truncatedAlerts": NaN'),
    "infinite": GOOD.replace(b'"truncatedAlerts": 0', b'"truncatedAlerts": -Infinity'),
    "huge number": GOOD.replace(b'"truncatedAlerts": 0', b'"truncatedAlerts": 1' + b"0" * 5_000),
    "huge float": GOOD.replace(b'"truncatedAlerts": 0', b'"truncatedAlerts": 1e999999'),
    "huge elsewhere": GOOD[:-1] + b', "more": 9' + b"9" * 100_000 + b"}",
    "negative": GOOD.replace(b'"truncatedAlerts": 0', b'"truncatedAlerts": -1'),
    "trailing comma": GOOD[:-1] + b",}",
    "comment": b"// webhook\n" + GOOD,
    "single quotes": GOOD.replace(b'"', b"'"),
    "version 3": encoded(webhook(alert("v3"), version="3")),
    "version as a number": encoded(webhook(alert("v4"), version=4)),
    "alerts as an object": encoded(webhook(alerts={"0": alert("object")})),
    "alerts as null": encoded(webhook(alerts=None)),
    "status of another world": encoded(webhook(alert("smouldering"), status="smouldering" * 999)),
    **{
        f"without {member}": encoded(without(webhook(alert(f"no-{member}")), member))
        for member in ("version", "groupKey", "receiver", "status", "alerts")
    },
}
BAD_ALERTS: dict[str, Any] = {
    "null": None,
    "text": "firing",
    "array": [],
    "deep": json.loads("[" * 500 + "]" * 500),
    "empty fingerprint": alert(""),
    "long fingerprint": alert("f" * 201),
    "fingerprint as a number": {**alert("x"), "fingerprint": 7},
    "no fingerprint": without(alert("x"), "fingerprint"),
    "no labels": without(alert("x"), "labels"),
    "no start": without(alert("x"), "startsAt"),
    "labels as a list": alert("x", labels=[["alertname", "x"]]),
    "label as a number": alert("x", labels={"alertname": 7}),
    "label as null": alert("x", labels={"alertname": None}),
    "annotation as an object": alert("x", annotations={"summary": {}}),
    "a status too many": alert("x", status="suppressed"),
    "a giant status": alert("x", status="s" * 200_000),
    **{f"time {time!r}": alert("x", startsAt=time) for time in BAD_TIMES},
}
ODD_ALERTS: dict[str, Json] = {
    "NUL": {"annotations": {"summary": "a\x00b"}},
    "NUL label": {"labels": {"alertname": "a\x00b", "system": "\x00", "severity": "critical"}},
    "no label at all": {"labels": {}},
    "nameless label": {"labels": {"": "", "system": "target"}},
    "blank": {"labels": {"alertname": "  ", "system": "  ", "severity": "  "}},
    "100,000 labels": {"labels": {f"label{n}": f"value{n}" for n in range(100_000)}},
    "100,000 annotations": {"annotations": {f"note{n}": f"text{n}" for n in range(100_000)}},
    "giant label": {"labels": {"alertname": "n" * 1_000_000, "system": "s" * 1_000_000}},
    "giant label name": {"labels": {"n" * 1_000_000: "x", "alertname": "Hostile"}},
    "giant text": {"annotations": {"summary": "\u2028" * 500_000}},
    "giant URL": {"generatorURL": "http://" + "u" * 1_000_000},
    "escapes that grow": {"annotations": {"summary": "\x01" * 60_000}},
    "extra": {"more": {"deep": [[[[1e300, None]]]]}},
    "end before start": {"status": "resolved", "endsAt": "1999-01-01T00:00:00Z"},
    "resolved without end": {"status": "resolved"},
    "SQL": {"labels": {"alertname": "'; DROP TABLE stored_events; --", "system": "target"}},
    "markup": {"annotations": {"summary": "<script>alert(1)</script>{{7*7}}${7*7}%s%n"}},
    **{f"time {time!r}": {"startsAt": time} for time in ODD_TIMES},
    **{
        f"end {time!r}": {"status": "resolved", "endsAt": time} for time in (*ODD_TIMES, *BAD_TIMES)
    },
}


def named() -> Iterator[Hostile]:
    """Every case thought of."""
    for name, body in WHOLLY_BAD.items():
        yield Hostile(f"body: {name}", body)
    for number, (name, bad) in enumerate(BAD_ALERTS.items()):
        yield Hostile(f"alert: {name}", encoded(webhook(bad)))
        good = [alert(f"good-{number}-{side}") for side in ("before", "after")]
        mixed = encoded(webhook(good[0], bad, good[1]))
        yield Hostile(f"between: {name}", mixed, frozenset(each["fingerprint"] for each in good))
    for number, (name, members) in enumerate(ODD_ALERTS.items()):
        key = f"odd-{number}"
        yield Hostile(f"odd: {name}", encoded(webhook(alert(key, **members))), frozenset({key}))
    for name, key in {"slash": "../../etc", "NUL": "a\x00", "emoji": "🔥", "space": " "}.items():
        yield Hostile(f"odd: fingerprint {name}", encoded(webhook(alert(key))), frozenset({key}))


def mutated(count: int, seed: int) -> Iterator[Hostile]:
    """Valid bodies, changed at random: cut, bytes turned, members replaced by what is none."""
    chance = random.Random(seed)
    ways: list[Callable[[random.Random, Json], bytes]] = [_cut, _turned, _replaced, _replaced]
    for number in range(count):
        keys = [f"mutated-{number}-{n}" for n in range(chance.randint(1, 3))]
        body = chance.choice(ways)(chance, webhook(*map(alert, keys)))
        yield Hostile(f"mutated: {number}", body, frozenset(keys))


def _cut(chance: random.Random, body: Json) -> bytes:
    text = encoded(body)
    return text[: chance.randrange(len(text))]


def _turned(chance: random.Random, body: Json) -> bytes:
    text = bytearray(encoded(body))
    for _ in range(chance.randint(1, 4)):
        text[chance.randrange(len(text))] = chance.randrange(256)
    return bytes(text)


ANYTHING: list[Any] = [
    *(None, True, 0, -1, 2**63, 2**64, 1e308, 0.1, "", "x", "\x00", "\ud800", "2026-11-22"),
    *([], {}, [None], {"": None}, [[]], "firing", "resolved", "4", "x" * 70_000),
]


def _replaced(chance: random.Random, body: Json) -> bytes:
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        at: Any = body
        while True:
            places = list(at) if isinstance(at, dict) else list(range(len(at)))
            place = chance.choice(places)
            inner = at[place]
            if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
                at = inner
                continue
            if isinstance(at, dict) and chance.random() < 0.2:
                del at[place]
            else:
                at[place] = copy.deepcopy(chance.choice(ANYTHING))
            break
        if not body:
            break
    return encoded(body)
