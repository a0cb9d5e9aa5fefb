"""The commands, and the options that all of them share."""

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from consumers.cli.errors import DONE, UNSEALED, WRONG, error_text, report
from consumers.cli.host import require_host
from consumers.cli.session import Session

_HELP = """An event-sourced incident and risk ledger for organisations that run LLM systems.

Exit status: 0 done; 1 refused, or verification failed; 2 wrong usage, settings or input file;
4 recorded, not sealed yet.
"""
_COMMANDS = (
    ("serve", "serve:serve", "Run the ledger: intake, API, pages and all workers in one process."),
    ("run", "run:run", "Run one or more roles of the ledger in a separate process."),
    ("demo", "demo:demo", "Play a sample month into a separate ledger, and serve it."),
    ("source", "access:source", "Tokens of alerting systems."),
    ("token", "access:token", "Tokens of people and programs that query or command."),
    ("role", "roles:app", "Roles: who holds which, who is whose deputy."),
    ("person", "roles:person", "Persons: what is held of one, and who is the same human."),
    ("erase", "erasing:app", "Make a person, or one text, unreadable for good."),
    ("raci", "roles:raci", "Who may send which command, and who is told."),
    ("governance", "governance:governance", "The charter and the RACI as documents."),
    ("reads", "reads:reads", "Who read restricted incidents, exported lists and logged in."),
    ("session", "browser_sessions:app", "Who is logged in, and one-time links to log in."),
    ("incidents", "register:incidents", "The incident register."),
    ("reports", "own_reports:reports", "What you reported, and what became of it."),
    ("report", "risk_report:app", "Check a risk report for the board against the log."),
    ("rca", "reports:rca", "The RCA clocks: due times and states."),
    ("counts", "reports:counts", "The monthly counts by system, and the reviews they launched."),
    ("coverage", "coverage:coverage", "When sources and systems were heard, and the gaps."),
    ("reviews", "reports:reviews", "The reviews that were launched."),
    ("review", "review:app", "Show and work on one review; REF is REV-<n> or an id."),
    ("trends", "trends:trends", "Times, counts and shares of the incidents of some months."),
    ("alerts", "reports:alerts", "The alerts, and which incident each belongs to."),
    ("incident", "incident:app", "Show, report and work on one incident."),
    ("systems", "system:systems", "The AI systems on record, their phases and models."),
    ("system", "system:app", "Register and show an AI system; REF is its name, SYS-<n> or an id."),
    ("releases", "release:releases", "What was proposed, decided and deployed."),
    ("release", "release:app", "Propose, check, sign and decide a release; REF is SYSTEM@VERSION."),
    ("evidence", "evidence:app", "Documents on record: file, approve and show them."),
    ("measurements", "metric:measurements", "What was measured of each system."),
    ("metric", "metric:app", "Record, import and retract measurements; REF is MSR-<n> or an id."),
    ("improvements", "improvement:improvements", "What is to be improved, why, and by whom."),
    ("improvement", "improvement:app", "Propose and decide on one improvement."),
    ("standards", "control:standards", "The laws and standards that systems are held to."),
    ("standard", "control:standard", "Register, change and show a standard, and its coverage."),
    ("controls", "control:controls", "The controls that were assessed, or are to be."),
    ("control", "control:control", "Assess and show a control; REF is CONTROL@SYSTEM or CTL-<n>."),
    ("risks", "risk:risks", "The risk register: what each comes to, and what is done."),
    ("risk", "risk:app", "Identify, assess, treat and accept a risk; heat map, movement, import."),
    ("objective", "objective:app", "How objectives stand, and when they were breached."),
    ("breaches", "objective:breaches", "The objectives that were breached."),
    ("trigger", "objective:trigger", "The triggers that fired, and one of them."),
    ("triggers", "objective:triggers", "The triggers that fired."),
    ("reader", "reader:app", "Servers that measurements are read from: list them, ask one."),
    ("readings", "reader:readings", "Intervals of which a server had no data, or warned."),
    ("deliveries", "deliveries:deliveries", "Who was told of what, and what came of it."),
    ("notify", "notify:app", "Channels of notifications: who is told what, and a trial."),
    ("quarantine", "quarantine:app", "Signals that were not understood."),
    ("replay", "replay:replay", "Print the exact stored events, one a line, in log order."),
    ("text", "text:app", "Texts beside the log: show one, or check them against their events."),
    ("rebuild", "rebuild:rebuild", "Rebuild read models from the ledger."),
    ("verify", "verify:verify", "Check the whole log: hashes, tree, checkpoints."),
    ("store", "store:app", "Tables and rights on PostgreSQL; repair of a restored store."),
    ("log", "log:app", "The transparency log and its signing key."),
    ("topics", "topics:app", "The topics on Kafka."),
    ("migrate", "migrate:migrate", "Move an embedded ledger to PostgreSQL, with its whole log."),
    ("positions", "positions:app", "The consumed offsets of the topics on Kafka."),
    ("policy", "policy:app", "The policy in force and its history; check or adopt another."),
    ("config", "config:app", "The settings and their sources."),
    ("login", "login:login", "Log in at a server: by a token, or in the browser at a provider."),
    ("logout", "login:logout", "Forget the server and the token of a login."),
    ("completion", "completion:completion", "The completion script of a shell."),
)
_NAMES = frozenset(name for name, _, _ in _COMMANDS)
_SETTINGS = Group("Settings", help="Each is also a key of the settings file and a variable.")


def _version() -> str:
    from importlib.metadata import version

    return f"airledger {version('airledger')}"


app = App(
    name="airledger",
    help=_HELP,
    version=_version,
    help_format="plaintext",
    result_action="return_value",
)
for _name, _where, _help in _COMMANDS:
    app.command(f"consumers.cli.{_where}", name=_name, help=_help)


def add_stream_groups() -> None:
    """Adds the command groups and lists that are generated from the registries.

    The registries are slow to import, so this is called only for a command that is not known
    without them.
    """
    from consumers.cli.lists import list_command
    from consumers.cli.stream_commands import stream_app
    from ledger.domain.catalogue import STREAMS
    from projections.queries.lists import LISTED

    known = set(app.resolved_commands())
    for kind in STREAMS:
        if kind.commands and kind.kind.replace("_", "-") not in known:
            app.command(stream_app(kind))
    for projection, view in LISTED:
        if view.path not in known:
            app.command(list_command(projection, view), name=view.path)


Setting = Annotated[str | None, Parameter(group=_SETTINGS, show=False)]


def _setting(name: str, text: str) -> Parameter:
    return Parameter(name=name, group=_SETTINGS, help=text)


@app.meta.default
def _launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    config: Annotated[Path | None, _setting("--config", "The settings file (TOML).")] = None,
    data_dir: Annotated[
        str | None, _setting("--data-dir", "Where the embedded ledger lives.")
    ] = None,
    log_level: Annotated[
        str | None, _setting("--log-level", "debug, info, warning, error or critical.")
    ] = None,
    time_zone: Annotated[
        str | None, _setting("--tz", "The zone of times, as Europe/Berlin (time_zone).")
    ] = None,
    zone: Annotated[Setting, Parameter(name="--time-zone")] = None,
    ca_file: Annotated[Setting, Parameter(name="--ca-file")] = None,
    store_url: Annotated[Setting, Parameter(name="--store.url")] = None,
    views_url: Annotated[Setting, Parameter(name="--views.url")] = None,
    views_feed: Annotated[Setting, Parameter(name="--views.feed")] = None,
    kafka_servers: Annotated[Setting, Parameter(name="--kafka.bootstrap-servers")] = None,
    kafka_protocol: Annotated[Setting, Parameter(name="--kafka.security-protocol")] = None,
    kafka_mechanism: Annotated[Setting, Parameter(name="--kafka.sasl-mechanism")] = None,
    kafka_user: Annotated[Setting, Parameter(name="--kafka.sasl-username")] = None,
    kafka_password: Annotated[Setting, Parameter(name="--kafka.sasl-password")] = None,
    kafka_ca_file: Annotated[Setting, Parameter(name="--kafka.ssl-ca-file")] = None,
    kafka_cert_file: Annotated[Setting, Parameter(name="--kafka.ssl-cert-file")] = None,
    kafka_key_file: Annotated[Setting, Parameter(name="--kafka.ssl-key-file")] = None,
    log_origin: Annotated[Setting, Parameter(name="--log.origin")] = None,
    log_key_file: Annotated[Setting, Parameter(name="--log.key-file")] = None,
    log_public: Annotated[Setting, Parameter(name="--log.public")] = None,
    release_key_file: Annotated[Setting, Parameter(name="--releases.key-file")] = None,
    http_host: Annotated[Setting, Parameter(name="--http.host")] = None,
    http_port: Annotated[Setting, Parameter(name="--http.port")] = None,
    http_proxies: Annotated[Setting, Parameter(name="--http.trusted-proxies")] = None,
    http_prefix: Annotated[Setting, Parameter(name="--http.path-prefix")] = None,
    http_keep_alive: Annotated[Setting, Parameter(name="--http.keep-alive")] = None,
    http_public_url: Annotated[Setting, Parameter(name="--http.public-url")] = None,
) -> int:
    """The options of every command; the other tokens are the command."""
    flags: dict[str, object] = {
        "data_dir": data_dir,
        "log_level": log_level,
        "time_zone": time_zone if zone is None else zone,
        "ca_file": ca_file,
        "store.url": store_url,
        "views.url": views_url,
        "views.feed": views_feed,
        "kafka.bootstrap_servers": kafka_servers,
        "kafka.security_protocol": kafka_protocol,
        "kafka.sasl_mechanism": kafka_mechanism,
        "kafka.sasl_username": kafka_user,
        "kafka.sasl_password": kafka_password,
        "kafka.ssl_ca_file": kafka_ca_file,
        "kafka.ssl_cert_file": kafka_cert_file,
        "kafka.ssl_key_file": kafka_key_file,
        "log.origin": log_origin,
        "log.key_file": log_key_file,
        "log.public": log_public,
        "releases.key_file": release_key_file,
        "http.host": http_host,
        "http.port": http_port,
        "http.trusted_proxies": http_proxies,
        "http.path_prefix": http_prefix,
        "http.keep_alive": http_keep_alive,
        "http.public_url": http_public_url,
    }
    given = {key: value for key, value in flags.items() if value is not None}
    if not tokens or tokens[0] not in _NAMES:
        add_stream_groups()
    command, bound, session_names = app.parse_args(tokens, exit_on_error=False, print_error=False)
    if _lacks_command(command, tokens):
        group = " ".join(("airledger", *tokens))
        report(f"{group} needs one of its commands. See {group} --help.")
        return WRONG
    session = Session(config=config, flags=given)
    require_host(session, tokens)
    status = command(*bound.args, **bound.kwargs, **dict.fromkeys(session_names, session))
    for error in session.late:
        report(error_text(error))
    done = status if isinstance(status, int) else DONE
    return UNSEALED if session.late and done == DONE else done


def _lacks_command(command: object, tokens: Sequence[str]) -> bool:
    """Whether a group was named without a command: cyclopts then prints its help."""
    if not tokens or {"--help", "-h"} & set(tokens):
        return False
    return inspect.ismethod(command) and command.__name__ == "help_print"


def run(tokens: Sequence[str]) -> int:
    """Runs a command; raises CycloptsError for wrong usage, LedgerError for a refusal."""
    named = {token for token in tokens if not token.startswith("-")}
    if {"--help", "-h"} & set(tokens) and named and not _NAMES & named:
        add_stream_groups()  # help is printed before `_launch` is called
    status = app.meta(list(tokens), exit_on_error=False, print_error=False)
    return status if isinstance(status, int) else DONE
