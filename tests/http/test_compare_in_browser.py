"""Two profiles side by side."""

import re
from collections.abc import Callable
from typing import Any

pytest_plugins = ("tests.http.browser",)

Begin = Callable[..., Any]


def titles(tab: Any, side: int) -> list[str]:
    return list(tab.locator(f"[data-side='{side}'] .poster").evaluate_all("all => all.map(e => e.dataset.title)"))


def test_titles_of_one_profile_only_stand_out_and_the_counts_are_true(visit: Begin) -> None:
    here = visit(width=1440)
    tab = here.open("lea/vs/ned", ".pair .poster")
    left, right = titles(tab, 0), titles(tab, 1)
    only = tab.locator("[data-side='0'] .poster.only").evaluate_all("all => all.map(e => e.dataset.title)")
    assert set(only) == set(left) - set(right)
    assert 0 < len(only) < len(left)
    counts = tab.locator(".counts").first.inner_text()
    assert counts.startswith(f"{len(only)} only here · {len(left) - len(only)} on both")
    shared = tab.locator("[data-side='0'] .poster.shared").first
    here.sure(shared).to_have_accessible_name(re.compile("on the other page in row|the same on both"))
    assert not here.sent("view")  # nobody watches here


def test_both_sides_scroll_together(visit: Begin) -> None:
    here = visit(width=1024)
    tab = here.open("lea/vs/ned", ".pair .poster")
    pair = tab.locator(".pairs .pair").nth(2)
    pair.locator(".shelf").first.evaluate("shelf => shelf.scrollTo({ left: 300, behavior: 'instant' })")
    where = "pair => [...pair.querySelectorAll('.shelf')].map(shelf => shelf.scrollLeft)"
    here.until(lambda: len(set(pair.evaluate(where))) == 1 and pair.evaluate(where)[0] > 200)
    tops = pair.locator("h3").evaluate_all("all => all.map(e => e.getBoundingClientRect().top)")
    assert tops[0] == tops[1]


def test_a_thumb_shows_what_it_changed_on_that_side_and_an_undo_takes_it_back(visit: Begin) -> None:
    here = visit(width=1440)
    tab = here.open("lea/vs/pia", ".pair .poster")
    before, other = titles(tab, 1), titles(tab, 0)
    tile = tab.locator("[data-side='1'] .poster").nth(14)
    name = tile.locator(".card-name").text_content()
    title = tile.get_attribute("data-title")
    tile.click()
    sheet = tab.locator(".sheet")
    here.sure(sheet.locator(".name")).to_have_text(name)
    sheet.get_by_role("button", name="Not for me").click()
    here.expect(".side-head:nth-child(2) .change").to_contain_text(f"Not for you: {name}")
    after = titles(tab, 1)
    assert title in before and title not in after
    assert tab.locator("[data-side='1'] .poster.came").count() == len(set(after) - set(before))
    assert titles(tab, 0) == other
    here.expect(".side-head:nth-child(1) .change").to_be_empty()
    tab.locator(".toast").get_by_role("button", name="Undo").click()
    here.until(lambda: title in titles(tab, 1))


def test_another_profile_is_chosen_in_place(visit: Begin) -> None:
    here = visit(width=1024)
    tab = here.tab
    tab.get_by_role("link", name="Compare two profiles").click()
    here.expect(".pair .poster").not_to_have_count(0)
    tab.locator(".side-head select").nth(1).select_option("kid")
    here.expect(".side-head:nth-child(2) .badge").to_have_text("Kids, to age 8")
    assert tab.evaluate("location.hash").endswith("/vs/kid")
