"""The member page in a browser, over a service in processes of its own: what a member would notice if it broke."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from playbill.app import Playbill
from playbill.events import DAY, Action, Kind, ProfileSet, Title, TitleSet

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")

SCRIPT = """
import sys
from pathlib import Path
from playbill.http.serve import serve
from playbill.settings import Server, Settings
serve(Path(sys.argv[1]), Settings(server=Server(port=0)), lambda address: print(address, flush=True))
"""
GENRES = ("Drama", "Comedy", "Horror", "Western")
MEMBERS = ("ana", "ben", "cleo", "dan", "eva", "finn", "gil", "hana")
FILM = 6_000  # seconds
SEEN = """() => [...document.querySelectorAll(".poster, .billboard .large")].filter((picture) => {
  const { left, right, top, bottom, width, height } = picture.getBoundingClientRect();
  const across = Math.min(right, innerWidth) - Math.max(left, 0);
  const down = Math.min(bottom, innerHeight) - Math.max(top, 0);
  return across > 0 && down > 0 && across * down >= (width * height) / 2;
}).map((picture) => (picture.querySelector(".card-name") ?? document.querySelector(".billboard .name")).textContent)"""
SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
WIDE = """() => [...document.querySelectorAll("button, a, input, p, h1, h2, h3, img")].filter((element) => {
  const { left, right } = element.getBoundingClientRect();
  return !element.closest(".shelf, .similar, .unseen") && !element.matches(".glow") && (left < 0 || right > innerWidth);
}).map((element) => element.outerHTML)"""


def film(number: int) -> Title:
    return Title(
        f"t{number:03d}", f"{GENRES[number % 4]} {number}", year=1990 + number % 20, genres=(GENRES[number % 4],),
        runtime=float(FILM), maturity="PG" if number % 3 else "R", synopsis="Somebody does something somewhere. " * 9,
    )  # fmt: skip


def fill(service: Playbill, now: int) -> None:
    """160 films of four genres, 80 raters who each like one genre, and two made-up households."""
    rng = np.random.default_rng(5)
    service.record([TitleSet(f"set-{n}", now - 90 * DAY, film(n)) for n in range(160)])
    for m, rater in enumerate((*MEMBERS, *(f"m{m}" for m in range(80)))):
        rated = [f"t{4 * n + m % 4:03d}" for n in rng.choice(40, 12, replace=False)]
        at = (now - rng.integers(2, 60, len(rated)) * DAY).tolist()
        likes = zip(rated, at, strict=True)
        service.record([Action(f"{rater}-{t}", rater, Kind.RATING, when, title=t, value=9.0) for t, when in likes])
    for m, name in enumerate(MEMBERS):
        house = "north" if m % 2 else "south"
        service.record([ProfileSet(f"set-{name}", name, now - DAY, house, name.title(), made_up=True)])
    service.record([ProfileSet("set-kid", "kid", now - DAY, "north", "Noa", kids=True, ceiling=8, made_up=True)])
    begun = ((f"begun-{n}", film(n).id) for n in (2, 6))
    service.record([Action(b, "cleo", Kind.PROGRESS, now - DAY, title=t, value=0.2 * FILM) for b, t in begun])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service's address as `playbill serve` prints it."""
    home = tmp_path_factory.mktemp("served")
    with Playbill(home) as service:
        fill(service, int(time.time() * 1000))
        service.train()
    with subprocess.Popen([sys.executable, "-c", SCRIPT, str(home)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


class Visit:
    """A browser of its own, and what passes between it and the service."""

    def __init__(self, browser: Any, address: str, width: int, height: int) -> None:
        self.address = urlsplit(address)
        self.asked: list[str] = []  # every address that was asked for
        self.events: list[dict[str, Any]] = []  # every event that the service acknowledged
        self.unanswered = 0
        self.complaints: list[str] = []
        self._pages: list[Any] = []
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.tab = self.context.new_page()
        self.tab.add_init_script(SHIFTS)
        self.tab.on("request", self._asked)
        self.tab.on("requestfinished", self._ended)
        self.tab.on("requestfailed", self._ended)
        self.tab.on("response", self._answered)
        self.tab.on("console", lambda message: self.complaints.append(message.text))
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.goto(address)
        self.expect(".face").not_to_have_count(0)

    def _asked(self, request: Any) -> None:
        self.asked.append(request.url)
        self.unanswered += 1

    def _ended(self, _: Any) -> None:
        self.unanswered -= 1

    def _answered(self, response: Any) -> None:
        if "/v1/homepage/" in response.url:
            self._pages.append(response)
        elif response.url.endswith("/v1/events") and response.ok:
            self.events += response.request.post_data_json

    def open(self, member: str) -> Any:
        """A member's page, with its pictures. Returns the tab."""
        self.tab.goto(f"{self.address.scheme}://{self.address.netloc}/#/{member}")
        self.expect(".row img").not_to_have_count(0)
        self.settle()
        return self.tab

    def settle(self) -> None:
        """Wait until nothing has been asked for a while."""
        quiet = 0
        while quiet < 8:
            self.tab.wait_for_timeout(50)
            quiet = 0 if self.unanswered else quiet + 1

    def expect(self, what: str) -> Any:
        return playwright.expect(self.tab.locator(what))

    def until(self, true: Callable[[], object], seconds: int = 20) -> None:
        for _ in range(20 * seconds):
            if true():
                return
            self.tab.wait_for_timeout(50)
        raise AssertionError(f"not within {seconds} s; events so far: {self.events}")

    def sent(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] in kinds]

    def shelves(self) -> list[list[str]]:
        """The names on the page, row by row."""
        rows = self.tab.locator(".rows > .row").all()
        return [row.locator(".card:not([data-leaving]) .card-name").all_text_contents() for row in rows]

    def seen(self) -> set[tuple[str, int]]:
        """The places, as (impression, slot), that are at least half on the screen now."""
        names = set(self.tab.evaluate(SEEN))
        pages = [page.json() for page in self._pages]
        slots = [(page["impression"], slot) for page in pages for row in page["rows"] for slot in row["slots"]]
        return {(page, slot["slot"]) for page, slot in slots if slot["title"]["name"] in names}


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visit]]:
    """Begins visits; whatever they do, no script may fail and nothing be complained of."""
    begun: list[Visit] = []

    def begin(width: int = 1280, height: int = 1200) -> Visit:
        begun.append(Visit(browser, address, width, height))
        return begun[-1]

    yield begin
    for each in begun:
        each.context.close()
    assert [complaint for each in begun for complaint in each.complaints] == []


def test_the_printed_address_trades_its_key_for_a_cookie_and_asks_who_is_watching(visit, browser):
    here = visit()
    site = f"http://{here.address.netloc}/"
    assert here.tab.url == site
    (cookie,) = here.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert here.address.query.removeprefix("key=") not in cookie["value"]
    assert sorted(here.tab.locator(".face-name").all_text_contents()) == sorted(["Noa", *map(str.title, MEMBERS)])

    here.expect(".face:has-text('Noa') .badge").to_have_text("Kids, to age 8")
    here.tab.get_by_role("button", name="Noa").click()
    playwright.expect(here.tab).to_have_title("Noa · playbill")
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
    playwright.expect(begun.locator(".poster")).to_have_accessible_name(f"{film(2).name}, 1992, 20 percent watched.")
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
    playwright.expect(begun.locator(".poster")).to_have_accessible_name(re.compile(r"(4[5-9]|5\d) percent watched"))

    first, *rest = here.sent("play", "progress", "pause", "resume", "complete", "abandon")
    assert first["kind"] == "play" and first["slots"] and first["value"] == 0.2 * FILM
    assert [event["kind"] for event in rest] == ["progress", "pause", "resume", "progress"]
    assert {(event["play"], event["started"]) for event in rest} == {(first["id"], first["at"])}
    assert rest[-1]["value"] - first["value"] - rest[-1]["watched"] == pytest.approx(1_200, abs=2)  # seconds skipped

    row.get_by_role("button", name="Resume").click()
    tab.get_by_role("button", name="Watch to the end").click()
    here.expect(".toast").to_contain_text(f"You finished {film(2).name}")
    playwright.expect(row.locator(".card-name")).to_have_text([film(6).name])
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
    playwright.expect(row.locator(".causes li")).not_to_have_count(0)
    causes = row.locator(".cause").all_text_contents()
    assert causes and all(cause.startswith("Drama ") for cause in causes)  # of all she rated, nothing else
    playwright.expect(row.locator(".story")).to_contain_text("Top picks for you")
    row.get_by_role("button", name="Why this?").first.click()  # back
    playwright.expect(row.locator(".synopsis")).to_be_visible()


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
    shelf.get_by_role("button", name="I like this").click()
    here.until(lambda: here.sent("thumbs"))
    here.settle()
    assert {urlsplit(url)[:2] for url in here.asked} == {here.address[:2]}
    assert tab.evaluate("window.shifted") == 0


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
