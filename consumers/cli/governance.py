"""`airledger governance`: the charter and the RACI as documents."""

from consumers.cli.printing import format_time, print_items, print_line, print_table
from consumers.cli.session import Json, SessionArg


def governance(*, json: Json = False, session: SessionArg) -> None:
    """The governance charter and the RACI: whether each is on record, approved, and reviewed."""
    from consumers.client.queries import GOVERNANCE

    with session.open_client() as client:
        found = client.items(GOVERNANCE, {}).items
    if json:
        print_items(found)
        return
    print_table(
        ("Document", "Evidence", "State", "Approved by", "Review by (UTC)"),
        (
            (
                each.label,
                each.reference or "-",
                each.state.label,
                ", ".join(by.person for by in each.approvals) or "-",
                format_time(each.review_date),
            )
            for each in found
        ),
    )
    for each in found:
        if each.remedy:
            print_line(f"{each.label}: {each.remedy}")
