from playbill.catalog import Catalog
from playbill.events import DAY, Action, Kind, Title
from playbill.rows.watch_again import WatchAgain
from playbill.testing.rows import NOW, stock_of, viewer_of

CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", runtime=3_600.0) for i in range(9)])


def act(kind: Kind, title: int, days_ago: int, value: float | None = None) -> Action:
    return Action(f"{kind}-{title}-{days_ago}", "p", kind, NOW - days_ago * DAY, title=f"t{title}", value=value)


def finished(title: int, days_ago: int) -> Action:
    return act(Kind.COMPLETE, title, days_ago, 3_600)


def thumb(title: int, days_ago: int, value: float) -> Action:
    return act(Kind.THUMBS, title, days_ago, value)


def row(*actions: Action) -> list[int]:
    viewer = viewer_of(CATALOG, actions)
    return WatchAgain().propose(viewer, stock_of(viewer)).titles.tolist()


def test_the_most_liked_stand_first_and_then_what_was_watched_longest_ago() -> None:
    history = [finished(i, 100 + i) for i in range(6)]
    assert row(*history, thumb(1, 90, 1), thumb(2, 300, 2)) == [2, 1, 5, 4, 3, 0]


def test_disliked_titles_are_not_offered_and_too_few_are_no_row() -> None:
    history = [finished(i, 100 + i) for i in range(6)]
    assert 3 not in row(*history, finished(6, 99), thumb(3, 50, -1))
    assert row(*history, thumb(3, 50, -1)) == []


def test_unfinished_titles_are_never_watched_again() -> None:
    assert 6 not in row(*(finished(i, 100 + i) for i in range(6)), act(Kind.PROGRESS, 6, 5, 1_000))


def test_the_heading_is_true_of_finished_titles_only() -> None:
    viewer = viewer_of(CATALOG, [finished(0, 9), act(Kind.PROGRESS, 1, 9, 900), finished(2, 9), thumb(2, 1, -1)])
    held = WatchAgain().holds(viewer, stock_of(viewer), "", CATALOG.numbers(["t0", "t1", "t2", "t3"]))
    assert held.tolist() == [True, False, False, False]
