"""Identity is for ever: the same parts name the same stream, in this release and any later one."""

from uuid import UUID, uuid5

import pytest

from ledger.domain import identity
from ledger.domain.identity import alert_id, group_id, incident_id, named

GROUP = group_id("urgent", (("system", "chat"), ("alertname", "Leak")))


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ("20eba1f3-4dff-5115-8f2b-e3c66030aac2", identity.POLICY_ID),
        ("15928850-d619-5796-a7a8-4a3361577d90", alert_id("main", "a")),
        ("b4b7cb56-0d0b-5622-bb86-a84eeb4fb51c", GROUP),
        ("63e73ace-0cb7-5d8c-bd12-ef81f7e9fe72", incident_id(GROUP, 1)),
        ("5d984ffd-3b11-5bbe-9999-fdf8e7931ca6", identity.opened_under("incident", "tok", "key")),
        ("89b3985b-2a19-52c2-abb9-387791dcd510", identity.access_id("source", "main")),
        ("d0f7fc4a-1cb0-5c14-b917-8a6060745d2a", identity.source_id("main")),
    ],
)
def test_names_give_the_ids_they_always_gave(expected: str, actual: UUID) -> None:
    assert expected == str(actual)


def test_an_id_is_the_uuid5_of_the_parts_as_json() -> None:
    assert uuid5(identity.NAMESPACE, '["alert","main","ä"]') == alert_id("main", "ä")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (alert_id("a", "bc"), alert_id("ab", "c")),
        (alert_id("a", ""), alert_id("", "a")),
        (group_id("r", (("a", "b,c"),)), group_id("r", (("a", "b"), ("c", "")))),
        (incident_id(GROUP, 1), incident_id(GROUP, 11)),
        (named("a", 1), named("a", "1")),
        (named("a", "b"), named("a,b")),
    ],
)
def test_different_parts_never_meet(one: UUID, other: UUID) -> None:
    assert one != other
    assert (5, 5) == (one.version, other.version)
