"""The vendored files are what their package holds, with its licence, and need no weaker policy."""

import hashlib
import re

from consumers.web.pages.rendering import ASSETS, CONTENT_SECURITY_POLICY, HERE

VENDOR = HERE / "static" / "vendor"


def test_every_vendored_file_has_the_digest_that_is_written_down() -> None:
    said: dict[str, str] = {}
    for line in (VENDOR / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        said[name] = digest
    found = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.parent != VENDOR
    }
    assert said == found


def test_every_vendored_package_has_its_licence_and_its_version() -> None:
    readme = (VENDOR / "README.md").read_text()
    for package in (path for path in VENDOR.iterdir() if path.is_dir()):
        assert "MIT License" in (package / "LICENSE").read_text()
        assert re.search(rf"\| `{package.name}` \|.*\| \d+\.\d+\.\d+ \| MIT", readme)


def test_the_charts_evaluate_no_text_and_load_nothing_from_elsewhere() -> None:
    script = ASSETS["uPlot.iife.min.js"].content.decode()
    assert not re.search(r"\beval\(|new Function|https?://(?!github\.com/leeoniya)", script)
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "url(" not in ASSETS["uPlot.min.css"].content.decode()
