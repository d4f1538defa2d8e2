import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.rows.row import Themes, carries, themes_of_facet
from playbill.slate import Slate
from playbill.snapshot import DEEPEST, EXAMINED
from playbill.testing.rows import stock_of, viewer_of

COUNTRIES = ["FR"] * 6 + ["US"] * 60 + ["JP"] * 5 + ["IN"] * 200
CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", countries=(c,)) for i, c in enumerate(COUNTRIES)])
VIEWER = viewer_of(CATALOG)
LATELY = {f"t{i}": 1 / 271 for i in range(271)}


def themes_for(scores: dict[str, float], most: int = 9) -> Themes:
    stock = stock_of(VIEWER, scores, LATELY)
    return themes_of_facet("by_country", "country", stock, most)


def liking(*liked: int) -> dict[str, float]:
    return {f"t{i}": 0.05 if i in liked else 0.001 for i in range(271)}


def test_a_term_with_less_than_a_rows_worth_of_titles_is_no_theme() -> None:
    assert set(themes_for(liking()).keys) == {"FR", "US", "IN"}


def test_a_small_term_full_of_favourites_comes_before_a_large_one() -> None:
    themes = themes_for(liking(*range(6)))
    assert themes.keys[0] == "FR"
    assert themes.titles[: themes.start[1]].tolist() == list(range(6))
    assert themes.scores[: themes.start[1]].tolist() == [0.05] * 6


def test_only_as_many_themes_as_asked_for_come_back_the_most_promising_first() -> None:
    assert themes_for(liking(70, 80, 90), most=1).keys == ("IN",)
    assert themes_for(liking(10, 20, 30), most=1).keys == ("US",)


def test_a_theme_is_no_deeper_than_a_page_can_use() -> None:
    themes = themes_for(liking())
    sizes = dict(zip(themes.keys, np.diff(themes.start).tolist(), strict=True))
    assert sizes == {"FR": 6, "US": 60, "IN": DEEPEST}


def test_titles_within_a_theme_stand_in_the_order_of_the_viewers_scores() -> None:
    themes = themes_for({f"t{i}": i / 1_000 for i in range(271)})
    french = themes.keys.index("FR")
    assert themes.titles[themes.start[french] : themes.start[french + 1]].tolist() == [5, 4, 3, 2, 1, 0]


def test_carrying_a_term_is_what_the_catalogue_says() -> None:
    assert carries(CATALOG, "country", "FR", np.array([0, 5, 6], np.int32)).tolist() == [True, True, False]
    assert carries(CATALOG, "country", "Atlantis", np.array([0, 5], np.int32)).tolist() == [False, False]


def test_themes_given_one_by_one_leave_out_those_that_are_too_small() -> None:
    def of(k: int) -> Slate:
        return Slate(np.arange(k, dtype=np.int32), np.linspace(1, 0, k))

    themes = Themes.of("kind", [("a", (), of(3)), ("b", (("x", "y"),), of(2)), ("c", (), of(4))], least=3)
    assert themes.keys == ("a", "c")
    assert themes.start.tolist() == [0, 3, 7]
    assert len(Themes.of("kind", [], least=3).titles) == 0


def test_each_column_is_looked_at_a_little_less_often_than_the_one_before() -> None:
    assert EXAMINED[:3].tolist() == pytest.approx([1.0, 0.9, 0.81])
