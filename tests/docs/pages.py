"""Where the documents are, and which pages are generated."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs import (
    asyncapi_page,
    cli_page,
    events_page,
    formats_page,
    metrics_page,
    rights_page,
    settings_page,
)

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs/reference"

GENERATED: Mapping[str, Callable[[], str]] = {
    "asyncapi.json": asyncapi_page.page,
    "cli.md": cli_page.page,
    "events.md": events_page.page,
    "formats.md": formats_page.page,
    "metrics.md": metrics_page.page,
    "postgresql-rights.md": rights_page.page,
    "settings.md": settings_page.page,
}
"""The pages of docs/reference that the program itself tells, by name."""


def markdown() -> list[Path]:
    """Every page of ours: in the root, and wherever a directory has one."""
    beside = [
        page
        for directory in ("docs", "ledger", "projections", "consumers", "infra", "tests")
        for page in (ROOT / directory).rglob("*.md")
    ]
    return sorted([*ROOT.glob("*.md"), *beside])
