from playbill.catalog import Catalog
from playbill.events import DAY, Action, Kind, Title
from playbill.rows.my_list import MyList
from playbill.testing.rows import NOW, stock_of, viewer_of

CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", runtime=3_600.0) for i in range(5)])


def act(kind: Kind, title: int, days_ago: int, value: float | None = None) -> Action:
    return Action(f"{kind}-{title}-{days_ago}", "p", kind, NOW - days_ago * DAY, title=f"t{title}", value=value)


def row(*actions: Action) -> list[int]:
    viewer = viewer_of(CATALOG, actions)
    return MyList().propose(viewer, stock_of(viewer)).titles.tolist()


def test_what_was_put_on_the_list_last_stands_first() -> None:
    assert row(act(Kind.LIST_ADD, 3, 9), act(Kind.LIST_ADD, 1, 2), act(Kind.LIST_ADD, 4, 5)) == [1, 4, 3]


def test_one_title_is_enough_and_an_empty_list_is_no_row() -> None:
    assert row(act(Kind.LIST_ADD, 2, 1)) == [2]
    assert row() == []


def test_what_was_finished_or_taken_off_the_list_leaves_the_row() -> None:
    finished = [act(Kind.LIST_ADD, 0, 3), act(Kind.COMPLETE, 0, 1, 3_600)]
    taken_off = [act(Kind.LIST_ADD, 1, 3), act(Kind.LIST_REMOVE, 1, 1)]
    begun = [act(Kind.LIST_ADD, 2, 3), act(Kind.PROGRESS, 2, 1, 600)]
    assert row(*finished, *taken_off, *begun) == [2]


def test_the_heading_is_true_of_what_is_on_the_list() -> None:
    viewer = viewer_of(CATALOG, [act(Kind.LIST_ADD, 1, 1), act(Kind.LIST_ADD, 2, 2), act(Kind.COMPLETE, 2, 1, 3_600)])
    held = MyList().holds(viewer, stock_of(viewer), "", CATALOG.numbers(["t0", "t1", "t2"]))
    assert held.tolist() == [False, True, False]


def test_a_long_list_never_promises_more_than_the_whole_next_play() -> None:
    viewer = viewer_of(CATALOG, [act(Kind.LIST_ADD, i, 0) for i in range(5)])
    assert MyList().propose(viewer, stock_of(viewer)).scores.sum() == 5 / 25
