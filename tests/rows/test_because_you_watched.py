from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import DAY, Action, Kind, Title
from playbill.rows.because_you_liked import MOST as MOST_LIKED
from playbill.rows.because_you_liked import BecauseYouLiked
from playbill.rows.because_you_watched import MOST, BecauseYouWatched
from playbill.rows.row import Themes
from playbill.snapshot import Snapshot, Stock
from playbill.testing.rows import NOW, plays_of, trained, viewer_of
from playbill.viewer import Viewer

# Titles 0 to 19 are westerns, 20 to 39 operas: no member watches both, and they have no person or genre in common.
WESTERNS, OPERAS = set(range(20)), set(range(20, 40))
CATALOG = Catalog.of(
    [
        Title(
            f"t{i}", f"Title {i}", genres=("Western" if i < 20 else "Opera",), directors=(f"Director {i // 20}",),
            year=2000, runtime=3_600.0,
        )
        for i in range(40)
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    rng = np.random.default_rng(3)
    plays = [
        (member, title, NOW - int(rng.integers(100 * DAY)))
        for member in range(40)
        for title in (rng.permutation(20)[:12] + 20 * (member % 2)).tolist()
    ]
    return trained(CATALOG, plays_of(40, plays))


def act(kind: Kind, title: int, days_ago: int, value: float) -> Action:
    return Action(f"{kind}-{title}-{days_ago}", "p", kind, NOW - days_ago * DAY, title=f"t{title}", value=value)


def watched(title: int, days_ago: int = 1, share: float = 1.0) -> Action:
    return act(Kind.PROGRESS, title, days_ago, share * 3_600)


def liked(title: int, days_ago: int = 1, thumb: float = 1.0) -> Action:
    return act(Kind.THUMBS, title, days_ago, thumb)


def given(snapshot: Snapshot, *actions: Action) -> tuple[Viewer, Stock]:
    viewer = viewer_of(CATALOG, actions)
    return viewer, Stock.of(snapshot, viewer)


def members(themes: Themes, theme: int) -> set[int]:
    return set(themes.titles[themes.start[theme] : themes.start[theme + 1]].tolist())


def keys(titles: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"t{i}" for i in titles)


def test_a_western_leads_to_westerns_and_an_opera_to_operas(snapshot: Snapshot) -> None:
    themes = BecauseYouWatched().propose(*given(snapshot, watched(3, 2), watched(25, 1)))
    assert themes.keys == keys([25, 3])
    assert themes.facts == ((("title", "Title 25"),), (("title", "Title 3"),))
    assert members(themes, 0) == OPERAS - {25}
    assert members(themes, 1) == WESTERNS - {3}


def test_the_best_anchor_was_watched_to_the_end_and_not_long_ago(snapshot: Snapshot) -> None:
    history = [watched(1, 300), watched(2, 30), watched(3, 1, share=0.6)]
    assert BecauseYouWatched().propose(*given(snapshot, *history)).keys == keys([2, 3, 1])


def test_a_liked_anchor_comes_before_one_watched_a_little_later(snapshot: Snapshot) -> None:
    assert BecauseYouWatched().propose(*given(snapshot, watched(2, 4), liked(2, 3, 2.0), watched(3, 2))).keys == (
        keys([2, 3])
    )


def test_disliked_abandoned_and_hardly_watched_titles_are_no_anchors(snapshot: Snapshot) -> None:
    left = [act(Kind.ABANDON, 2, 1, 3_000), liked(2)]
    history = [watched(1), liked(1, 0, -1.0), *left, watched(3, 1, share=0.2), watched(4)]
    assert BecauseYouWatched().propose(*given(snapshot, *history)).keys == keys([4])


def test_a_title_that_must_not_be_shown_is_not_named_in_a_heading(snapshot: Snapshot) -> None:
    hidden = [watched(1), act(Kind.HIDE, 1, 0, 1.0), watched(2)]
    assert BecauseYouWatched().propose(*given(snapshot, *hidden)).keys == keys([2])


def test_there_are_only_so_many_rows_whatever_the_history(snapshot: Snapshot) -> None:
    history = [watched(i, i + 1) for i in range(MOST + 4)]
    assert BecauseYouWatched().propose(*given(snapshot, *history)).keys == keys(range(MOST))


def test_of_titles_that_promise_the_same_the_likest_stands_first(snapshot: Snapshot) -> None:
    viewer, stock = given(snapshot, watched(3))
    stock.scores[:] = 1 / 40
    themes = BecauseYouWatched().propose(viewer, stock)
    likeness = snapshot.similar.to(3)[themes.titles]
    assert (np.diff(likeness) <= 0).all() and likeness[0] > likeness[-1]


def test_a_title_that_promises_far_more_stands_before_one_that_is_liker(snapshot: Snapshot) -> None:
    viewer, stock = given(snapshot, watched(3))
    least_like = int(BecauseYouWatched().propose(viewer, stock).titles[-1])
    stock.scores[least_like] = 0.9
    assert BecauseYouWatched().propose(viewer, stock).titles[0] == least_like


def test_no_title_promises_more_for_standing_in_this_row(snapshot: Snapshot) -> None:
    viewer, stock = given(snapshot, watched(3), watched(25))
    themes = BecauseYouWatched().propose(viewer, stock)
    assert (themes.scores <= stock.scores[themes.titles] + 1e-15).all()


def test_the_heading_is_true_of_similar_titles_and_of_watched_anchors_only(snapshot: Snapshot) -> None:
    viewer, stock = given(snapshot, watched(3), liked(4))
    some = np.array([3, 5, 30], np.int32)
    assert BecauseYouWatched().holds(viewer, stock, "t3", some).tolist() == [False, True, False]
    for never_watched in ("t4", "t5", "no such title"):
        assert not BecauseYouWatched().holds(viewer, stock, never_watched, some).any()


def test_titles_liked_without_being_watched_have_a_heading_of_their_own(snapshot: Snapshot) -> None:
    viewer, stock = given(snapshot, liked(5, 2), liked(30, 1), watched(3), liked(3))
    assert BecauseYouWatched().propose(viewer, stock).keys == keys([3])
    themes = BecauseYouLiked().propose(viewer, stock)
    assert themes.keys == keys([30, 5])
    assert members(themes, 0) == OPERAS - {30}
    some = np.array([3, 4, 31], np.int32)
    assert BecauseYouLiked().holds(viewer, stock, "t30", some).tolist() == [False, False, True]
    assert not BecauseYouLiked().holds(viewer, stock, "t3", some).any()


def test_a_disliked_title_is_not_called_liked_even_where_the_gates_are_open(snapshot: Snapshot) -> None:
    viewer = replace(viewer_of(CATALOG, [liked(5), liked(6, thumb=-1.0)]), admitted=np.ones(40, bool))
    assert BecauseYouLiked().propose(viewer, Stock.of(snapshot, viewer)).keys == keys([5])


def test_of_many_liked_titles_the_last_ones_get_rows(snapshot: Snapshot) -> None:
    survey = [liked(i, i + 1) for i in range(12)]
    assert BecauseYouLiked().propose(*given(snapshot, *survey)).keys == keys(range(MOST_LIKED))
