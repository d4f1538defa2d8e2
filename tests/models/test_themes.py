"""Themes come from words that keep company, not from names or from words that stand anywhere."""

from __future__ import annotations

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.models.themes import MinedThemes, ThemesConfig, themes_of

CONFIG = ThemesConfig(least_titles=8, most_share=0.3, together=3)


def catalog(seed: int = 2) -> Catalog:
    """200 titles, each a vampire, a heist or a boxing film, or of no theme; people and filler words fall anywhere."""
    rng = np.random.default_rng(seed)
    kinds = {
        "Horror": ("vampire", "blood", "castle"), "Crime": ("heist", "vault", "robber"),
        "Sport": ("boxer", "ring", "champion"), "Comedy": ("", "", ""), "Romance": ("", "", ""),
    }  # fmt: skip
    filler = [f"filler{c}" for c in "abcdefghij"]
    titles = []
    for i in range(200):
        genre = list(kinds)[i % len(kinds)]
        words = [w for w in kinds[genre] if rng.random() < 0.8] + rng.permutation(filler)[:3].tolist()
        star = ("Humphrey", "Ingrid")[int(rng.integers(2))]
        synopsis = f"There {' '.join(words)} with {star} again."
        titles.append(Title(f"t{i}", f"Title {i}", genres=(genre,), cast=(f"{star} Star",), synopsis=synopsis))
    return Catalog.of(titles)


@pytest.fixture(scope="module")
def mined() -> MinedThemes:
    return themes_of(catalog(), CONFIG)


def test_each_theme_is_found_once_with_its_words(mined: MinedThemes) -> None:
    firsts = {frozenset(words[:3]) for words in mined.words}
    assert firsts == {
        frozenset({"vampire", "blood", "castle"}),
        frozenset({"heist", "vault", "robber"}),
        frozenset({"boxer", "ring", "champion"}),
    }
    assert len(mined) == 3


def test_a_theme_holds_titles_of_its_words_strongest_first(mined: MinedThemes) -> None:
    titles = catalog().titles
    for theme, words in enumerate(mined.words):
        members = mined.titles_of(theme)
        assert len(members) >= 8 and len(set(members.tolist())) == len(members)
        assert all(words[0] in titles[j].synopsis for j in members)
        sure = mined.membership[mined.start[theme] : mined.start[theme + 1]]
        assert sure[0] == 1 and (np.diff(sure) <= 0).all() and sure[-1] >= CONFIG.membership


def test_names_of_people_and_words_that_stand_anywhere_are_no_themes(mined: MinedThemes) -> None:
    every = {word for words in mined.words for word in words}
    assert not every & {"humphrey", "ingrid"}
    assert not any(words[0].startswith("filler") for words in mined.words)


def test_a_name_is_made_of_the_theme_s_own_words(mined: MinedThemes) -> None:
    for name, words in zip(mined.names, mined.words, strict=True):
        assert name[0].isupper() and set(name.lower().split(", ")) <= set(words)
    assert len(set(mined.names)) == len(mined)


def test_weights_say_what_each_word_counts(mined: MinedThemes) -> None:
    for words, weights in zip(mined.words, mined.weights, strict=True):
        assert len(words) == len(weights) and weights[0] == 1
        assert all(0 < w <= 1 for w in weights)


def test_the_same_catalogue_has_the_same_themes(mined: MinedThemes) -> None:
    again = themes_of(catalog(), CONFIG).arrays()
    for name, values in mined.arrays().items():
        np.testing.assert_array_equal(values, again[name])
        assert values.dtype.kind in "Ufi"


@pytest.mark.parametrize(
    "titles", [[], [Title("a", "A")], [Title(str(i), "B", synopsis="a vampire") for i in range(3)]]
)
def test_without_enough_synopses_there_are_no_themes(titles: list[Title]) -> None:
    none = themes_of(Catalog.of(titles))
    assert len(none) == 0 and none.start.tolist() == [0]
