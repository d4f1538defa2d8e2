from playbill.catalog import Catalog
from playbill.events import DAY, Title
from playbill.rows.new import New
from playbill.testing.rows import NOW, stock_of, viewer_of


def new(*titles: Title) -> list[bool]:
    catalog = Catalog.of(titles)
    viewer = viewer_of(catalog)
    return New().holds(viewer, stock_of(viewer), "", catalog.numbers(catalog.ids)).tolist()


def test_a_title_is_new_for_sixty_days_after_it_was_added_whenever_it_was_made() -> None:
    assert new(
        Title("a", "Added now", year=1931, added=NOW),
        Title("b", "Added 59 days ago", year=1931, added=NOW - 59 * DAY),
        Title("c", "Added 60 days ago", year=2023, added=NOW - 60 * DAY),
        Title("d", "Not added yet", year=2023, added=NOW + DAY),
    ) == [True, True, False, False]


def test_where_nobody_said_when_it_was_added_the_year_speaks() -> None:
    years = (2024, 2023, 2022, 2021, None)  # the request is made in 2023
    titles = [Title(f"t{year}", f"Of {year}", year=year) for year in years]
    assert new(*titles) == [False, True, True, False, False]


def test_the_row_holds_the_new_titles_in_the_order_of_the_viewers_scores() -> None:
    catalog = Catalog.of([Title(f"t{i}", f"Title {i}", added=NOW - i * 10 * DAY) for i in range(10)])
    viewer = viewer_of(catalog)
    themes = New().propose(viewer, stock_of(viewer, {f"t{i}": i / 100 for i in range(10)}))
    assert themes.titles.tolist() == [5, 4, 3, 2, 1, 0]
    assert themes.scores.tolist() == [0.05, 0.04, 0.03, 0.02, 0.01, 0.0]
