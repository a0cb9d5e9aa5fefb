"""Whose token it is stands beside the log: in no event, whatever the token did."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consumers.access.tokens import grant_token, revoke
from consumers.container.ledger import Ledger, new_id, now, open_ledger
from ledger.domain.access import AccessGranted, HolderKind, is_opaque
from ledger.domain.catalogue import CODEC
from ledger.errors import NotFound, Refused
from ledger.execute import Context
from ledger.vocabulary import Scope
from tests.e2e.server import Server, add_token, client
from tests.harness.homes import settings_of
from tests.harness.process import until

MARA = "mara@example.org"
AT_ONCE = 6


def context() -> Context:
    return Context(at=now(), actor="airledger", source="airledger", correlation=new_id())


def stored(ledger: Ledger) -> list[bytes]:
    return [entry.stored for entry in ledger.store.read(0, 10_000, sealed=False)]


def test_no_event_has_the_name_of_whose_token_did_something(tmp_path: Path) -> None:
    data = tmp_path / "data"
    token = add_token(data, MARA, Scope.OPERATE)
    with Server(data) as server, client(server, token) as mara:
        headers = {"Idempotency-Key": "k"}
        report = {"title": "It leaks", "system": "chat"}
        made = mara.post("/v1/incidents", json=report, headers=headers)
        ref = made.json()["reference"]
        mara.post(f"/v1/incidents/{ref}/assign", json={"owner": MARA})
        mara.post(f"/v1/incidents/{ref}/assign", json={"owner": MARA, "nonsense": 1})
        mara.post(f"/v1/incidents/{ref}/reopen", json={"reason": "It was not closed"})
        at = {"at_least": made.headers["airledger-position"]}
        assert MARA == mara.get("/v1/token").json()["name"]
        assert MARA in mara.get(f"/v1/incidents/{ref}/timeline", params=at).text
        headers["Authorization"] = f"Bearer {add_token(data, 'auditor', Scope.AUDIT)}"
        with closing(open_ledger(settings_of(data))) as ledger:
            revoke(ledger.executor, context(), HolderKind.TOKEN, MARA)
        assert 401 == mara.get("/v1/token").status_code
    with closing(open_ledger(settings_of(data))) as ledger:
        events = stored(ledger)
        rows = ledger.store.access.tokens(HolderKind.TOKEN)
        assert any(b"access.revoked" in each for each in events)
        assert [] == [each for each in events if b"mara" in each.lower()]
        assert MARA in {row.shown_name for row in rows}
        assert all(is_opaque(row.holder_name) for row in rows)
        assert b"example.org" not in b"".join(each for each in events)


def test_of_grants_at_once_under_one_name_one_is_made(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data")
    ledgers = [open_ledger(settings) for _ in range(2)]
    try:

        def grant(number: int) -> str:
            ledger = ledgers[number % len(ledgers)]
            try:
                grant_token(ledger.store, ledger.executor, context(), MARA, Scope.READ)
            except Refused as refusal:
                return refusal.rule
            return "granted"

        with ThreadPoolExecutor(AT_ONCE) as threads:
            made = list(threads.map(grant, range(AT_ONCE)))
        assert ["granted", *["name_in_use"] * (AT_ONCE - 1)] == sorted(made)
        [row] = ledgers[0].store.access.tokens(HolderKind.TOKEN)
        assert row.holder_name == ledgers[0].store.access.token_named(MARA)
    finally:
        for ledger in ledgers:
            ledger.close()


def test_tokens_of_one_person_act_as_one(tmp_path: Path) -> None:
    with closing(open_ledger(settings_of(tmp_path / "data"))) as ledger:

        def grant(name: str, person: str | None = None) -> str:
            grant_token(ledger.store, ledger.executor, context(), name, Scope.READ, person=person)
            rows = ledger.store.access.tokens(HolderKind.TOKEN)
            return next(row.holder for row in rows if row.shown_name == name)

        laptop = grant("mara-laptop", "Mara Vos")
        assert laptop == grant("mara-phone", "Mara Vos")
        assert laptop == grant("mara-ci", laptop)
        assert laptop != grant("noor")
        with pytest.raises(NotFound, match="There is no person/0000"):
            grant("typo", "person/00000000-0000-4000-8000-000000000000")


def test_a_name_is_free_once_its_token_expired(tmp_path: Path) -> None:
    with closing(open_ledger(settings_of(tmp_path / "data"))) as ledger:
        soon = now() + timedelta(milliseconds=300)
        grant_token(ledger.store, ledger.executor, context(), MARA, Scope.READ, soon)
        until(lambda: now() > soon, "the token has expired")
        grant_token(ledger.store, ledger.executor, context(), MARA, Scope.READ)
        old, new = ledger.store.access.tokens(HolderKind.TOKEN)
        assert old.holder_name != new.holder_name
        revoke(ledger.executor, context(), HolderKind.TOKEN, MARA)
        assert [True, True] == [row.revoked for row in ledger.store.access.tokens(HolderKind.TOKEN)]


def test_the_last_use_of_a_token_is_listed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    admin, idle = add_token(data, "admin", Scope.ADMIN), add_token(data, "idle", Scope.READ)
    began = datetime.now(UTC)
    with Server(data) as server, client(server, admin) as api:

        def used() -> dict[str, str | None]:
            items = api.get("/v1/tokens", params={"holder": "token"}).json()["items"]
            return {each["name"]: each["used_at"] for each in items}

        until(lambda: used()["admin"] is not None, "the use of the token is written")
        found = used()
        assert found["idle"] is None
        first = datetime.fromisoformat(str(found["admin"]))
        assert began - timedelta(seconds=1) <= first <= datetime.now(UTC)
        api.get("/v1/incidents")
        assert found == used()
        page = api.get("/access").text
        assert "admin" in page
        assert "never" in page
        listed = api.get("/v1/tokens", params={"limit": 1}).json()
        rest = api.get("/v1/tokens", params={"cursor": listed["next"]}).json()
        names = [each["name"] for each in (*listed["items"], *rest["items"])]
        assert ["admin", "idle"] == names
        assert idle not in json.dumps(rest)
        assert admin not in page


def test_what_a_grant_records_is_who_acts_and_no_name(tmp_path: Path) -> None:
    with closing(open_ledger(settings_of(tmp_path / "data"))) as ledger:
        grant_token(ledger.store, ledger.executor, context(), MARA, Scope.AUDIT)
        entries = ledger.store.read(0, 100, sealed=False)
        [granted] = [
            event
            for entry in entries
            if isinstance(event := CODEC.decode(entry.stored, entry.leaf).event, AccessGranted)
        ]
        [row] = ledger.store.access.tokens(HolderKind.TOKEN)
        assert (row.holder_name, row.holder, Scope.AUDIT) == (
            granted.holder_name,
            granted.holder,
            granted.scope,
        )
