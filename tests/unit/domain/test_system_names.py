"""Other names of systems: no name is that of two, however it is written (runbook section 2)."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain import system as s
from ledger.domain.catalogue import KINDS
from ledger.domain.envelope import Event, kind_of
from ledger.domain.identity import system_id
from ledger.domain.stream_type import NOBODY
from ledger.errors import Refused
from tests.unit.domain.story import POLICY

NOW = datetime(2026, 3, 10, 8, tzinfo=UTC)
RETIRE = s.RetireSystem(data="Gone.", keys="Gone.", users="Told.", open_clocks="None.")


class Systems:
    """The streams of systems and their names, as commands leave them."""

    def __init__(self) -> None:
        self.events: dict[str, list[Event]] = defaultdict(list)

    def state(self, stream: str) -> Any:
        return KINDS[kind_of(stream)].folded(self.events[stream])

    def send(self, system: str, command: s.SystemCommand) -> bool:
        """Whether anything was recorded."""
        stream = s.SYSTEM.stream(system_id(system))
        of = s.SYSTEM.command_type(command)
        assert of is not None
        if of.decide_over is None:
            found = s.decide(command, self.state(stream), POLICY, NOW)
            self.events[stream] += found
            return bool(found)
        states = {each: self.state(each) for each in (stream, *of.checks(command))}
        appended = of.decide_over(command, stream, states, POLICY, NOW, NOBODY)
        for name, events in appended:
            self.events[name] += events
        return any(events for _, events in appended)

    def register(self, name: str) -> bool:
        return self.send(name, s.RegisterSystem(system=name, title="T", intended_purpose="P"))

    def own(self, name: str) -> str:
        names: s.SystemNames = self.state(s.NAMES_STREAM)
        return names.own_of(name)


@pytest.fixture
def systems() -> Systems:
    found = Systems()
    found.register("chat")
    found.register("search")
    return found


def refused(systems: Systems, system: str, command: s.SystemCommand) -> str:
    with pytest.raises(Refused) as found:
        systems.send(system, command)
    return found.value.rule


def test_what_carries_an_alias_belongs_to_the_system_however_it_is_written(
    systems: Systems,
) -> None:
    assert systems.send("chat", s.AddAlias(alias="Chat Bot"))
    assert not systems.send("chat", s.AddAlias(alias="chat  bot"))
    assert ["chat", "chat", "chat", "bot"] == [
        systems.own(name) for name in ("Chat Bot", " CHAT  BOT ", "chat", "bot")
    ]
    assert systems.send("chat", s.RemoveAlias(alias="CHAT BOT"))
    assert "Chat Bot" == systems.own("Chat Bot")
    assert "no_such_alias" == refused(systems, "chat", s.RemoveAlias(alias="Chat Bot"))


@pytest.mark.parametrize("name", ["search", "Search", " SEARCH", "find it", "FIND  IT"])
def test_a_name_of_another_system_is_refused(systems: Systems, name: str) -> None:
    systems.send("search", s.AddAlias(alias="find it"))
    assert "system_name_taken" == refused(systems, "chat", s.AddAlias(alias=name.strip()))


def test_no_system_is_registered_under_the_alias_of_another(systems: Systems) -> None:
    systems.send("chat", s.AddAlias(alias="bot"))
    with pytest.raises(Refused) as found:
        systems.register("Bot")
    assert "system_name_taken" == found.value.rule
    assert "'chat'" in str(found.value)
    systems.send("chat", s.RemoveAlias(alias="bot"))
    assert systems.register("Bot")


def test_its_own_name_in_other_letters_may_be_an_alias(systems: Systems) -> None:
    assert not systems.send("chat", s.AddAlias(alias="chat"))
    assert systems.send("chat", s.AddAlias(alias="CHAT"))
    assert "chat" == systems.own("Chat")
    assert not systems.register("chat")


@pytest.mark.parametrize("name", ["unassigned", "airledger/objectives", "SYS-7", "7"])
def test_names_of_the_ledgers_own_are_no_alias(systems: Systems, name: str) -> None:
    assert "system_name_reserved" == refused(systems, "chat", s.AddAlias(alias=name))


def test_a_retired_system_gives_its_aliases_away_and_gets_none(systems: Systems) -> None:
    systems.send("chat", s.AddAlias(alias="bot"))
    systems.send("chat", RETIRE)
    assert "system_retired" == refused(systems, "chat", s.AddAlias(alias="other"))
    assert "system_name_taken" == refused(systems, "search", s.AddAlias(alias="bot"))
    assert systems.send("chat", s.RemoveAlias(alias="bot"))
    assert systems.send("search", s.AddAlias(alias="bot"))
    assert "search" == systems.own("bot")


NAMES = st.sampled_from(["chat", "Chat", "search", "bot", "BOT", "x  y", "X Y"])


@given(st.lists(st.tuples(st.sampled_from(["register", "add", "remove"]), NAMES, NAMES)))
def test_no_name_is_ever_that_of_two_systems(steps: list[tuple[str, str, str]]) -> None:
    """Whatever is asked for, in whatever order."""
    systems = Systems()
    for what, system, name in steps:
        registered = systems.state(s.SYSTEM.stream(system_id(system))).system
        try:
            if what == "register":
                systems.register(system)
            elif registered and what == "add":
                systems.send(system, s.AddAlias(alias=name))
            elif registered:
                systems.send(system, s.RemoveAlias(alias=name))
        except Refused:
            continue
    states = [systems.state(each) for each in systems.events if each != s.NAMES_STREAM]
    holders: dict[object, set[str]] = defaultdict(set)
    for state in states:
        if state.system:
            for each in (state.system, *state.aliases):
                holders[system_id(each)].add(state.system)
            assert {systems.own(each) for each in state.aliases} <= {state.system}
    assert [] == [names for names in holders.values() if len(names) > 1]
