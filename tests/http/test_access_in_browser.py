"""What everyone must be able to use: axe on every screen, little motion, narrow and wide screens, keys alone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.http.browsing import WIDE

pytest_plugins = ("tests.http.browser",)

Begin = Callable[..., Any]


def grave(tab: Any) -> list[str]:
    """What axe finds that is serious or critical."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing")
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
    found = axe.Axe().run(tab, options=options).response["violations"]
    worst = [each for each in found if each["impact"] in ("serious", "critical")]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in worst]


def test_axe_finds_nothing_serious_on_any_screen(visit: Begin) -> None:
    here = visit(reduced_motion="reduce")
    tab = here.tab
    found = {"who": grave(tab)}
    here.open("ola")
    found["page"] = grave(tab)
    shelf = tab.locator(".rows > .row:not(.wide)").first
    shelf.locator(".poster").nth(1).click()
    here.settle()
    found["card"] = grave(tab)
    shelf.get_by_role("button", name="Why this?").click()
    here.expect(".story").to_be_visible()
    found["why"] = grave(tab)
    tab.keyboard.press("?")
    found["keys"] = grave(tab)
    tab.keyboard.press("Escape")
    tab.get_by_role("searchbox").fill("drama")
    here.expect(".results .poster").not_to_have_count(0)
    here.settle()
    found["search"] = grave(tab)
    here.open("ola/rules", ".entry")
    found["rules"] = grave(tab)
    tab.get_by_role("button", name="Erase").click()
    found["question"] = grave(tab)
    here.open("ola/vs/lea", ".pair .poster")
    here.settle()
    found["compare"] = grave(tab)
    assert found == {screen: [] for screen in found}


def test_axe_finds_nothing_serious_on_a_phone_or_in_arabic(visit: Begin) -> None:
    here = visit(width=320, height=640, reduced_motion="reduce", locale="ar")
    tab = here.open("ola")
    found = {"page": grave(tab)}
    tab.locator(".rows .poster").nth(1).click()
    here.settle()
    found["sheet"] = grave(tab)
    here.open("ola/rules", ".entry")
    found["rules"] = grave(tab)
    assert found == {screen: [] for screen in found}


def test_no_screen_has_anything_beyond_the_edge_of_a_narrow_phone_that_reads_from_the_right(visit: Begin) -> None:
    here = visit(width=320, height=640, locale="ar")
    tab = here.tab
    for where, shows in (("ola/rules", ".entry"), ("ola/vs/lea", ".pair .poster"), ("ola", ".row img")):
        here.open(where, shows)
        beyond = [each for each in tab.evaluate(WIDE) if "unseen" not in each]
        assert (where, beyond) == (where, [])
        assert tab.evaluate("document.documentElement.scrollWidth") == 320
    tab.locator(".search input").focus()
    tab.keyboard.type("western")
    here.expect(".results .poster").not_to_have_count(0)
    assert tab.evaluate(WIDE) == []


def test_a_television_shows_the_same_page_larger(visit: Begin) -> None:
    width = 3840
    here = visit(width=width, height=width * 9 // 16)
    tab = here.open("ola")
    large = tab.locator(".billboard .large").bounding_box()
    name = tab.locator(".billboard .name").evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
    assert large["height"] / width == pytest.approx(486 / 1920, abs=0.01)
    assert name / width == pytest.approx(64 / 1920, abs=0.002)


def test_nothing_moves_for_those_who_asked_for_less_motion(visit: Begin) -> None:
    here = visit(reduced_motion="reduce")
    tab = here.open("ola")
    shelf = tab.locator(".rows > .row:not(.wide)").first
    shelf.locator(".poster").nth(1).click()
    shelf.get_by_role("button", name="I like this").click()
    here.until(lambda: here.sent("thumbs"))
    assert tab.evaluate("document.getAnimations().length") == 0


def test_every_screen_is_reached_with_the_keyboard_alone(visit: Begin) -> None:
    here = visit()
    tab = here.tab

    def tab_to(name: str) -> None:
        for _ in range(60):
            tab.keyboard.press("Tab")
            if tab.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()") == name:
                return
        raise AssertionError(f"Tab does not come to {name!r}")

    tab.keyboard.press("Tab")
    here.expect(".skip:focus").to_be_visible()
    tab.keyboard.press("Enter")
    here.expect("main:focus").to_have_count(1)
    tab.locator(".face", has_text="Ola").focus()
    tab.keyboard.press("Enter")
    here.expect(".row .poster").not_to_have_count(0)
    tab.locator(".wordmark").focus()
    tab_to("Your page, your rules")
    tab.keyboard.press("Enter")
    here.expect(".entry").not_to_have_count(0)
    tab_to("Erase")
    tab.keyboard.press("Enter")
    here.sure(tab.get_by_role("alertdialog")).to_be_visible()
    tab.keyboard.press("Escape")
    here.sure(tab.get_by_role("button", name="Erase")).to_be_focused()


def test_all_screens_together_ask_nobody_else_and_nothing_jumps(visit: Begin) -> None:
    here = visit()
    tab = here.open("ola")
    here.open("ola/rules", ".entry")
    assert tab.evaluate("window.shifted") == 0
    here.open("ola/vs/lea", ".pair .poster")
    here.settle()
    tab.mouse.wheel(0, 1_500)
    here.settle()
    assert tab.evaluate("window.shifted") == 0
    assert {urlsplit(url)[:2] for url in here.asked} == {here.address[:2]}
