"""A webhook whose body the settings give: JSON whatever the texts hold, and signed."""

import hmac
import json
from base64 import b64encode
from datetime import UTC, datetime

from consumers.notify.channels import send
from consumers.notify.message import Message, trial
from consumers.notify.outcome import Sending
from ledger.settings import WebhookChannel
from ledger.vocabulary import Notice
from tests.harness.receiver import receiver

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = (
    '{"summary": "{reference}: {title}", "dedup": "{key}", "what": ["{notice}", {"n": 1}], '
    '"text": "{text}", "link": "{link}", "severity": "{severity}", "system": "{system}"}'
)
HOSTILE = 'a "quote", \\ and {reference}'


def message() -> Message:
    return trial("the-key", NOON, "https://ledger.example")._replace(
        about=Notice.INCIDENT_OPENED,
        reference="INC-7",
        stream="incident/63e73ace-0cb7-5d8c-bd12-ef81f7e9fe72",
        system="chat",
        title=HOSTILE,
    )


def test_its_placeholders_are_replaced_and_the_body_is_signed() -> None:
    with receiver() as told:
        channel = WebhookChannel.model_validate(
            {
                "kind": "webhook",
                "url": told.url,
                "secret": "s",
                "body": BODY,
                "headers": {"X-Api-Key": "k", "Content-Type": "application/vnd.x+json"},
            }
        )
        send(channel, message(), Sending("airledger", NOON))
        [got] = told.got
    said = message()
    assert {
        "summary": f"INC-7: {HOSTILE}",
        "dedup": "airledger-63e73ace-0cb7-5d8c-bd12-ef81f7e9fe72",
        "what": ["incident_opened", {"n": 1}],
        "text": said.subject,
        "link": "https://ledger.example",
        "severity": "",
        "system": "chat",
    } == json.loads(got.body)
    assert "k" == got.headers["x-api-key"]
    assert "application/vnd.x+json" == got.headers["content-type"]
    content = b".".join((b"the-key", got.headers["webhook-timestamp"].encode(), got.body))
    signature = b64encode(hmac.digest(b"s", content, "sha256")).decode()
    assert f"v1,{signature}" == got.headers["webhook-signature"]


def test_a_trial_fills_it_as_well_and_it_is_json_by_its_header() -> None:
    with receiver() as told:
        channel = WebhookChannel(kind="webhook", url=told.url, secret="s", body=BODY)
        send(channel, trial("key", NOON, None), Sending("airledger", NOON))
        [got] = told.got
    assert ["trial", {"n": 1}] == json.loads(got.body)["what"]
    assert "airledger-trial" == json.loads(got.body)["dedup"]
    assert "application/json" == got.headers["content-type"]
