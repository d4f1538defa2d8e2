"""What posters look like once a browser has drawn them: where words stand, how bright it is, who is alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from benchmarks.posters import ALIKE, CHROMIUM, best_known, nearest_of, seen_in

from playbill.events import Title
from playbill.posters import COMPOSITIONS
from playbill.posters.genre import LOOKS
from playbill.posters.poster import draw, variants

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")

NUMBERS = range(len(COMPOSITIONS))
HARD = (
    "M", "Up", "300", "Supercalifragilisticexpialidocious", "千と千尋の神隠し", "قصة الحي الغربي", "Сталкер",
    "Броненосец «Потёмкин»", "🎬", "😀 Movie 🍿", "Élégie à l'été", "Birdman or (The Unexpected Virtue of Ignorance)",
    "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb", "W" * 60, "Llanfairpwllgwyngyll i i i i i",
)  # fmt: skip


def titles(count: int) -> list[Title]:
    genres = list(LOOKS)
    return [
        Title(f"tt{i:05}", f"The {genres[i % len(genres)].title()} {i}", year=1950 + i % 70,
              genres=(genres[i % len(genres)],), cast=(f"Ada Number{i}", "Grace Hopper"))
        for i in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def tab() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM)
        yield browser.new_page()
        browser.close()


def test_every_word_of_every_title_stays_within_the_poster(tab: Any) -> None:
    cast = ("Toshirō Mifune", "Keiko Awaji")
    drawn = [
        (name, number, draw(Title(f"x{i}", name, year=1979, genres=(genre,), cast=cast), number))
        for i, name in enumerate(HARD)
        for genre in ("sci-fi", "romance", "western")
        for number in NUMBERS
        if COMPOSITIONS[number].name != "monogram"  # whose letter is cropped on purpose; its caption is that of `scene`
    ]  # fmt: skip
    ends = tab.evaluate(
        """svgs => svgs.map(svg => {
            document.body.innerHTML = svg.replace("<svg ", '<svg width="240" height="360" ');
            return [...document.querySelectorAll("text")].flatMap(text => {
                const box = text.getBBox(), foot = text.y.baseVal[0].value, onto = text.getCTM();
                const ends = [box.x, box.x + box.width].map(x => new DOMPoint(x, foot).matrixTransform(onto));
                return ends.map(end => [end.x, end.y]);
            });
        })""",
        [svg for _, _, svg in drawn],
    )
    outside = [
        (name, COMPOSITIONS[number].name, x, y)
        for (name, number, _), found in zip(drawn, ends, strict=True)
        for x, y in found
        if not (-0.5 <= x <= 240.5 and -0.5 <= y <= 360.5)
    ]
    assert sum(map(len, ends)) > 1_000
    assert outside == []


def luminance(seen: Any) -> Any:
    """WCAG 2.2, of each pixel."""
    shares = seen / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_brightness_is_that_of_the_pixels(tab: Any) -> None:
    of = titles(44)
    for number, composition in enumerate(COMPOSITIONS):
        said = np.array([dict(variants(title)[number].features)["brightness"] for title in of])
        seen = luminance(seen_in(tab, [draw(title, number) for title in of])).mean((1, 2))
        assert np.abs(said - seen).mean() < 0.06, composition.name
        assert np.corrcoef(said, seen)[0, 1] > 0.5, (composition.name, np.corrcoef(said, seen)[0, 1])


@pytest.mark.parametrize("number", [0, 3, 4, 5])
def test_captions_stand_on_what_they_can_be_read_on(tab: Any, number: int) -> None:
    """The lightest place behind a caption, against the ink: 4.5 to 1 as for text of any size (WCAG 2.2, 1.4.3)."""
    of = [replace(title, name="Foot") for title in titles(22)]
    whole = [draw(title, number) for title in of]
    bare = [svg.rsplit('<g font-family="', 1)[0] + "</svg>" for svg in whole]  # the caption is drawn last
    behind = luminance(seen_in(tab, bare)[:, 32:35, 2:10]).max((1, 2))
    ink = luminance(seen_in(tab, whole, 144, 96)[:, 120:144]).max((1, 2))
    assert ((ink + 0.05) / (behind + 0.05)).min() >= 4.5


def test_no_two_of_many_are_alike(tab: Any) -> None:
    of = best_known(120)
    seen = seen_in(tab, [draw(title, i % len(NUMBERS)) for i, title in enumerate(of)])
    assert nearest_of(seen).min() > ALIKE


def test_grain_is_there_and_is_light(tab: Any) -> None:
    svg = draw(Title("g", "Grain", genres=("Drama",)), 0)
    with_it, without = seen_in(tab, [svg, svg.replace('fill="url(#n)"', 'fill="none"')], 144, 96)
    assert 0 < np.abs(with_it - without).mean() < 1.0
