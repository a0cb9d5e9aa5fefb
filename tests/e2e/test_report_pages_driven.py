"""The risk manager's pages in a real browser."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.e2e.browser import log_in_link
from tests.e2e.driving import Driven, document_at
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
    with Driven() as tab:
        tab.open(log_in_link(world.url, world.reader))
        yield tab


@pytest.mark.parametrize("width", [360, 390, 800, 900, 1024, 1280, 1440])
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
    page = document_at(log_in_link(world.url, world.reader, "/counts?system=near"))
    assert "Counts \u00b7 airledger" == page.title
    assert set(world.told.near) == named(page)


@pytest.mark.parametrize(
    ("width", "display", "owner"), [(1440, "table", True), (900, "table", False)]
)
def test_the_register_stays_a_table_with_fewer_columns(
    world: World, driven: Driven, width: int, display: str, owner: bool
) -> None:
    driven.look(width=width)
    driven.open(f"{world.url}/")
    assert display == driven.ask("getComputedStyle(document.querySelector('table')).display")
    shown = "[...document.querySelectorAll('th')].filter(each => each.offsetWidth).length"
    assert (10 if owner else 7) == driven.ask(shown)
    instead = "document.querySelector('td.title .instead').offsetHeight > 0"
    assert owner is not driven.ask(instead)


def test_a_phone_shows_cards_of_two_columns_with_folded_filters(
    world: World, driven: Driven
) -> None:
    driven.look(width=390)
    driven.open(f"{world.url}/")
    columns = "getComputedStyle(document.querySelector('tbody tr')).gridTemplateColumns"
    assert 2 == len(driven.ask(columns).split())
    assert False is driven.ask("document.querySelector('details.fold').open")
    driven.open(f"{world.url}/?status=open")
    assert True is driven.ask("document.querySelector('details.fold').open")


def test_the_first_tab_stop_skips_to_the_content(world: World, driven: Driven) -> None:
    driven.look(width=1280)
    driven.open(f"{world.url}/rca")
    driven.press(*TAB)
    assert "Skip to the content" == driven.ask("document.activeElement.textContent")
    driven.press(*ENTER, text="\r")
    driven.until("document.activeElement.id === 'main'")


def test_a_row_of_the_register_has_one_tab_stop(world: World, driven: Driven) -> None:
    driven.look(width=1280)
    driven.open(f"{world.url}/")
    stops = "document.querySelector('tbody tr').querySelectorAll('a:not([tabindex])').length"
    assert 1 == driven.ask(stops)


def test_times_are_in_the_readers_zone_with_utc_on_hover(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Driven(zone="Asia/Tokyo") as tab:
        tab.open(log_in_link(world.url, world.reader))
        tab.until("document.querySelector('td time') !== null")
        detected = tab.ask("document.querySelector('td[data-label=Detected] time').dateTime")
        there = datetime.fromisoformat(detected).astimezone(ZoneInfo("Asia/Tokyo"))
        shown = tab.ask("document.querySelector('td[data-label=Detected] time').innerText")
        assert f"{there.day} {there:%b %Y}{there:%H:%M}" == shown
        title = tab.ask("document.querySelector('td[data-label=Detected] time').title")
        assert title.endswith("UTC; shown in Asia/Tokyo")
        assert "Times are in Asia/Tokyo" in tab.ask("document.body.innerText")


def test_a_printed_page_says_who_when_and_which_checkpoint(world: World, driven: Driven) -> None:
    driven.look(width=1200, media="print")
    driven.open(f"{world.url}/rca?state=breached")
    printed = driven.ask("document.querySelector('.printed').innerText")
    _, size, root = httpx.get(f"{world.url}/log/checkpoint").text.split("\n")[:3]
    assert f"{world.url}/rca?state=breached" in printed
    assert "Printed by ada.lovelace" in printed
    assert f"{int(size):,} sealed events; root hash {root}" in printed
    assert "none" == driven.ask("getComputedStyle(document.querySelector('.filters')).display") or (
        0 == driven.ask("document.querySelector('.filters').offsetHeight")
    )
