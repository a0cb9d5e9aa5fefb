"""The routing key is found wherever a sender put it, and nothing of it is left in what is kept."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.intake.routing_key import MASK, key_in, masked

KEY = "R0utingKeyOf32LettersAndDigits07"
ESCAPED = "".join(f"\\u{ord(each):04x}" for each in KEY)
SHOUTED = "".join(f"\\u{ord(each):04X}" for each in KEY)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'{{"routing_key": "{KEY}"}}', id="plain"),
        pytest.param(f'{{"payload": {{}}, "routing_key" : "{KEY}"}}', id="last"),
        pytest.param(f'{{"routing_key": "{ESCAPED}"}}', id="escaped"),
        pytest.param(f'{{"routing_key": "{KEY}", "event_action": ', id="cut off"),
        pytest.param(f'{{"routing_key": "{KEY}", "n": NaN}}', id="not a number"),
        pytest.param(f'{{"routing_key": "{KEY}", "deep": ' + "[" * 100_000, id="deep"),
    ],
)
def test_the_key_is_found_and_masked(body: str) -> None:
    key = key_in(body.encode())
    assert KEY == key
    kept = masked(body.encode(), key).decode()
    assert KEY not in kept
    assert ESCAPED not in kept
    assert f'"{MASK}"' in kept


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"routing_key": 7}', b'{"Routing_Key": "x"}', b"\xff\xfe{"],
)
def test_a_body_without_a_key_has_none(body: bytes) -> None:
    assert key_in(body) is None


def test_the_key_is_masked_wherever_it_stands_and_however_it_is_spelt() -> None:
    half = KEY[:16] + ESCAPED[6 * 16 :]
    body = (
        f'{{"routing_key": "{KEY}", "dedup_key": "{KEY}", "{KEY}": "my key is {KEY}.", '
        f'"a": "{ESCAPED}", "b": "{SHOUTED}", "c": "{half}"}}'
    )
    assert {
        "routing_key": MASK,
        "dedup_key": MASK,
        MASK: f"my key is {MASK}.",
        **dict.fromkeys("abc", MASK),
    } == json.loads(masked(body.encode(), KEY))


def test_another_key_of_the_same_name_is_masked_too() -> None:
    body = b'{"routing_key": "of another service", "routing_key": "%s"}' % KEY.encode()
    assert b'{"routing_key": "%b", "routing_key": "%b"}' % ((MASK.encode(),) * 2) == masked(
        body, KEY
    )


def test_nothing_else_is_changed() -> None:
    body = b'{ "routing_key":\t"%s",\n"x": "\\u00e9\\\\" }' % KEY.encode()
    assert body.replace(KEY.encode(), MASK.encode()) == masked(body, KEY)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_a_body_of_any_texts_is_as_it_was_but_for_the_key(other: object) -> None:
    body = json.dumps({"routing_key": KEY, "other": other}).encode()
    assert {"routing_key": MASK, "other": other} == json.loads(masked(body, KEY))
