"""The colours of posters are told apart by eyes that see little."""

from __future__ import annotations

import pytest

from playbill.posters.genre import LOOKS, PLAIN, look_of
from playbill.posters.palette import PALETTES, Palette, contrast, luminance


def test_contrast_is_as_wcag_defines_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert luminance("#ff0000") == pytest.approx(0.2126)


@pytest.mark.parametrize("palette", PALETTES)
def test_ink_is_legible_on_the_ground_and_the_ground_on_the_strong_colour(palette: Palette) -> None:
    assert contrast(palette.ink, palette.ground) >= 7.0
    assert contrast(palette.ground, palette.middle) >= 4.0


def test_no_two_palettes_are_alike_and_every_genre_uses_listed_ones() -> None:
    assert len(set(PALETTES)) == len(PALETTES)
    assert all(p in PALETTES for look in (*LOOKS.values(), PLAIN) for p in look.palettes)


@pytest.mark.parametrize(
    ("genres", "genre"), [(("Drama", "Western"), "western"), (("comedy ", "Horror"), "horror"), (("DRAMA",), "drama")]
)
def test_the_rarest_genre_decides_the_look(genres: tuple[str, ...], genre: str) -> None:
    assert look_of(genres) is LOOKS[genre]


def test_an_unknown_genre_looks_plain() -> None:
    assert look_of(("cooking show",)) is PLAIN and look_of(()) is PLAIN
