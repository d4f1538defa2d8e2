"""What a member waits for in a browser: the first picture, each answer to a key or a click, and how much is loaded."""

from __future__ import annotations

import gzip
import shutil
from typing import Any

from benchmarks.machine import cores
from benchmarks.reading import BenchmarkError, Reading, quantile
from benchmarks.server import HOST, Server, running
from benchmarks.service import copy, described

VISITS = 5
WINDOW = {"width": 1280, "height": 900}
OBSERVE = """window.seen = { lcp: 0, cls: 0, worst: 0 };
const watch = (type, take, more) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
watch("largest-contentful-paint", (entry) => (seen.lcp = entry.startTime));
watch("layout-shift", (entry) => entry.hadRecentInput || (seen.cls += entry.value));
watch("event", (entry) => entry.interactionId && (seen.worst = Math.max(seen.worst, entry.duration)),
      { durationThreshold: 16 });"""


def measure(quick: bool, seed: int) -> list[Reading]:
    """The page of one of the demo's members in a headless Chromium, over loopback.

    lcp: from the start of the navigation to the largest paint above the fold, the browser's cache empty, median of
    five visits. inp: the slowest interaction of a fixed script, as the browser reports it (in steps of 8 ms). cls: all
    shifts of all visits that no input caused. js: all JavaScript of a first visit, each file compressed by itself.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as missing:
        raise BenchmarkError("playwright is not installed: pip install playwright") from missing
    if chromium is None:
        raise BenchmarkError("There is no chromium on the PATH.")
    with copy() as home, sync_playwright() as started, running("serve", home) as server:
        browser = started.chromium.launch(executable_path=chromium)
        visits = [_visit(browser, server, acts=n == 0) for n in range(2 if quick else VISITS)]
        browser.close()
    paints = [visit["lcp"] / 1000 for visit in visits]
    worst = max(visit["worst"] for visit in visits)
    beside = {"visits": len(visits), "cores": cores()}
    lcp = {**beside, "max": max(paints)}
    return [
        {"name": "web.lcp_s", "value": quantile(paints, 0.5), "data": described(), "beside": lcp},
        {"name": "web.inp_ms", "value": worst, "data": described(), "beside": beside},
        {"name": "web.cls", "value": sum(visit["cls"] for visit in visits), "data": described(), "beside": beside},
        {"name": "web.js_kb", "value": visits[0]["js"], "data": "every module of a first visit", "beside": beside},
    ]


def _visit(browser: Any, server: Server, *, acts: bool) -> dict[str, float]:
    """One visit with an empty cache: what was observed, and the kB of JavaScript that came."""
    with browser.new_context(viewport=WINDOW) as context:
        tab = context.new_page()
        site = f"http://{HOST}:{server.port}"
        key = (server.home / "key").read_text("ascii").strip()
        context.request.get(f"{site}/?key={key}")  # for the cookie; nothing of the page is cached by it
        tab.add_init_script(OBSERVE)
        scripts: dict[str, int] = {}
        tab.on("response", lambda answer: _weigh(answer, scripts))
        tab.goto(f"{site}/#/{server.client().profiles()[0]}")
        tab.wait_for_selector(".row img")
        tab.wait_for_load_state("networkidle")
        tab.wait_for_timeout(500)
        first = tab.evaluate("({ ...seen })")
        js = sum(scripts.values()) / 1000
        if acts:
            _act(tab)
        return {**tab.evaluate("({ ...seen })"), "lcp": first["lcp"], "js": js}


def _weigh(answer: Any, scripts: dict[str, int]) -> None:
    if answer.url.endswith(".js"):
        scripts[answer.url] = len(gzip.compress(answer.body()))


def _act(tab: Any) -> None:
    """The fixed script: arrows, a card, why, the list, a thumb, an undo, and a search, letter by letter."""
    for key in ("ArrowDown", "ArrowRight", "ArrowDown", "ArrowRight", "End", "Home", "ArrowDown"):
        tab.keyboard.press(key)
        tab.wait_for_timeout(100)
    tab.keyboard.press("Enter")
    panel = tab.locator(".card.open .panel")
    for name in ("Why this?", "My list", "I like this"):
        panel.get_by_role("button", name=name).first.click()
        tab.wait_for_timeout(700)
    tab.keyboard.press("u")
    tab.wait_for_timeout(700)
    tab.keyboard.press("Escape")
    tab.locator(".search input").click()
    for letter in "hunter":
        tab.keyboard.press(letter)
        tab.wait_for_timeout(250)
    tab.wait_for_timeout(500)
