"""The risk manager's pages in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.browser import Browser, log_in_link
from tests.e2e.driving import Driven
from tests.e2e.report_pages import PAGES, World, named, shown

pytestmark = [
    pytest.mark.slow,
    pytest.mark.component("chromium"),
    pytest.mark.only_on(
        "sqlite", "a browser takes seconds, and what it does with a page is the same on any store"
    ),
]

TOO_FAINT = """
(() => {
  const parts = text => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((parts(colour)[3] ?? 1) === 1) return parts(colour);
    }
    return [255, 255, 255];
  };
  const faint = element => {
    const [one, other] = [parts(getComputedStyle(element).color), behind(element)].map(light);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
  };
  const texts = [...document.querySelectorAll("body *")].filter(
    each => [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
  return texts.filter(faint).map(each => each.outerHTML);
})()
"""
"""The elements whose text has a contrast below 4.5 to 1 (WCAG 2.2, 1.4.3, level AA)."""
TAB, ENTER = ("Tab", 9), ("Enter", 13)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with shown(tmp_path_factory.mktemp("reports") / "data") as world:
        yield world


@pytest.fixture(scope="module")
def driven(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driven]:
    """A browser that is logged in."""
    with Driven(tmp_path_factory.mktemp("driven")) as tab:
        tab.open(log_in_link(world.url, world.reader))
        yield tab


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_no_page_is_wider_than_what_it_is_read_on(world: World, driven: Driven, width: int) -> None:
    told = world.told
    paths = (*PAGES, "/", "/log", *(f"/incidents/{ref}" for ref in (told.stormy, *told.hostile)))
    driven.look(width=width)
    for path in paths:
        driven.open(f"{world.url}{path}")
        driven.ask("document.querySelectorAll('details').forEach(each => each.open = true)")
        across = driven.ask("document.documentElement.scrollWidth")
        assert (path, True) == (path, across <= width), across
        assert "owned" != driven.ask("document.title")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", PAGES)
def test_every_text_stands_out_from_what_is_behind_it(
    world: World, driven: Driven, path: str, dark: bool
) -> None:
    driven.look(width=1280, dark=dark)
    driven.open(f"{world.url}{path}")
    assert [] == driven.ask(TOO_FAINT)


def test_a_filter_is_set_and_sent_by_keyboard_alone(world: World, driven: Driven) -> None:
    driven.look(width=1280)
    driven.open(f"{world.url}/rca?system=clocks")
    for _ in range(60):
        driven.press(*TAB)
        if driven.ask("document.activeElement.textContent.startsWith('Breached')"):
            break
    assert "none" != driven.ask("getComputedStyle(document.activeElement).outlineStyle")
    driven.press(*ENTER, text="\r")
    driven.until(
        "location.search === '?state=breached&system=clocks' && document.readyState === 'complete'"
    )
    assert world.told.clocks["breached"] in driven.ask("document.body.innerText")


def test_the_log_in_link_leads_to_the_page(world: World, tmp_path: Path) -> None:
    page = Browser(tmp_path).open(log_in_link(world.url, world.reader, "/counts?system=near"))
    assert "Counts \u00b7 airledger" == page.title
    assert set(world.told.near) == named(page)
