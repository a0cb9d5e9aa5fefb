"""`airledger reports`: what the caller reported, and what became of it."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from consumers.cli.listing import FormatOption, Output, listed
from consumers.cli.printing import (
    format_time,
    label,
    print_fields,
    print_json,
    print_note,
    print_table,
)
from consumers.cli.session import Json, Limit, SessionArg
from ledger.errors import Invalid
from ledger.vocabulary import RcaState, Severity, Status, category_name

if TYPE_CHECKING:
    from consumers.read_service.reports import ReportView


def reports(
    ref: Annotated[
        str | None, Parameter(help="One of them: INC-<n> or its id; absent, all.")
    ] = None,
    *,
    limit: Limit = None,
    form: FormatOption = None,
    json: Json = False,
    session: SessionArg,
) -> None:
    """The incidents and near misses that you reported, the newest first; what became of each.

    From away these are the reports of the token's person; the scope report is enough for them.
    """
    from consumers.client.queries import ONE_REPORT, REPORTS

    if ref is not None and (limit is not None or form is not None):
        raise Invalid("One report has neither --limit nor --format.", remedy="Leave them out.")
    with session.open_client() as client:
        if ref is not None:
            one = client.view(ONE_REPORT, ref)
            return print_json(one) if json else _print(one)
        found = listed(session, client, REPORTS, {}, Output(limit=limit, form=form, json=json))
    if found is None:
        return None
    if not found:
        return print_note("You reported nothing yet; see airledger incident report --help.")
    return print_table(
        (
            *("Report", "Title", "Severity", "Category", "Reported (UTC)", "RCA"),
            *("Status", "What became of it"),
        ),
        (
            (
                each.reference,
                each.title,
                label(each.severity, Severity),
                _category(each),
                format_time(each.reported_at),
                label(each.rca_state, RcaState),
                label(each.status, Status),
                _became(each) or "-",
            )
            for each in found
        ),
        fold="Title",
    )


def _print(report: "ReportView") -> None:
    print_fields(
        (
            ("Report", f"{report.reference}  {report.title}"),
            ("System", report.system),
            ("Status", label(report.status, Status)),
            ("Became", _became(report) or None),
            ("Severity", label(report.severity, Severity)),
            ("Category", _category(report)),
            ("Near miss", "yes" if report.near_miss else "no"),
            ("Detected", format_time(report.detected_at)),
            ("Reported", format_time(report.reported_at)),
            ("RCA", label(report.rca_state, RcaState)),
            ("Id", report.id),
        )
    )


def _category(report: "ReportView") -> str:
    if report.category is None:
        return "-"
    return report.category_label or category_name(report.category)


def _became(report: "ReportView") -> str:
    """What became of it: into what it was merged, and why it ended."""
    if report.status == Status.OPEN:
        return ""
    into = ""
    if report.merged_into is not None:
        state = Status(report.merged_status).label.lower() if report.merged_status else "unknown"
        into = f"into {report.merged_into} ({state})"
    return ": ".join(filter(None, (into, report.reason)))
