"""What a list's page was asked for, and its links."""

import pytest

from consumers.web.pages import rendering
from consumers.web.pages.list_params import USUAL_LIMIT, Field, ListParams, ListSpec, list_params
from ledger.errors import Invalid
from ledger.vocabulary import Status

LISTING = ListSpec(
    path="/list",
    name="The list",
    filters={"system": None, "status": Status, "month": None},
    sort="-due",
)


def of(**params: str) -> ListParams:
    return list_params(LISTING, params)


def test_an_empty_field_of_the_form_asks_for_nothing() -> None:
    params = of(system=" ", status="", unknown="x")
    assert {"system": None, "status": None, "month": None} == params.filters
    assert (False, "/list") == (params.is_filtered, params.link())


def test_a_link_keeps_what_was_asked_and_starts_at_the_top() -> None:
    params = of(system="a&b=c", status="open", cursor="abc", limit="2", sort="due")
    assert "/list?system=a%26b%3Dc&status=open&sort=due&limit=2" == params.link()
    assert "/list?system=a%26b%3Dc&sort=due&limit=2&cursor=next" == params.link(
        status=None, cursor="next"
    )
    assert ("abc", 2) == (params.cursor, params.limit)
    assert USUAL_LIMIT == of().limit


def test_a_limit_is_what_was_checked() -> None:
    assert (7, 1_000) == (of(limit="0" * 5_000 + "7").limit, of(limit="00001000").limit)


def test_the_form_sends_along_what_has_no_field() -> None:
    params = of(system="a", status="open", limit="2")
    assert [("status", "open"), ("limit", "2")] == params.hidden_fields([params.field("system")])


def test_a_field_offers_its_values_and_what_it_is_set_to() -> None:
    params = of(system="gone", status="closed")
    system, status = params.field("system", ["a"]), params.field("status")
    assert Field("system", "System", [("a", "a", False), ("gone", "gone", True)]) == system  # type: ignore[list-item]
    assert ["closed"] == [choice.value for choice in status.choices if choice.chosen]
    assert [each.label for each in Status] == [choice.label for choice in status.choices]


def test_a_bound_is_typed_unless_values_are_offered() -> None:
    params = list_params(ListSpec(path="/", name="", filters={"from": None}), {"from": "2026-01"})
    typed, offered = params.field("from"), params.field("from", ["2026-02"], complete=False)
    assert ((True, "From (UTC)"), (False, "From")) == tuple(
        (each.is_typed, each.label) for each in (typed, offered)
    )
    assert ["From (UTC)"] == [each.label for each in params.set_filters]


def test_a_column_is_ordered_falling_first_then_the_other_way_round() -> None:
    params = of()
    assert ("descending", "none") == (params.aria_sort("due"), params.aria_sort("system"))
    assert "/list?sort=due" == params.sort_link("due")
    assert "/list?sort=-system" == params.sort_link("system")
    assert "ascending" == of(sort="due").aria_sort("due")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("status", value) for value in ("awful", "OPEN", "open,closed")),
        *(("month", value) for value in ("2026-13", "2026", "\u0662026-11")),
        *(("limit", value) for value in ("0", "1001", "-1", "x", "\u00b2", "9" * 5000)),
        *(("limit", value) for value in ("0000000019999999", "0" * 5000, "0" * 5000 + "1001")),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(field: str, value: str) -> None:
    with pytest.raises(Invalid, match=r"Invalid .* for the list") as refused:
        of(**{field: value})
    assert [field] == [name for name, _ in refused.value.errors]


def test_where_not_all_values_are_offered_another_can_be_typed() -> None:
    field = of(system="c").field("system", ["a", "b"], complete=False)
    macro = rendering.environment.get_template("macros.html").module.filter_form  # type: ignore[attr-defined]

    form = macro(of(system="c"), [field])

    assert '<input name="system" value="c" list="known-system"' in form
    assert '<option value="a"></option>' in form
    assert "<select" not in form
