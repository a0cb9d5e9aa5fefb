"""Where the documents are, and which pages are generated."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs import (
    asyncapi_page,
    cli_page,
    errors_page,
    evaluations_page,
    events_page,
    formats_page,
    http_page,
    lists_page,
    metrics_page,
    notices_page,
    policy_page,
    rights_page,
    settings_page,
)
from tests.docs.where import REFERENCE, ROOT

__all__ = ["GENERATED", "REFERENCE", "ROOT", "markdown"]

GENERATED: Mapping[str, Callable[[], str]] = {
    "asyncapi.json": asyncapi_page.page,
    "cli.md": cli_page.page,
    "errors.md": errors_page.page,
    "evaluations.md": evaluations_page.page,
    "events.md": events_page.page,
    "http.md": http_page.page,
    "formats.md": formats_page.page,
    "lists.md": lists_page.page,
    "metrics.md": metrics_page.page,
    "notices.md": notices_page.page,
    "policy.md": policy_page.page,
    "postgresql-rights.md": rights_page.page,
    "settings.md": settings_page.page,
}
"""The pages of docs/reference that are generated from the program, by name."""


def markdown() -> list[Path]:
    """Every page of ours: in the root, and wherever a directory has one."""
    beside = [
        page
        for directory in ("docs", "ledger", "projections", "consumers", "infra", "tests")
        for page in (ROOT / directory).rglob("*.md")
    ]
    return sorted([*ROOT.glob("*.md"), *beside])
