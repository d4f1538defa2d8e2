import numpy as np

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.rows.by_genre_pair import ByGenrePair
from playbill.testing.rows import stock_of, viewer_of

PAIRS = [("Romance", "Comedy")] * 7 + [("Comedy",)] * 7 + [("Comedy", "War")] * 5
CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", genres=genres) for i, genres in enumerate(PAIRS)])
VIEWER = viewer_of(CATALOG)
STOCK = stock_of(VIEWER, {f"t{i}": 0.01 for i in range(19)})


def test_a_pair_needs_enough_titles_that_are_of_both_genres() -> None:
    themes = ByGenrePair().propose(VIEWER, STOCK)
    assert themes.keys == ("Comedy + Romance",)
    assert sorted(themes.titles.tolist()) == list(range(7))
    assert themes.facts == ((("genre_pair", "Comedy + Romance"),),)


def test_the_heading_is_true_of_titles_of_both_genres() -> None:
    titles = np.array([0, 7, 14], np.int32)
    assert ByGenrePair().holds(VIEWER, STOCK, "Comedy + Romance", titles).tolist() == [True, False, False]
    assert not ByGenrePair().holds(VIEWER, STOCK, "Romance + Western", titles).any()
