"""The member page in a browser, over a service in processes of its own: what a member would notice if it broke."""

import re
from urllib.parse import urlsplit

import pytest
from tests.http.browsing import FILM, MEMBERS, WIDE, film

pytest_plugins = ("tests.http.browser",)


def test_the_printed_address_trades_its_key_for_a_cookie_and_asks_who_is_watching(visit, browser):
    here = visit()
    site = f"http://{here.address.netloc}/"
    assert here.tab.url == site
    (cookie,) = here.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert here.address.query.removeprefix("key=") not in cookie["value"]
    assert sorted(here.tab.locator(".face-name").all_text_contents()) == sorted(["Noa", *map(str.title, MEMBERS)])

    here.expect(".face:has-text('Noa') .badge").to_have_text("Kids, to age 8")
    here.tab.get_by_role("link", name="Noa").click()
    here.sure(here.tab).to_have_title("Noa · playbill")
    here.expect(".row .poster").not_to_have_count(0)
    rated_r = {film(number).name for number in range(0, 160, 3)}
    assert not rated_r & {name for shelf in here.shelves() for name in shelf}

    with browser.new_context() as stranger:
        assert stranger.new_page().goto(site).status == 401


def test_what_was_half_visible_for_a_second_is_sent_as_a_view_once_and_nothing_else(visit):
    here = visit()
    tab = here.open("ana")
    seen = []
    for down in (0, 700, -700):
        tab.mouse.wheel(0, down)
        tab.wait_for_timeout(1_300)
        seen.append(here.seen())
    tab.get_by_title("Switch profile").click()  # whatever waits to be sent is sent now
    here.expect(".face").not_to_have_count(0)
    here.settle()
    first, later, again = seen
    assert len(first) > 7 and later - first and again == first
    assert {event["kind"] for event in here.events} == {"view"}
    viewed = [(event["source"], slot) for event in here.events for slot in event["slots"]]
    assert sorted(viewed) == sorted(first | later)


def test_a_thumbs_down_takes_the_title_off_the_page_without_a_reload_and_an_undo_brings_it_back(visit):
    here = visit()
    tab = here.open("ben")
    tab.evaluate("window.loaded = 'once'")
    here.until(lambda: here.sent("view"))
    before = here.shelves()
    shelf = tab.locator(".rows > .row").nth(1)
    name = before[1][2]
    shelf.locator(".poster").nth(2).click()
    shelf.get_by_role("button", name="Not for me").click()

    here.expect(f".card-name:text-is('{name}')").to_have_count(0)
    here.expect(".toast").to_contain_text(f"Not for you: {name}")
    here.until(lambda: here.sent("thumbs"))
    here.settle()
    after = here.shelves()
    assert name not in {each for shelf in after for each in shelf}
    assert after[0][:5] == before[0][:5] and after[1][:4] == [each for each in before[1] if each != name][:4]

    tab.keyboard.press("u")
    here.until(lambda: here.sent("undo"))
    here.expect(f".card-name:text-is('{name}')").to_have_count(1)
    here.settle()
    assert [each for each in here.shelves()[1] if each != name][:4] == [each for each in before[1] if each != name][:4]
    assert here.sent("undo")[0]["target"] == here.sent("thumbs")[0]["id"]
    assert tab.evaluate("window.loaded") == "once"


def test_the_player_tells_where_the_film_is_and_the_page_follows(visit):
    here = visit()
    tab = here.open("cleo")
    row = tab.locator(".row:has(h2:text-is('Continue watching'))")
    begun = row.locator(".card", has_text=film(2).name)
    here.sure(begun.locator(".poster")).to_have_accessible_name(f"{film(2).name}, 1992, 20% watched.")
    begun.locator(".poster").click()
    row.get_by_role("button", name="Resume").click()
    here.until(lambda: here.sent("progress"))
    tab.keyboard.press("p")
    here.expect(".player [aria-label='Go on']").to_be_visible()
    tab.keyboard.press("p")
    for _ in range(2):
        tab.get_by_role("button", name="Skip ten minutes").click()
    tab.get_by_role("button", name="Stop", exact=True).click()
    here.expect(".player").to_be_hidden()
    here.sure(begun.locator(".poster")).to_have_accessible_name(re.compile(r"(4[5-9]|5\d)% watched"))

    first, *rest = here.sent("play", "progress", "pause", "resume", "complete", "abandon")
    assert first["kind"] == "play" and first["slots"] and first["value"] == 0.2 * FILM
    assert [event["kind"] for event in rest] == ["progress", "pause", "resume", "progress"]
    assert {(event["play"], event["started"]) for event in rest} == {(first["id"], first["at"])}
    assert rest[-1]["value"] - first["value"] - rest[-1]["watched"] == pytest.approx(1_200, abs=2)  # seconds skipped

    row.get_by_role("button", name="Resume").click()
    tab.get_by_role("button", name="Watch to the end").click()
    here.expect(".toast").to_contain_text(f"You finished {film(2).name}")
    here.sure(row.locator(".card-name")).to_have_text([film(6).name])
    again, end = here.sent("play", "complete")[1:]
    assert (again["value"], end["value"]) == (rest[-1]["value"], FILM)
    assert (end["play"], end["started"]) == (again["id"], again["at"])


def test_a_film_that_was_left_goes_on_where_it_was_left_wherever_it_stands(visit):
    here = visit()
    tab = here.open("hana")
    here.until(lambda: here.sent("view"))  # from now on the film keeps its place
    tab.locator(".billboard .play").click()
    for _ in range(3):
        tab.get_by_role("button", name="Skip ten minutes").click()
    tab.get_by_role("button", name="Stop", exact=True).click()
    here.expect(".billboard .play").to_have_text("Resume")
    tab.reload()
    here.expect(".billboard .play").to_have_text("Resume")
    tab.locator(".billboard .play").click()
    here.until(lambda: len(here.sent("play")) == 2)
    assert here.sent("play")[1]["value"] == here.sent("progress")[0]["value"] > 1_800


def test_the_whole_page_can_be_used_from_the_keyboard(visit):
    here = visit()
    tab = here.open("dan")
    shelves = here.shelves()

    def goes(key: str, name: str) -> None:
        tab.keyboard.press(key)
        here.expect(".poster:focus .card-name").to_have_text(name)

    goes("ArrowDown", shelves[0][0])
    goes("ArrowRight", shelves[0][1])
    goes("ArrowDown", shelves[1][1])
    goes("End", shelves[1][-1])
    goes("Home", shelves[1][0])
    goes("ArrowUp", shelves[0][0])
    tab.keyboard.press("Enter")
    here.expect(".card.open .panel").to_be_visible()
    here.expect(".panel .play:focus").to_be_visible()
    goes("Escape", shelves[0][0])
    here.expect(".card.open").to_have_count(0)
    tab.keyboard.press("?")
    here.expect("dialog").to_contain_text("Move through the page")
    goes("Escape", shelves[0][0])
    here.expect("dialog").to_have_count(0)
    tab.keyboard.press("ArrowUp")
    here.expect(".billboard .play:focus").to_be_visible()


def test_why_this_names_what_the_member_liked_and_the_place_on_the_page(visit):
    here = visit()
    tab = here.open("eva")
    row = tab.locator(".row:has(h2:text-is('Top picks for you'))")
    row.locator(".poster").first.click()
    row.get_by_role("button", name="Why this?").click()
    here.sure(row.locator(".causes li")).not_to_have_count(0)
    causes = row.locator(".cause").all_text_contents()
    assert causes and all(cause.startswith("Drama ") for cause in causes)  # of all she rated, nothing else
    here.sure(row.locator(".story")).to_contain_text("Top picks for you")
    row.get_by_role("button", name="Why this?").first.click()  # back
    here.sure(row.locator(".synopsis")).to_be_visible()


def test_a_visit_asks_nobody_else_and_nothing_on_the_page_jumps(visit):
    here = visit()
    tab = here.open("finn")
    for _ in range(8):
        tab.mouse.wheel(0, 900)
        tab.wait_for_timeout(100)
    here.settle()
    shelf = tab.locator(".rows > .row").last
    shelf.locator(".poster").first.click()
    shelf.get_by_role("button", name="More like this").click()
    shelf.locator(".thumbnail").nth(1).click()
    here.settle()
    assert tab.evaluate("window.shifted") == 0
    shelf.get_by_role("button", name="I like this").click()
    here.until(lambda: here.sent("thumbs"))
    here.settle()
    assert {urlsplit(url)[:2] for url in here.asked} == {here.address[:2]}


def test_a_narrow_phone_has_nothing_beyond_its_edge(visit):
    here = visit(width=320, height=640)
    tab = here.tab
    assert tab.evaluate(WIDE) == []
    here.open("gil")
    assert tab.evaluate(WIDE) == []
    tab.locator(".rows > .row").first.locator(".poster").nth(1).click()
    here.expect(".sheet").to_be_visible()
    tab.locator(".sheet").get_by_role("button", name="Why this?").click()
    here.expect(".sheet .story").to_be_visible()
    assert tab.evaluate(WIDE) == []
    tab.locator(".sheet .play").click()
    here.expect(".player").to_be_visible()
    assert tab.evaluate(WIDE) == []
    assert tab.evaluate("document.documentElement.scrollWidth") == 320
