"""`airledger evidence generate`: makes evidence of the log itself, and files it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

from cyclopts import Parameter

from consumers.cli.arguments import parse_body
from consumers.cli.printing import print_json, print_line
from consumers.cli.session import Json, SessionArg
from ledger.domain.evidence import FileEvidence
from ledger.errors import Invalid
from ledger.vocabulary import Labelled

if TYPE_CHECKING:
    from ledger.store.port import Store

W = TypeVar("W", bound=Labelled)


def generate(
    report: Annotated[
        str,
        Parameter(help="register, rca-summaries, dashboard-log, risk-report or raci."),
    ],
    *,
    month: Annotated[
        str | None, Parameter(help="Of this month: YYYY-MM. The RACI has none.")
    ] = None,
    form: Annotated[
        str,
        Parameter(
            name="--format",
            help="json or csv; of the risk report json, html or pdf.",
            show_default=True,
        ),
    ] = "json",
    system: Annotated[
        str | None, Parameter(help="Of this system alone. The risk report is of all.")
    ] = None,
    leaf: Annotated[
        int | None, Parameter(help="Up to this leaf of the log; the last by default.")
    ] = None,
    with_texts: Annotated[
        bool,
        Parameter(
            negative="",
            help="In a PDF of the risk report: titles and names as they are now, not their ids.",
        ),
    ] = False,
    valid_until: Annotated[
        str | None, Parameter(help="When it expires: of the RACI, when it is reviewed.")
    ] = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """Make evidence of the log itself, and file it.

    The same leaf and program give the same bytes. It works on the ledger's host.
    """
    from consumers.client.local import LocalClient
    from consumers.commands.filing import NO_DIGEST
    from consumers.container.catch_up import ensure_sealed
    from consumers.read_service.governance import RACI, TOOL

    make = _maker(report, month, form, leaf, system, texts=with_texts)
    with session.open_write(create=False) as writer:
        ensure_sealed(writer.ledger)
        made = make(writer.ledger.store)
        fields = {
            "kind": made.kind,
            "title": made.title,
            "digest": NO_DIGEST,
            "system": system,
            "media_type": made.media_type,
            "valid_until": valid_until,
            "tool": TOOL if made.kind == RACI else None,
        }
        described = parse_body(FileEvidence, fields)
        sent = LocalClient(writer.ledger, writer.caller).file_content(
            described, iter([made.content])
        )
    if json:
        print_json(sent.view)
        return
    print_line(f"{sent.view.reference}: {made.title}.")


class _Made(NamedTuple):
    """What is filed: its kind, title, format and bytes."""

    kind: str
    title: str
    media_type: str
    content: bytes


def _maker(
    report: str,
    month: str | None,
    form: str,
    leaf: int | None,
    system: str | None,
    *,
    texts: bool,
) -> Callable[["Store"], _Made]:
    """What makes it of a log. Raises Invalid for what is asked wrongly."""
    from consumers.cli.register import require_month
    from consumers.commands.policy_history import policy_in_force
    from consumers.read_service import generated
    from consumers.read_service.governance import RACI
    from consumers.risk_report import filing

    if texts and report != filing.NAME:
        raise Invalid(
            "--with-texts is for a PDF of the risk report.", errors=[("with_texts", "leave it out")]
        )
    if report == RACI:
        return _raci_maker(month, form, leaf, system)
    if month is None:
        raise Invalid("The month is missing.", errors=[("month", "give --month YYYY-MM")])
    require_month(month)

    if report == filing.NAME:
        kind_of_file = _word(filing.RiskReportFormat, "--format", form)
        if system is not None:
            raise Invalid(
                "The risk report is of all systems.",
                errors=[("system", "leave it out, or generate the register of the system")],
            )

        def risk(store: "Store") -> _Made:
            kind = filing.evidence_kind(policy_in_force(store))
            made = filing.file_report(store, month, kind_of_file, leaf=leaf, texts=texts)
            return _Made(kind, *made)

        return risk
    words = [each.value for each in generated.Report]
    if report not in words:
        known = ", ".join((*words, filing.NAME, RACI))
        raise Invalid(f"REPORT {report!r} is none of {known}.")
    what, how = generated.Report(report), _word(generated.ReportFormat, "--format", form)

    def other(store: "Store") -> _Made:
        made = generated.make_report(store, what, month, how, leaf=leaf, system=system)
        kind, media_type = generated.KINDS[what], generated.MEDIA_TYPES[how]
        return _Made(kind, made.title, media_type, made.content)

    return other


def _raci_maker(
    month: str | None, form: str, leaf: int | None, system: str | None
) -> Callable[["Store"], _Made]:
    """What makes the RACI of the policy in force. Raises Invalid for what it has not."""
    from consumers.read_service.governance import RACI, generate_raci

    asked = {"month": month, "leaf": leaf, "system": system}
    wrong = [name for name, value in asked.items() if value is not None]
    if form != "json":
        wrong.append("format")
    if wrong:
        raise Invalid(
            "The RACI is that of the policy in force, for the organisation, as JSON.",
            errors=[(name, "leave it out") for name in wrong],
        )

    def raci(store: "Store") -> _Made:
        title, content = generate_raci(store)
        return _Made(RACI, title, "application/json", content)

    return raci


def _word(of: type[W], option: str, given: str) -> W:
    """A word of a vocabulary. Raises Invalid."""
    if given not in set(of):
        known = ", ".join(each.value for each in of)
        raise Invalid(f"{option} {given!r} is none of {known}.")
    return of(given)
