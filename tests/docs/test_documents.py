"""The documents say what is so: references are current, commands run, links lead somewhere."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of, run
from tests.docs.pages import GENERATED, REFERENCE, ROOT, markdown

PAGES = {str(page.relative_to(ROOT)): page for page in markdown()}
WITH_COMMANDS = [name for name, page in PAGES.items() if blocks_of(page)]

_SOURCE = re.compile(r"`((?:ledger|projections|consumers|tests|infra)/[\w./-]*\w/?)`")
"""A path of the sources in code marks, from the repository's root."""
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_MACHINE = re.compile(r"(?<![\w.~/}-])/(?:work|root|home|tmp|mnt|opt|private|Users|usr)/[\w.-]*")
_MAKE = re.compile(r"\bmake ([a-z]+)\b")


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_reference_is_current(name: str) -> None:
    said = (REFERENCE / name).read_text("utf-8")
    assert GENERATED[name]() == said, "make docs writes it anew"


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_COMMANDS)
def test_the_commands_of_a_page_do_as_it_says(name: str, tmp_path: Path) -> None:
    for program in ("bash", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing")
    status, output = run(PAGES[name], tmp_path)
    assert status == 0, output


@pytest.mark.slow
def test_the_tutorial_works_from_away_with_a_url_and_a_token_alone(tmp_path: Path) -> None:
    for program in ("bash", "curl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is missing")
    tutorial = PAGES["docs/tutorial/from-make-run-to-a-closed-incident.md"]
    status, output = run(tutorial, tmp_path, away=True)
    assert status == 0, output


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))
    words = [re.sub(r"[^\w\- ]", "", heading) for heading in headings]
    return {heading.strip().lower().replace(" ", "-") for heading in words}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = PAGES[name]
    for link in _LINK.findall(_CODE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), link


@pytest.mark.parametrize("name", PAGES)
def test_paths_of_the_sources_are_there(name: str) -> None:
    found = _SOURCE.findall(PAGES[name].read_text("utf-8"))
    examples = {path for path in found if "drill" in path}
    assert set() == {path for path in found if not (ROOT / path).exists()} - examples


def test_the_index_leads_to_every_page_and_names_each_decision_by_its_title() -> None:
    index = ROOT / "docs/index.md"
    links = dict.fromkeys(_LINK.findall(index.read_text("utf-8")))
    linked = {(index.parent / link.partition("#")[0]).resolve() for link in links}
    documents = {page for page in (ROOT / "docs").rglob("*") if page.suffix in {".md", ".json"}}
    assert set() == documents - linked - {index}
    for page in sorted((ROOT / "docs/adr").glob("*.md")):
        title = page.read_text("utf-8").partition("\n")[0].removeprefix("# ")
        assert f"- [{title}](adr/{page.name})" in index.read_text("utf-8")
    starred = re.findall(
        r"^- \[.*\]\(reference/([^)]+)\) \*$", index.read_text("utf-8"), re.MULTILINE
    )
    assert set(GENERATED) == set(starred), "the index marks the generated pages with *"


def test_the_readme_leads_to_the_index_and_the_glossary() -> None:
    links = _LINK.findall((ROOT / "README.md").read_text("utf-8"))
    assert {"docs/index.md", "docs/reference/glossary.md"} <= set(links)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_names_a_path_of_one_machine(name: str) -> None:
    assert [] == _MACHINE.findall(PAGES[name].read_text("utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_make_targets_that_a_page_names_exist(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    code = "\n".join(_CODE.findall(PAGES[name].read_text("utf-8")))
    assert set(_MAKE.findall(code)) <= targets
