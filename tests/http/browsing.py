"""What the tests of the web page drive and see: a service with made-up members, and visits in a browser."""

import shutil
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from playbill.app import Playbill
from playbill.events import DAY, Action, Kind, ProfileSet, Title, TitleSet

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

SCRIPT = """
import sys
from pathlib import Path
from playbill.http.serve import serve
from playbill.settings import Server, Settings
serve(Path(sys.argv[1]), Settings(server=Server(port=0)), lambda address: print(address, flush=True))
"""
GENRES = ("Drama", "Comedy", "Horror", "Western")
MEMBERS = (
    "ana", "ben", "cleo", "dan", "eva", "finn", "gil", "hana", "ivy", "jon", "kim", "lea", "mia", "ned", "ola", "pia",
    "rex",
)  # fmt: skip
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


class Visit:
    """A browser of its own, and what passes between it and the service."""

    def __init__(self, browser: Any, address: str, width: int, height: int, **wishes: Any) -> None:
        self.address = urlsplit(address)
        self.asked: list[str] = []  # every address that was asked for
        self.events: list[dict[str, Any]] = []  # every event that the service acknowledged
        self.unanswered = 0
        self.complaints: list[str] = []
        self._pages: list[Any] = []
        self.context = browser.new_context(viewport={"width": width, "height": height}, **wishes)
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
            known = {event["id"] for event in self.events}  # sending again what was not known to have come is harmless
            self.events += [event for event in response.request.post_data_json if event["id"] not in known]

    def open(self, where: str, shows: str = ".row img") -> Any:
        """A screen, once it shows what it is to show. Returns the tab."""
        self.tab.goto(f"{self.address.scheme}://{self.address.netloc}/#/{where}")
        self.expect(shows).not_to_have_count(0)
        self.settle()
        return self.tab

    def settle(self) -> None:
        """Wait until nothing has been asked for a while."""
        quiet = 0
        while quiet < 4:
            self.tab.wait_for_timeout(50)
            quiet = 0 if self.unanswered else quiet + 1

    def sure(self, locator: Any) -> Any:
        """Playwright's own assertions, which wait."""
        from playwright.sync_api import expect  # it may be missing

        return expect(locator)

    def expect(self, what: str) -> Any:
        return self.sure(self.tab.locator(what))

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
