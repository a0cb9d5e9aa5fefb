"""Signatures of webhooks: what headers claim, and of which body they are."""

from datetime import UTC, datetime, timedelta

import pytest

from consumers.intake.hmac_signature import LONGEST_AGE, SignatureError
from consumers.intake.webhook_signatures import (
    CLAIMED_SIGNATURES,
    HUB_SIGNATURE,
    PAGERDUTY_SIGNATURE,
    SECRET_BYTES,
    STANDARD_SIGNATURE,
    WebhookSignature,
)
from ledger.errors import Invalid
from ledger.store.side_records import Signing
from tests.unit.intake import webhooks as w

NOW = datetime(2026, 11, 22, 9, 22, tzinfo=UTC)
BODY = b'{"event": {}}'
RIGHT = w.hexed(BODY)
WRONG = w.hexed(BODY, "another secret")
SIGNED = w.standard_headers(BODY, NOW)


def require(
    scheme: WebhookSignature,
    headers: dict[str, str],
    body: bytes = BODY,
) -> None:
    secret = w.STANDARD_SECRET if scheme is STANDARD_SIGNATURE else w.HEX_SECRET
    signing = scheme.parse_signing(secret)
    scheme.require_signed(signing, scheme.require_claim(headers, NOW), body)


def refused(scheme: WebhookSignature, headers: dict[str, str], body: bytes = BODY) -> str:
    with pytest.raises(SignatureError) as caught:
        require(scheme, headers, body)
    said = str(caught.value)
    assert [] == [each for each in (w.HEX_SECRET, w.STANDARD_SECRET, RIGHT) if each in said]
    return said


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"v1={RIGHT}"}),
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"v1={WRONG},v1={RIGHT}"}),
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"v2=x, v1={RIGHT} ,"}),
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"v1={RIGHT.upper()}"}),
        (HUB_SIGNATURE, {w.HUB: f"sha256={RIGHT}"}),
        (STANDARD_SIGNATURE, SIGNED),
        (
            STANDARD_SIGNATURE,
            {**SIGNED, "webhook-signature": f"v1a,x v1,AAAA {SIGNED['webhook-signature']}"},
        ),
    ],
)
def test_one_right_signature_of_those_claimed_is_enough(
    scheme: WebhookSignature, headers: dict[str, str]
) -> None:
    require(scheme, headers)


@pytest.mark.parametrize(
    ("scheme", "headers"),
    [
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"v1={WRONG}"}),
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"v1={w.hexed(BODY + b' ')}"}),
        (HUB_SIGNATURE, {w.HUB: f"sha256={WRONG}"}),
        (STANDARD_SIGNATURE, w.standard_headers(BODY, NOW, key=b"another key of some length")),
        (STANDARD_SIGNATURE, {**SIGNED, "webhook-id": "msg_2"}),
        (
            STANDARD_SIGNATURE,
            {**SIGNED, "webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        ),
    ],
)
def test_a_signature_of_something_else_is_refused(
    scheme: WebhookSignature, headers: dict[str, str]
) -> None:
    assert refused(scheme, headers).startswith("The signature is not this body's: ")


@pytest.mark.parametrize(
    ("scheme", "headers", "said"),
    [
        (PAGERDUTY_SIGNATURE, {}, "X-PagerDuty-Signature must hold v1= and"),
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: RIGHT}, "X-PagerDuty-Signature must hold"),
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"v0={RIGHT}"}, "X-PagerDuty-Signature must hold"),
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"v1={RIGHT[:-1]}"}, "X-PagerDuty-Signature must"),
        (PAGERDUTY_SIGNATURE, {w.PAGERDUTY: "v1=" + "\u0661" * 64}, "X-PagerDuty-Signature"),
        (HUB_SIGNATURE, {}, "X-Hub-Signature must hold sha256= and"),
        (HUB_SIGNATURE, {w.HUB: f"sha1={RIGHT[:40]}"}, "X-Hub-Signature must hold"),
        (HUB_SIGNATURE, {w.HUB: f"sha256={RIGHT},sha256={RIGHT}"}, "X-Hub-Signature must"),
        (STANDARD_SIGNATURE, {**SIGNED, "webhook-signature": ""}, "webhook-signature must hold"),
        (STANDARD_SIGNATURE, {**SIGNED, "webhook-signature": "v1,?"}, "webhook-signature must"),
        (STANDARD_SIGNATURE, {**SIGNED, "webhook-signature": "v1,\xe9"}, "webhook-signature must"),
    ],
)
def test_what_claims_no_signature_is_refused_with_what_is_expected(
    scheme: WebhookSignature, headers: dict[str, str], said: str
) -> None:
    told = refused(scheme, headers)
    assert told.startswith("No signature: ")
    assert said in told
    assert told.endswith("under the secret that this source was added with.")


@pytest.mark.parametrize("own_id", ["", "a.b", "a b", "\xe9", "x" * 201])
def test_a_message_without_an_id_that_can_be_signed_is_refused(own_id: str) -> None:
    said = refused(STANDARD_SIGNATURE, {**SIGNED, "webhook-id": own_id})
    assert "No id: webhook-id must hold the id of the message." == said


@pytest.mark.parametrize("time", ["", "now", "-1", "1e9", "1" * 12, "\u0661"])
def test_a_message_without_a_time_is_refused(time: str) -> None:
    said = refused(STANDARD_SIGNATURE, {**SIGNED, "webhook-timestamp": time})
    assert "No timestamp: webhook-timestamp must hold the seconds since 1970." == said


@pytest.mark.parametrize("apart", [LONGEST_AGE, -LONGEST_AGE])
def test_a_message_is_fresh_for_some_minutes(apart: timedelta) -> None:
    require(STANDARD_SIGNATURE, w.standard_headers(BODY, NOW - apart))
    beyond = apart + (timedelta(seconds=1) if apart > timedelta(0) else -timedelta(seconds=1))
    said = refused(STANDARD_SIGNATURE, w.standard_headers(BODY, NOW - beyond))
    assert "301 s" in said
    assert "at most 300 s are accepted" in said


def test_signatures_beyond_a_number_are_not_looked_at() -> None:
    many = ",".join([f"v1={WRONG}"] * CLAIMED_SIGNATURES)
    assert "is not this body's" in refused(PAGERDUTY_SIGNATURE, {w.PAGERDUTY: f"{many},v1={RIGHT}"})


@pytest.mark.parametrize(
    ("scheme", "secret", "said"),
    [
        (PAGERDUTY_SIGNATURE, "x" * (SECRET_BYTES - 1), "less than 16 bytes"),
        (HUB_SIGNATURE, "", "less than 16 bytes"),
        (STANDARD_SIGNATURE, "whsec_c2hvcnQ=", "less than 16 bytes"),
        (STANDARD_SIGNATURE, "eHh4" * 8, "no signing secret of incident.io"),
        (STANDARD_SIGNATURE, "whsec_?", "no signing secret of incident.io"),
        (STANDARD_SIGNATURE, "whsec_\xe9", "no signing secret of incident.io"),
    ],
)
def test_a_secret_that_could_be_guessed_or_is_none_is_refused(
    scheme: WebhookSignature, secret: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said):
        scheme.parse_signing(secret)


def test_a_secret_is_in_no_text() -> None:
    signing = PAGERDUTY_SIGNATURE.parse_signing(w.HEX_SECRET)
    assert Signing(secret=w.HEX_SECRET) == signing
    assert w.HEX_SECRET not in repr(signing)
