"""What the page of a generic list shows above its rows, where that is more than notes."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from consumers.container.ledger import Ledger
from consumers.web.pages.list_params import ListParams
from ledger.vocabulary import Labelled


def _nothing(ledger: Ledger, params: ListParams) -> Mapping[str, Any]:
    return {}


def _no_words(ledger: Ledger) -> Mapping[str, Mapping[str, str]]:
    return {}


class ListHead(NamedTuple):
    """The template of a list's page, what it needs beside the rows, and parameters of its own.

    `filters` are parameters that only the page has. Filters of the list that are `unshown` have no
    field in the form: links set them, and they are kept. `words` gives the labels of values that
    the policy names, by column. `context` and `words` are blocking.
    """

    template: str = "list.html"
    filters: Mapping[str, type[Labelled] | None] = {}
    unshown: frozenset[str] = frozenset()
    context: Callable[[Ledger, ListParams], Mapping[str, Any]] = _nothing
    words: Callable[[Ledger], Mapping[str, Mapping[str, str]]] = _no_words


NO_HEAD = ListHead()
"""A list without more than its notes."""
