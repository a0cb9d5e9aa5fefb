"""`airledger demo`: the shipped sample, played through the real intake into a ledger of its own.

Where it plays: the directory that --data-dir or AIRLEDGER_DATA_DIR names, else `airledger-demo` in
the working directory; never the one of a settings file, which is meant for the real ledger. It
plays into a new ledger alone: one with the sample in it is served as it is (to play again would be
new alerts at new times), and one with anything else in it is left alone.
"""

import asyncio
import signal
import socket
import sys
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path

from consumers.access import grant_source, grant_token
from consumers.people import AIRLEDGER
from consumers.playing import Played, Player, Tokens, sample_parts
from consumers.runtime import Ledger, new_id, now
from consumers.serving import serve
from ledger import logs
from ledger.errors import LedgerError, Refused
from ledger.execute import Context
from ledger.settings import HttpSettings, LogSettings, Settings
from ledger.store.sqlite import SQLiteStore
from ledger.transparency.audit import Audit, audit
from ledger.transparency.http_reader import HttpLogReader
from ledger.vocabulary import Scope, SourceKind

DIRECTORY = Path("airledger-demo")
SOURCE = "demo-alertmanager"
READER = "demo-reader"
OPERATOR = "demo-operator"
"""READER is made last of all: where it is, the sample was played to its end."""


class Found(Enum):
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
    found = _look_into(own)
    logs.configure(settings.log_level if "log_level" in settings.model_fields_set else "warning")
    if moved is not None:
        _say(f"Port {moved} is taken by another program; the demo takes a free one.")
    failure: Exception | None = None

    async def play(ledger: Ledger, url: str) -> None:
        nonlocal failure
        try:
            if found is Found.NOTHING:
                await _play(ledger, url)
            else:
                _say(_served_as_it_is(found, own, url))
        except Exception as error:  # noqa: BLE001 - whatever it was, the server ends, then tells
            failure = error
            signal.raise_signal(signal.SIGTERM)

    status = serve(own, play=play, link=found is not Found.NOTHING)
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
        http, moved = HttpSettings(host=http.host, port=0), http.port
    own = Settings(
        data_dir=directory,
        http=http,
        log=LogSettings(public=settings.log.public),
        log_level=settings.log_level,
    )
    return own, moved


def _free(http: HttpSettings) -> bool:
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    with suppress(OSError), socket.create_server((http.host, http.port), family=family):
        return True
    return False


def _look_into(settings: Settings) -> Found:
    """What the directory holds. Raises Refused for a ledger that is no demo."""
    if not settings.ledger_path.exists():
        return Found.NOTHING
    store = SQLiteStore(settings.ledger_path)
    try:
        if any(row.holder_name == READER for row in store.tokens("token")):
            return Found.SAMPLE
        if any(row.holder_name == SOURCE for row in store.tokens("source")):
            return Found.HALF_A_SAMPLE
        empty = store.size() <= 1
    finally:
        store.close()
    if not empty:
        raise Refused(
            "not_a_demo",
            f"{settings.data_dir} holds a ledger that is no demo; the sample stays out of it.",
            remedy="Name another directory with --data-dir, or none; serve serves this one.",
        )
    return Found.NOTHING


async def _play(ledger: Ledger, url: str) -> None:
    signals, commands = sample_parts()
    _say(
        f"Playing one day of five LLM services ({len(signals)} deliveries of an Alertmanager), and "
        f"{len(commands)} commands of the people on duty, into {ledger.settings.data_dir} ..."
    )
    tokens = await asyncio.to_thread(_grant, ledger, [command.who for command in commands])
    async with Player(url, tokens, loaded_at=now()) as player:
        played = await player.play(signals, commands)
    reader = await asyncio.to_thread(_token, ledger, READER, Scope.READ)
    async with Player(url, tokens, loaded_at=now()) as player:
        incidents = await player.incidents(reader, at_least=ledger.store.size() - 1)
    audited = await asyncio.to_thread(_verify, ledger, url, reader)
    if not audited.ok:
        raise LedgerError(f"The log does not verify: {' '.join(audited.problems)}")
    _say(_told(played, incidents, audited, ledger, url, tokens, reader))


def _grant(ledger: Ledger, people: list[str]) -> Tokens:
    source = grant_source(
        ledger.executor, _context(), SOURCE, SourceKind.ALERTMANAGER, Scope.PUBLISH
    )
    return Tokens(
        source=source.token,
        people={name: _token(ledger, name, Scope.OPERATE) for name in dict.fromkeys(people)},
        operator=_token(ledger, OPERATOR, Scope.OPERATE),
    )


def _token(ledger: Ledger, name: str, scope: Scope) -> str:
    return grant_token(ledger.store, ledger.executor, _context(), name, scope).token


def _context() -> Context:
    return Context(at=now(), actor=AIRLEDGER, source=AIRLEDGER, correlation=new_id())


def _verify(ledger: Ledger, url: str, token: str) -> Audit:
    """The whole log, as an outsider reads it."""
    state = ledger.store.log_state()
    with HttpLogReader(url, token=token) as reader:
        return audit(reader, state.vkey if state else "")


def _served_as_it_is(found: Found, settings: Settings, url: str) -> str:
    directory = settings.data_dir
    what = (
        f"{directory} holds the sample of an earlier start; it is served as it is."
        if found is Found.SAMPLE
        else f"{directory} holds a sample that an earlier start did not play to its end; it is "
        "served as it is."
    )
    return (
        f"{what}\n"
        f"For a new one, end this and remove {directory}.\n\n"
        f"Register     {url}   (log in by the link above)\n"
        f"Verify       airledger verify --data-dir {directory}\n"
        f"New token    airledger token add NAME --scope read --data-dir {directory}\n\n"
        "Ctrl-C ends the demo."
    )


def _told(
    played: Played,
    incidents: list[dict[str, str]],
    audited: Audit,
    ledger: Ledger,
    url: str,
    tokens: Tokens,
    reader: str,
) -> str:
    """What was done, in clear words, and what to try next."""
    directory = ledger.settings.data_dir
    states = [incident["status"] for incident in incidents]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))
    width = max(len(incident["reference"]) for incident in incidents)
    listed = "\n".join(
        f"  {incident['reference']:{width}}  {incident['status']:9}  "
        f"{incident['system']}: {incident['title']}"
        for incident in incidents
    )
    newest = incidents[-1]["reference"]
    return f"""
Signals    {played.received} in {played.deliveries} deliveries: {played.recorded} recorded, \
{played.repeats} repeats
Incidents  {len(incidents)}: {counts}
{listed}
Log        {audited.size} events, sealed and verified; root {audited.root.hex()}

Register         {url}
Log-in link      {url}/login#token={reader}
Token to read    {reader}
Token to command {tokens.operator}
Token to publish {tokens.source}

Try next, in another terminal:
  curl -s -H 'Authorization: Bearer {reader}' '{url}/v1/incidents?status=open'
  curl -s -H 'Authorization: Bearer {reader}' {url}/v1/incidents/{newest}/timeline
  curl -s -H 'Authorization: Bearer {tokens.operator}' -d '{{"action": "Traffic moved away"}}' \
{url}/v1/incidents/{newest}/contain
  airledger verify --data-dir {directory}
  airledger incidents --data-dir {directory}

Ctrl-C ends the demo; started again, it serves {directory} as it then is."""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
