"""Posters: how long one takes to draw, how large it is, and whether a thousand of them can be told apart."""

from __future__ import annotations

import base64
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from time import perf_counter, thread_time
from typing import Any

import numpy as np

from benchmarks.machine import cores
from benchmarks.reading import BenchmarkError, Reading, quantile, quantile_interval, spread
from playbill.data import shipped
from playbill.events import Title
from playbill.posters import COMPOSITIONS
from playbill.posters.poster import draw
from playbill.slate import Floats

COUNT = 1_000

WIDE, HIGH = 24, 36
"""Pixels that pictures are compared by: a poster on a phone seen from across a room. Nothing that only a second look
shows can make two of them different."""

ALIKE = 18.0
"""Root mean square difference of colour values, 0 to 255, up to which two pictures are alike: by as much at most differ
99 in 100 posters whose title is a caption from themselves with the letters of their titles shuffled. What differs by
more is another drawing and not just another title."""

CAPTIONED = ("scene", "names", "numeral", "mood")
"""Compositions whose title is a caption: shuffling its letters leaves the drawing as it is."""

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

_RENDER = """async (svgs) => {
  const wide = 96, high = 144, sized = `<svg width="${wide}" height="${high}" `;
  const canvas = new OffscreenCanvas(wide, high);
  const onto = canvas.getContext("2d", {willReadFrequently: true});
  let all = "";
  for (const svg of svgs) {
    const image = new Image(wide, high);
    image.src = "data:image/svg+xml," + encodeURIComponent(svg.replace("<svg ", sized));
    await image.decode();
    onto.drawImage(image, 0, 0, wide, high);
    const bytes = onto.getImageData(0, 0, wide, high).data;
    for (let i = 0; i < bytes.length; i += 8192) all += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(all);
}"""


def measure(quick: bool, seed: int) -> list[Reading]:
    """The thousand films of the shipped catalogue that were rated most, each with the next composition.

    posters.ms        p99 of one poster, over all compositions of each film; of the processor's time, for a hundredth of
                      so many short drawings is interrupted by what else the machine does
    posters.kb        the largest of these
    posters.distinct  share of a thousand posters, one a film, whose drawing differs from that of every other: as SVG
                      without any of its text, and in the long form, where there is a Chromium, as pixels, too
    """
    films = best_known(COUNT)
    for film in films[:20]:
        draw(film, 0)  # what is only slow the first time
    drawn, times, waited = [], [], []
    for film in films:
        for number in range(len(COMPOSITIONS)):
            began, begun = perf_counter(), thread_time()
            drawn.append(draw(film, number))
            times.append((thread_time() - begun) * 1e3)
            waited.append((perf_counter() - began) * 1e3)
    sizes = [len(svg.encode()) / 1024 for svg in drawn]
    data = f"{len(films):,} films of the shipped catalogue, {len(COMPOSITIONS)} compositions"
    return [
        {"name": "posters.ms", "value": quantile(times, 0.99), "interval": quantile_interval(times, 0.99), "data": data,
         "beside": {**spread(times), "by_the_clock": spread(waited), "cores": cores()}},
        {"name": "posters.kb", "value": max(sizes), "data": data, "beside": spread(sizes)},
        _distinct(films, drawn, None if quick else CHROMIUM, seed),
    ]  # fmt: skip


def best_known(count: int) -> list[Title]:
    """The shipped films that were rated most, the most first."""
    rated = Counter(shipped.ratings()["title"])
    films = {film.id: film for film in shipped.titles()}
    return [films[title] for title, _ in sorted(rated.items(), key=lambda of: (-of[1], of[0]))[:count]]


def _distinct(films: Sequence[Title], drawn: Sequence[str], chromium: str | None, seed: int) -> Reading:
    """drawn: all compositions of each film, film by film."""
    per = len(COMPOSITIONS)
    arms = [i % per for i in range(len(films))]
    sheet = [drawn[per * i + arm] for i, arm in enumerate(arms)]
    alone = _alone(sheet)
    beside: dict[str, object] = {"svg": sum(alone) / len(alone), "pixels": "not compared"}
    for number, composition in enumerate(COMPOSITIONS):
        own = _alone(drawn[number::per])
        beside[composition.name] = sum(own) / len(own)
    if chromium is not None:
        seen = pixels(sheet, chromium)
        nearest = nearest_of(seen)
        alone = [one and near > ALIKE for one, near in zip(alone, nearest.tolist(), strict=True)]
        reworded = [
            draw(replace(film, name=shuffled(film.name, seed)), arm) for film, arm in zip(films, arms, strict=True)
        ]
        moved = np.sqrt(((pixels(reworded, chromium) - seen) ** 2).mean((1, 2, 3)))
        of = {c.name: moved[[arm == n for arm in arms]] for n, c in enumerate(COMPOSITIONS)}
        beside["pixels"] = {"nearest": spread(nearest.tolist()) | {"min": float(nearest.min())}, "alike_to": ALIKE}
        captioned = np.concatenate([of[name] for name in CAPTIONED])
        beside["reworded_p99"] = round(quantile(captioned.tolist(), 0.99), 2)
    data = f"{len(sheet):,} posters, one a film, compositions in turn"
    return {"name": "posters.distinct", "value": sum(alone) / len(alone), "data": data, "beside": beside}


def _alone(svgs: Sequence[str]) -> list[bool]:
    """Of each picture, whether no other one is the same when all text is taken away."""
    bare = [re.sub(r"<text.*?</text>|<title>.*?</title>", "", svg) for svg in svgs]
    count = Counter(bare)
    return [count[svg] == 1 for svg in bare]


def shuffled(name: str, seed: int) -> str:
    """The name with the letters of each word in another order, all but the first."""
    dice, words = Random(f"{seed}/{name}"), []
    for word in name.split(" "):
        rest = list(word[1:])
        dice.shuffle(rest)
        words.append(word[:1] + "".join(rest))
    return " ".join(words)


def nearest_of(seen: Floats) -> Floats:
    """(n,) root mean square difference of each of n pictures to the one that is most like it."""
    flat = seen.reshape(len(seen), -1)
    square = (flat**2).sum(1)
    apart = square[:, None] + square - 2 * flat @ flat.T
    np.fill_diagonal(apart, np.inf)
    nearest: Floats = np.sqrt(np.maximum(apart.min(1), 0) / flat.shape[1])
    return nearest


def pixels(svgs: Sequence[str], chromium: str) -> Floats:
    """(n, HIGH, WIDE, 3) sRGB values from 0 to 255 of pictures as a Chromium draws them."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise BenchmarkError("playwright is not installed. Run: pip install playwright.") from None
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium)
        seen = seen_in(browser.new_page(), svgs)
        browser.close()
    return seen


def seen_in(tab: Any, svgs: Sequence[str], high: int = HIGH, wide: int = WIDE) -> Floats:
    """(n, high, wide, 3) sRGB values of pictures, drawn by a browser's tab at 96 by 144 and averaged down."""
    parts = [base64.b64decode(tab.evaluate(_RENDER, list(svgs[i : i + 50]))) for i in range(0, len(svgs), 50)]
    values = np.frombuffer(b"".join(parts), np.uint8).reshape(-1, high, 144 // high, wide, 96 // wide, 4)
    seen: Floats = values[..., :3].mean((2, 4), dtype=np.float64)
    return seen
