"""Search, more like a title, and the page in other languages."""

from collections.abc import Callable
from typing import Any

pytest_plugins = ("tests.http.browser",)

Begin = Callable[..., Any]


def names(tab: Any) -> list[str]:
    return list(tab.locator(".results .card-name").all_text_contents())


def test_results_follow_each_letter_and_escape_brings_the_page_back(visit: Begin) -> None:
    here = visit()
    tab = here.open("mia")
    tab.keyboard.press("/")
    box = tab.get_by_role("searchbox", name="Search")
    here.sure(box).to_be_focused()
    tab.keyboard.type("weste")
    here.expect(".results h2").to_have_text("Results for “weste”")
    assert names(tab) and all(name.startswith("Western") for name in names(tab))
    here.expect(".page:not(.results)").to_be_hidden()
    box.fill("")
    here.expect(".results").to_be_hidden()
    box.fill("Horrro 2")  # as it is typed in a hurry
    here.expect(".results .card-name").not_to_have_count(0)
    here.until(lambda: names(tab)[0].startswith("Horror 2"))
    tab.keyboard.press("ArrowDown")
    here.expect(".results .poster:focus").to_have_count(1)
    tab.keyboard.press("Escape")
    here.expect(".results").to_be_hidden()
    here.expect(".billboard").to_be_visible()


def test_a_result_opens_in_place_and_what_is_played_from_it_says_so(visit: Begin) -> None:
    here = visit()
    tab = here.open("mia")
    tab.get_by_role("searchbox").fill("comedy 17")
    tab.locator(".results .poster").first.click()
    panel = tab.locator(".results .panel")
    here.sure(panel).to_be_visible()
    panel.get_by_role("button", name="Play").click()
    here.until(lambda: here.sent("play") and here.sent("search"))
    assert here.sent("play")[0]["source"] == "search"
    assert here.sent("search")[0]["text"] == "comedy 17"
    tab.keyboard.press("Escape")
    here.sure(panel).to_have_count(0)
    panel_of = names(tab)[0]
    tab.locator(".results .poster").first.click()
    panel.get_by_role("button", name="Not for me").click()
    here.until(lambda: panel_of not in names(tab))


def test_more_like_a_title_is_a_page_of_its_own(visit: Begin) -> None:
    here = visit()
    tab = here.open("mia")
    tab.locator(".rows .poster").first.click()
    panel = tab.locator(".rows .panel")
    name = panel.locator(".name").inner_text()
    panel.get_by_role("button", name="More like this").click()
    panel.get_by_role("link", name="All of them").click()
    here.sure(tab.get_by_role("heading", name=f"More like {name}", level=2)).to_be_visible()
    here.expect(".similar-page .billboard .name").to_have_text(name)
    alike = tab.locator(".similar-page .row .card-name").all_text_contents()
    assert len(alike) > 12 and name not in alike
    tab.go_back()
    here.expect(".rows .poster").not_to_have_count(0)


def test_the_page_speaks_the_language_of_the_browser_until_another_is_chosen(visit: Begin) -> None:
    here = visit(locale="ar-EG")
    tab = here.open("mia")
    assert tab.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    mark = tab.locator(".wordmark").bounding_box()
    assert mark["x"] > 640  # the page begins on the right
    shelf = tab.locator(".rows .row:not(.wide)").first
    first, second = (shelf.locator(".poster").nth(place).bounding_box() for place in (0, 1))
    assert first["x"] > second["x"]
    shelf.locator(".poster").first.focus()
    tab.keyboard.press("ArrowLeft")
    here.sure(shelf.locator(".poster").nth(1)).to_be_focused()
    assert tab.evaluate("document.documentElement.scrollWidth") == 1280
    untranslated = tab.locator("body").inner_text()
    assert "web." not in untranslated and "{" not in untranslated

    tab.locator(".languages select").select_option("de")
    here.expect("html[lang=de][dir=ltr] .rows .poster").not_to_have_count(0)
    here.sure(tab.get_by_role("searchbox", name="Suche")).to_be_visible()
    tab.reload()
    here.expect("html[lang=de]").to_have_count(1)
