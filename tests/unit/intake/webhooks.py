"""Webhooks of PagerDuty, incident.io and Jira, as their documentation describes them, signed."""

import base64
import hashlib
import hmac
from datetime import datetime

from tests.unit.intake.bodies import Json

HEX_SECRET = "a secret of forty characters, or nearly so"
STANDARD_KEY = b"twenty-four bytes, or so"
STANDARD_SECRET = f"whsec_{base64.b64encode(STANDARD_KEY).decode()}"
PAGERDUTY, HUB = "X-PagerDuty-Signature", "X-Hub-Signature"
PAGERDUTY_SITE, JIRA_SITE = "https://acme.pagerduty.example", "https://acme.atlassian.example"
INCIDENT_IO_SITE = "https://app.incident.example/acme"


def hexed(body: bytes, secret: str = HEX_SECRET) -> str:
    """The HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def pagerduty_headers(body: bytes, secret: str = HEX_SECRET) -> dict[str, str]:
    return {PAGERDUTY: f"v1={hexed(body, secret)}"}


def hub_headers(body: bytes, secret: str = HEX_SECRET) -> dict[str, str]:
    return {HUB: f"sha256={hexed(body, secret)}"}


def standard_headers(
    body: bytes, at: datetime, own_id: str = "msg_1", key: bytes = STANDARD_KEY
) -> dict[str, str]:
    seconds = str(int(at.timestamp()))
    signed = hmac.new(key, f"{own_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": own_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def pagerduty_webhook(
    event: str = "incident.acknowledged",
    own_id: str = "01EVENT",
    key: str = "d3640fbd",
    **members: object,
) -> Json:
    """An event about the incident PGR0VU2."""
    data = {
        "id": "PGR0VU2",
        "type": "incident",
        "html_url": f"{PAGERDUTY_SITE}/incidents/PGR0VU2",
        "number": 2,
        "status": "acknowledged",
        "incident_key": key,
        "title": "Answers leak names",
        "service": {"id": "PF9KMXH", "summary": "Chat", "type": "service_reference"},
        "assignees": [{"id": "PTUXL6G", "summary": "Grace Hopper", "type": "user_reference"}],
        "resolve_reason": None,
    }
    return {
        "event": {
            "id": own_id,
            "event_type": event,
            "resource_type": "incident",
            "occurred_at": "2026-11-22T09:20:00.169Z",
            "agent": {"id": "PLH1HKV", "summary": "Ada Lovelace", "type": "user_reference"},
            "client": None,
            "data": {**data, **members},
        }
    }


def incident_io_incident(**members: object) -> Json:
    """The incident INC-123 of incident.io, with a lead and a reporter."""
    roles = [("reporter", "Bob"), ("lead", "Grace Hopper")]
    return {
        "id": "01FDAG4SAP5TYPT98WGR2N7W91",
        "reference": "INC-123",
        "name": "Answers leak names",
        "permalink": f"{INCIDENT_IO_SITE}/incidents/123",
        "incident_status": {"id": "01F", "name": "Investigating", "category": "live"},
        "incident_role_assignments": [
            {
                "role": {"id": name, "name": name.title(), "role_type": role},
                "assignee": {"id": name, "name": name, "email": f"{name[:3].lower()}@acme.example"},
            }
            for role, name in roles
        ],
        **members,
    }


def incident_io_status(new: str = "live", previous: str = "triage", **members: object) -> Json:
    """The status of the incident changed, from one category to another."""
    event = "public_incident.incident_status_updated_v2"
    return {
        "event_type": event,
        event: {
            "incident": incident_io_incident(**members),
            "message": "We look into it",
            "new_status": {"id": "01G", "name": f"Our {new}", "category": new, "rank": 1},
            "previous_status": {"id": "01H", "name": "Before", "category": previous, "rank": 0},
        },
    }


def incident_io_update(**members: object) -> Json:
    """The incident was updated; it does not say in what."""
    event = "public_incident.incident_updated_v2"
    return {"event_type": event, event: incident_io_incident(**members)}


def jira_item(field: str, to: str | None = "7", name: str | None = None) -> Json:
    """A field that changed."""
    was = {"from": None if to else "3", "fromString": None}
    return {
        "field": field,
        "fieldId": field,
        "fieldtype": "jira",
        **was,
        "to": to,
        "toString": name,
    }


def jira(
    *items: Json,
    key: str = "OPS-7",
    change: object = "10124",
    event: str = "jira:issue_updated",
    site: str = JIRA_SITE,
    **fields: object,
) -> Json:
    """An issue was changed in these fields."""
    own_id = f"100{key.partition('-')[2]}"
    person = {"accountId": "5b10", "displayName": "Ada Lovelace", "accountType": "atlassian"}
    status = {"name": "In Progress", "statusCategory": {"id": 4, "key": "indeterminate"}}
    return {
        "timestamp": 1795339320000,
        "webhookEvent": event,
        "issue_event_type_name": "issue_generic",
        "user": person,
        "issue": {
            "id": own_id,
            "self": f"{site}/rest/api/2/issue/{own_id}",
            "key": key,
            "fields": {
                "summary": "[INC-1] Answers leak names",
                "status": status,
                "assignee": None,
                "resolution": None,
                "labels": [],
                **fields,
            },
        },
        "changelog": {"id": change, "items": list(items)},
    }


JIRA_DONE = {"name": "Done", "statusCategory": {"id": 3, "key": "done"}}
