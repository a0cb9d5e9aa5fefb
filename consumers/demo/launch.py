"""`airledger demo`: the shipped sample, played through the real intake into a ledger of its own.

Where it plays: the directory that --data-dir or AIRLEDGER_DATA_DIR names, else `airledger-demo` in
the working directory; never the one of a settings file, which is meant for the real ledger. It
plays into a new ledger alone, whose log has an origin that says it is a demo's: one with the sample
in it is served as it is (to play again would be new alerts at new times), and any other is left
alone. While it plays, the ledger's clock is the sample's; from then on it is the machine's.
"""

import asyncio
import secrets
import signal
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path

from consumers.access.login_links import LINK, LinkedPerson, make_link
from consumers.access.people import AIRLEDGER
from consumers.access.single_use import waiting_secret
from consumers.access.tokens import grant_source, grant_token
from consumers.commands.roles import SOURCE, Grant, change_roles
from consumers.commands.service import Caller
from consumers.container.guarded_clock import machine_time
from consumers.container.ledger import Ledger
from consumers.demo.clock import PlayedClock
from consumers.demo.inbox import Inbox
from consumers.demo.player import Player, Tokens
from consumers.demo.sample import Sample, read_sample
from consumers.demo.summary import DemoTokens, played_text, read_lists, served_again_text
from consumers.runtime.process import serve
from consumers.web.sessions import Sessions
from ledger import logs
from ledger.domain.access.deciding import HOST
from ledger.errors import LedgerError, Refused
from ledger.execute import Context
from ledger.policy.times import after
from ledger.settings import HttpSettings, LogSettings, NotifySettings, Settings
from ledger.store.side_records import SessionGrant
from ledger.store.sqlite import SQLiteStore
from ledger.transparency.audit import Audit, audit
from ledger.transparency.http_reader import HttpLogReader
from ledger.vocabulary import ActsBy, Scope

DIRECTORY = Path("airledger-demo")
ORIGIN = "airledger-demo/"
"""What the origin of a demo's log begins with: so every checkpoint says that it is none of a real
ledger."""
CHANNELS = ("risk-manager", "governance-lead")
"""Who is told, by the names that the sample's policy has for them."""
READER = "demo-reader"
OPERATOR = "demo-operator"
AUDITOR = "demo-auditor"
"""READER is made last of all: where it is, the sample was played to its end."""
LINK_LASTS, SESSION_LASTS = timedelta(minutes=15), timedelta(hours=1)
"""How long the links of people wait, and their sessions go on; these end with the play."""
_HOST = Caller(actor=AIRLEDGER, token=AIRLEDGER, asker=HOST)


class DemoState(Enum):
    """What a demo finds in its directory."""

    NOTHING = auto()
    SAMPLE = auto()
    HALF_A_SAMPLE = auto()


def demo(settings: Settings, *, data_dir: Path | None = None) -> int:
    """Plays the sample and serves it until SIGTERM or SIGINT; returns the exit status.

    `data_dir` is the directory that was named for it. Raises Refused where that holds a ledger
    that is no demo.
    """
    own, moved = _own(settings, data_dir or DIRECTORY)
    found = _inspect(own)
    sample = read_sample(machine_time())
    clock = None
    if found is DemoState.NOTHING:
        own, clock = _named(own), PlayedClock(sample.begins)
    logs.configure(settings.log_level if "log_level" in settings.model_fields_set else "warning")
    if moved is not None:
        _print(f"Port {moved} is taken by another program; the demo takes a free one.")
    failure: Exception | None = None
    inbox = Inbox(own.data_dir, CHANNELS)
    own = own.model_copy(update={"notify": NotifySettings(channels=inbox.channels)})

    async def play(ledger: Ledger, url: str, link: str) -> None:
        nonlocal failure
        ledger.sender.public_url = f"{url}{ledger.settings.http.prefix}"
        try:
            if clock is not None:
                await _play(ledger, url, link, clock, sample)
            else:
                _print(served_again_text(own.data_dir, url, whole=found is DemoState.SAMPLE))
        except Exception as error:  # noqa: BLE001 - whatever it was, the server ends, then tells
            failure = error
            signal.raise_signal(signal.SIGTERM)

    with inbox:
        status = serve(own, clock=clock or machine_time, play=play, link=True)
    if failure is not None:
        raise LedgerError(
            f"The sample could not be played: {failure!r}",
            remedy=f"Remove {own.data_dir} and start the demo again.",
        ) from failure
    return status


def _own(settings: Settings, directory: Path) -> tuple[Settings, int | None]:
    """The demo's settings, which of the given ones take where to listen, and not where to write.

    Also the usual port, where that is taken and none was asked for.
    """
    http, moved = settings.http, None
    if "port" not in http.model_fields_set and not _free(http):
        http, moved = http.model_copy(update={"port": 0}), http.port
    own = Settings(
        data_dir=directory,
        http=http,
        log=LogSettings(public=settings.log.public),
        log_level=settings.log_level,
    )
    return own, moved


def _named(settings: Settings) -> Settings:
    """The settings of a new demo, whose log is named as one from its beginning."""
    if settings.ledger_path.exists():
        return settings
    log = settings.log.model_copy(update={"origin": f"{ORIGIN}{secrets.token_hex(8)}"})
    return settings.model_copy(update={"log": log})


def _free(http: HttpSettings) -> bool:
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    with suppress(OSError), socket.create_server((http.host, http.port), family=family):
        return True
    return False


def _inspect(settings: Settings) -> DemoState:
    """What the directory holds. Raises Refused for a ledger that is no demo."""
    if not settings.ledger_path.exists():
        _refuse_another_stores(settings)
        return DemoState.NOTHING
    store = SQLiteStore(settings.ledger_path)
    try:
        state = store.log_state()
        played = any(row.shown_name == READER for row in store.access.tokens("token"))
        begun = store.size() > 1
    finally:
        store.close()
    if state is None or not state.origin.startswith(ORIGIN):
        raise Refused(
            "not_a_demo",
            f"{settings.data_dir} holds a ledger that is no demo; the sample stays out of it.",
            remedy="Name another directory with --data-dir, or none; serve serves this one.",
        )
    if not begun:
        return DemoState.NOTHING
    return DemoState.SAMPLE if played else DemoState.HALF_A_SAMPLE


def _refuse_another_stores(settings: Settings) -> None:
    """Raises Refused where a ledger that is on PostgreSQL keeps its read models or its key."""
    others = [path for path in (settings.views_path, settings.key_path) if path.exists()]
    if others:
        raise Refused(
            "not_a_demo",
            f"{settings.data_dir} holds {others[0].name} of a ledger that is elsewhere; "
            "the sample stays out of it.",
            remedy="Name another directory with --data-dir, or none.",
        )


async def _play(ledger: Ledger, url: str, link: str, clock: PlayedClock, sample: Sample) -> None:
    _print(
        f"Playing a month of nine LLM services into {ledger.settings.data_dir}: what "
        f"{len(sample.sources)} sources sent and {len(sample.people)} people did ..."
    )
    tokens = await asyncio.to_thread(_grant, ledger, sample)
    async with Player(url, ledger, clock, tokens) as player:
        played = await player.play(sample)
    sessions = Sessions(ledger.store, ledger.reads)
    for secret in tokens.sessions.values():
        await sessions.end(secret)
    operator = await asyncio.to_thread(_token, ledger, OPERATOR, Scope.OPERATE)
    auditor = await asyncio.to_thread(_token, ledger, AUDITOR, Scope.AUDIT)
    reader = await asyncio.to_thread(_token, ledger, READER, Scope.READ)
    await asyncio.to_thread(ledger.seal_and_project)
    audited = await asyncio.to_thread(_verify, ledger, url, auditor)
    if not audited.ok:
        raise LedgerError(f"The log does not verify: {' '.join(audited.problems)}")
    lists = await read_lists(url, reader)
    directory = ledger.settings.data_dir
    granted = DemoTokens(reader=reader, auditor=auditor, operator=operator)
    _print(played_text(played, lists, audited, directory, url, link, granted, tokens))


def _grant(ledger: Ledger, sample: Sample) -> Tokens:
    """A token and roles for everybody in the sample, by the host, before anything is played."""
    context = _context(ledger)
    tokens = Tokens(
        sources={
            each.name: grant_source(
                ledger.executor, context, each.name, each.kind, each.scope
            ).token
            for each in sample.sources
        },
        people={each.name: _token(ledger, each.name, each.scope) for each in sample.people},
        sessions={each.name: _session(ledger, each.name) for each in sample.people},
    )
    for each in sample.sources:
        _grant_roles(ledger, f"{SOURCE}{each.name}", each.roles)
    for person in sample.people:
        _grant_roles(ledger, person.name, person.roles)
    return tokens


def _grant_roles(ledger: Ledger, holder: str, roles: Iterable[str]) -> None:
    """Roles for the organisation, without an end."""
    for role in roles:
        change_roles(ledger.services, _HOST, Grant(person=holder, role=role))


def _token(ledger: Ledger, name: str, scope: Scope) -> str:
    return grant_token(ledger.store, ledger.executor, _context(ledger), name, scope).token


def _session(ledger: Ledger, name: str) -> str:
    """The secret of a session that a one-time link began, as the command line has one."""
    context = _context(ledger)
    made = make_link(
        ledger.store,
        ledger.executor,
        context,
        person=name,
        scopes=(Scope.OPERATE,),
        expires_at=after(context.at, LINK_LASTS),
    )
    found = waiting_secret(ledger.store, made.secret, LINK, LinkedPerson, context.at)
    if found is None:
        raise LedgerError(f"The link of {name} is gone.")
    grant = SessionGrant(
        person=made.person,
        by=ActsBy.LINK,
        scopes=found[0].scopes,
        ends_at=machine_time() + SESSION_LASTS,
        command_line=True,
    )
    return asyncio.run(Sessions(ledger.store, ledger.reads).begin_granted(grant, found[1]))


def _context(ledger: Ledger) -> Context:
    return ledger.services.context()


def _verify(ledger: Ledger, url: str, token: str) -> Audit:
    """The whole log, as an outsider reads it."""
    state = ledger.store.log_state()
    with HttpLogReader(url, token=token) as reader:
        return audit(reader, state.vkey if state else "")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
