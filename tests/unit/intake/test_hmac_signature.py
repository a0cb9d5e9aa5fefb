"""Signed bodies: what counts as the source's own, and what is said of the rest."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from consumers.intake.hmac_signature import (
    LONGEST_AGE,
    SignatureError,
    parse_signing,
    require_signed,
)
from ledger.errors import Invalid
from ledger.store.side_records import Signing

SECRET, BODY = "a shared secret", b'{"version": "1"}'
NOW = datetime(2026, 11, 22, 9, 22, tzinfo=UTC)
SIGNATURE, TIME = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"
PLAIN = parse_signing(SECRET, "", "")
TIMED = parse_signing(SECRET, "", TIME)


def signature(signed: bytes = BODY, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def timed(at: datetime) -> dict[str, str]:
    """The headers of a body that was signed then."""
    seconds = str(int(at.timestamp()))
    return {SIGNATURE: signature(seconds.encode() + b":" + BODY), TIME: seconds}


def refused(signing: Signing, headers: dict[str, str], body: bytes = BODY) -> str:
    with pytest.raises(SignatureError) as caught:
        require_signed(signing, headers, body, NOW)
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "headers",
    [
        {SIGNATURE: signature()},
        {SIGNATURE: f" {signature().upper()} "},
        {"X-Grafana-Alert-Signature": signature()},
    ],
)
def test_a_right_signature_is_taken_in_either_header_that_grafana_uses(
    headers: dict[str, str],
) -> None:
    require_signed(PLAIN, headers, BODY, NOW)


def test_a_named_header_is_the_only_one_that_counts() -> None:
    named = parse_signing(SECRET, "X-Signed", "")
    require_signed(named, {"X-Signed": signature()}, BODY, NOW)
    assert refused(named, {SIGNATURE: signature()}).startswith("No signature: X-Signed must hold")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param({SIGNATURE: signature()}, BODY + b" ", id="another body"),
        pytest.param({SIGNATURE: signature(secret="guess")}, BODY, id="another secret"),
        pytest.param({SIGNATURE: "sha256=" + signature()}, BODY, id="a prefix"),
        pytest.param({SIGNATURE: signature()[:-1]}, BODY, id="cut"),
        pytest.param({SIGNATURE: ""}, BODY, id="empty"),
        pytest.param({SIGNATURE: "ü\udc80"}, BODY, id="no hex"),
    ],
)
def test_a_wrong_signature_is_refused_with_what_was_expected(
    headers: dict[str, str], body: bytes
) -> None:
    said = refused(PLAIN, headers, body)
    assert said.startswith("The signature is not this body's: X-Grafana-Alerting-Signature must")
    assert "the HMAC-SHA256 of the body in hex" in said


def test_no_signature_is_refused_with_what_was_expected() -> None:
    assert refused(PLAIN, {}).startswith("No signature: X-Grafana-Alerting-Signature must hold")


@pytest.mark.parametrize("apart", [timedelta(0), LONGEST_AGE, -LONGEST_AGE])
def test_a_signed_time_near_the_clock_is_taken(apart: timedelta) -> None:
    require_signed(TIMED, timed(NOW - apart), BODY, NOW)


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (LONGEST_AGE + timedelta(seconds=1), "301 s behind this server's clock; at most 300 s"),
        (-LONGEST_AGE - timedelta(seconds=1), "301 s ahead of this server's clock"),
    ],
)
def test_a_signed_time_far_from_the_clock_is_refused(apart: timedelta, said: str) -> None:
    assert said in refused(TIMED, timed(NOW - apart))


def test_the_time_is_part_of_what_is_signed() -> None:
    headers = timed(NOW - timedelta(days=1)) | {TIME: str(int(NOW.timestamp()))}
    said = refused(TIMED, headers)
    assert "the HMAC-SHA256 of the value of X-Grafana-Alerting-Timestamp, a colon and" in said
    assert "is not this body's" in refused(TIMED, timed(NOW) | {SIGNATURE: signature()})


@pytest.mark.parametrize("time", ["", "now", "-1", "1e9", "1" * 12, "١٢"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    headers = {SIGNATURE: signature(time.encode() + b":" + BODY), TIME: time}
    assert "must hold the seconds since 1970" in refused(TIMED, headers)


def test_the_longest_number_of_seconds_is_a_time_as_well() -> None:
    headers = {SIGNATURE: signature(b"9" * 11 + b":" + BODY), TIME: "9" * 11}
    assert "ahead of this server's clock" in refused(TIMED, headers)


@pytest.mark.parametrize(
    ("secret", "header", "time", "said"),
    [
        ("", "", "", "The HMAC secret is empty"),
        ("s", "X Signed", "", "'X Signed' is no name of an HTTP header"),
        ("s", "", "X-Time:", "'X-Time:' is no name of an HTTP header"),
        ("s", "X" * 101, "", "is no name of an HTTP header"),
    ],
)
def test_a_source_cannot_be_told_to_sign_in_another_way(
    secret: str, header: str, time: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        parse_signing(secret, header, time)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(PLAIN)


def test_where_the_time_may_be_either_of_two_a_signature_is_fresh_at_one_of_them() -> None:
    days = [timedelta(0), timedelta(days=40)]
    for apart in days:
        require_signed(TIMED, timed(NOW + apart), BODY, *(NOW + each for each in days))
    with pytest.raises(SignatureError, match="864000 s ahead"):
        require_signed(TIMED, timed(NOW + timedelta(days=10)), BODY, *(NOW + each for each in days))
